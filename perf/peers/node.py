"""Node: its http module, JSON.parse, SHA-256 and a Map with a TTL; on a miss the same PostgreSQL by the driver pg, by a
prepared statement on Latchkey's own table. One process. See node_service.js.

The driver comes from Debian's packages, but they are unpacked into build/perf and not installed: node-pg demands
node-libpq, which fits Debian's Node alone and would replace another one. It is not used: the driver speaks the protocol
itself."""

import pathlib
import shutil
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


MODULES = DRIVER / "usr/share/nodejs"  # for NODE_PATH


def fetch():
    """Unpacks the driver unless it is there. Says what is wrong if that cannot be: Node is left out then."""
    if (MODULES / "pg").exists():
        return None
    measure.BUILD.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=measure.BUILD) as folder:
        told = download(folder)
        if told.returncode != 0:  # the lists of packages may be missing or old
            subprocess.run(["apt-get", "update"], capture_output=True)
            told = download(folder)
        if told.returncode != 0:
            return f"its driver node-pg cannot be fetched from Debian: {told.stderr.strip()}"
        # Beside, and renamed once it is whole: what is half unpacked would look like a driver.
        whole = pathlib.Path(folder) / "whole"
        for package in sorted(pathlib.Path(folder).glob("*.deb")):
            subprocess.run(["dpkg-deb", "-x", package, whole], check=True)
        shutil.rmtree(DRIVER, ignore_errors=True)
        whole.rename(DRIVER)
    return None


def download(folder):
    return subprocess.run(["apt-get", "download", *PACKAGES], cwd=folder, capture_output=True, text=True)


def is_there():
    return (MODULES / "pg").exists()


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
                   where.database, NODE_PATH=MODULES, NODE_ENV="production")

    def forget(self):
        if Client(f"unix:{self.folder}/control.sock").ask("/forget", "")[0] != 200:
            raise SystemExit("Node did not forget")
