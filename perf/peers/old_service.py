"""The service that Latchkey replaces: FastAPI on uvicorn (uvloop, httptools) with asyncpg, over its JSONB layout; and
the same with Redis before it, as it was planned. The application is in older/."""

import json
import socket

import servers
from peers import data, questions
from peers.peer import Peer, accepts


class OldService(Peer):
    """fetch: "all" (what it does for a key: all organizations are fetched, and searched in Python) or "filter" (the
    database finds the array that contains the key, and sends that element alone).
    index: of data.INDEXES, for "filter". redis: a look-aside cache. workers: processes of uvicorn."""

    def __init__(self, postgres, issuer, fetch="all", index=None, redis=False, workers=1, core=None):
        super().__init__(core)
        self.postgres, self.issuer, self.fetch, self.index, self.workers = postgres, issuer, fetch, index, workers
        self.redis = redis
        self.name = f"old service, {fetch}{f', {index}' if index else ''}{', redis' if redis else ''}"
        self.remembers = ("api_key_hit", "device_hit", "token_cached") if redis else ()
        self.kinds = ("api_key_miss", "device_miss", "token_first", "generate_token", *self.remembers)

    def begin(self):
        if self.redis:
            self.start_redis(self.folder / "redis.sock")
        port = servers.free_port()
        self.to = f"127.0.0.1:{port}"
        self.spawn(data.DEBIAN_PYTHON, "-m", "uvicorn", "peers.older.app:app", "--app-dir", data.HERE.parent,
                   "--host", "127.0.0.1", "--port", port, "--workers", self.workers, "--loop", "uvloop",
                   "--http", "httptools", "--no-access-log", "--log-level", "warning",
                   PYTHONDONTWRITEBYTECODE="yes", OLD_DATABASE=self.postgres.uri, OLD_FETCH=self.fetch,
                   OLD_REDIS=self.folder / "redis.sock" if self.redis else "", OLD_KEYS=self.issuer.folder,
                   OLD_ALGORITHM=self.issuer.algorithm, OLD_ISSUER=self.issuer.issuer,
                   OLD_AUDIENCE=self.issuer.audience, OLD_SETTINGS=json.dumps(self.settings()))

    def settings(self):
        """Of its connections to PostgreSQL."""
        return {"search_path": data.layout(self.postgres, self.index) + ", public",
                **(data.PREFER_INDEX if self.index in data.SERVING else {})}

    def start_redis(self, place):
        self.spawn("redis-server", "--port", 0, "--unixsocket", place, "--save", "", "--appendonly", "no",
                   "--daemonize", "no", "--dir", self.folder, "--maxmemory", "1gb", "--maxmemory-policy", "allkeys-lru")
        self.wait_until(lambda: accepts(f"unix:{place}"), "redis-server listens")

    def forget(self):
        if not self.redis:
            return
        with socket.socket(socket.AF_UNIX) as s:
            s.connect(str(self.folder / "redis.sock"))
            s.sendall(b"FLUSHALL\r\n")
            if s.recv(64) != b"+OK\r\n":
                raise SystemExit("redis-server did not forget")

    def request(self, kind, count=1000, first=1):
        if kind not in self.kinds:
            return None
        return questions.request(kind, count, first, self.issuer.tokens["good"], self.issuer.subject)
