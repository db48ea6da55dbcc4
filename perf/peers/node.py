"""Node: its http module, JSON.parse, SHA-256 and a Map with a TTL; on a miss the same PostgreSQL by the driver pg, by a
prepared statement on Latchkey's own table. One process. See node_service.js.

The driver comes from Debian's packages, but they are unpacked into build/perf and not installed: node-pg demands
node-libpq, which fits Debian's Node alone and would replace another one. It is not used: the driver speaks the protocol
itself."""

import os
import subprocess
import tempfile

import measure
import servers
from peers import data, place
from peers.http_client import Client
from peers.peer import Peer

DRIVER = measure.BUILD / "node-pg"
PACKAGES = ("node-pg", "node-split2", "node-xtend", "node-readable-stream", "node-inherits", "node-string-decoder",
            "node-safe-buffer", "node-util-deprecate")


def driver():
    """The folder for NODE_PATH."""
    modules = DRIVER / "usr/share/nodejs"
    if not (modules / "pg").exists():
        with tempfile.TemporaryDirectory() as folder:
            told = subprocess.run(["apt-get", "download", *PACKAGES], cwd=folder, capture_output=True, text=True)
            if told.returncode != 0:
                raise SystemExit(f"node-pg cannot be fetched from Debian (try apt-get update):\n{told.stderr}")
            DRIVER.mkdir(parents=True, exist_ok=True)
            for package in sorted(os.listdir(folder)):
                subprocess.run(["dpkg-deb", "-x", f"{folder}/{package}", DRIVER], check=True)
    return modules


class Node(Peer):
    name = "Node"
    remembers = ("api_key_hit",)
    kinds = ("api_key_hit", "api_key_miss")

    def __init__(self, postgres, core=None):
        super().__init__(core)
        self.postgres = postgres

    def begin(self):
        port = servers.free_port()
        self.to = f"127.0.0.1:{port}"
        where = place.of(self.postgres.uri)
        self.spawn("node", data.HERE / "node_service.js", port, self.folder / "control.sock", where.folder, where.user,
                   where.database, NODE_PATH=driver(), NODE_ENV="production")

    def forget(self):
        if Client(f"unix:{self.folder}/control.sock").ask("/forget", "")[0] != 200:
            raise SystemExit("Node did not forget")
