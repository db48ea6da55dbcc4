"""Callers and watchers around what is done to the fleet."""

import datetime
import json
import os
import signal
import subprocess
import sys

from trial import shipped
from trial.cluster import DATABASES
from trial.network import FRONT_PORT, MACHINES

HERE = os.path.dirname(os.path.abspath(__file__))
REVOKED = {"first": 401, "count": 5}
COLD_OF_EACH = 2000  # no cold key is asked about in two loads, or it would be cached
CACHED, COLD, STALE, UNKNOWN = 0, 1, 2, 3
STREAMS = [  # keys that are asked about again and again; each once; revoked ones; such as do not exist
    {"name": "cached keys", "rate": 200, "first": 1, "count": 100, "at_random": True, "good": True},
    {"name": "keys in no cache", "rate": 40, "first": 1001, "count": COLD_OF_EACH, "at_random": False, "good": True},
    {"name": "revoked keys", "rate": 20, **REVOKED, "at_random": True, "good": False},
    {"name": "unknown keys", "rate": 10, "first": 1000001, "count": 1000, "at_random": True, "good": False},
]


def streams_of(fleet):
    """The streams, with cold keys that were not asked about before."""
    first = 1001 + COLD_OF_EACH * fleet.loads
    fleet.loads += 1
    return [{**stream, "first": first} if n == COLD else stream for n, stream in enumerate(STREAMS)]


class Program:
    """A Python program of this folder that reads its order as JSON, runs until SIGTERM and prints what it saw."""

    def __init__(self, starter, name, order):
        log = f"{starter.folder}/log/{name}"
        self.out = open(f"{log}.out", "w+", encoding="utf-8")  # no pipe, which could fill up
        environment = starter.environment({"PYTHONPATH": os.environ["PYTHONPATH"], "PYTHONDONTWRITEBYTECODE": "1"})
        with open(log, "a", encoding="utf-8") as said:
            self.process = subprocess.Popen([sys.executable, f"{HERE}/{name}.py"], stdin=subprocess.PIPE,
                                            stdout=self.out, stderr=said, env=environment)
        self.process.stdin.write(json.dumps(order).encode())
        self.process.stdin.close()

    def text(self):
        self.out.flush()
        with open(self.out.name, encoding="utf-8") as file:
            return file.read()

    def end(self):
        self.process.send_signal(signal.SIGTERM)
        self.process.wait(30)
        return self.text()


def revoke(fleet):
    """The keys that must never be VALID again; returns the last answer."""
    for number in range(REVOKED["first"], REVOKED["first"] + REVOKED["count"]):
        answer = fleet.nodes.command(DATABASES[0], "key", "revoke", f"key_{number}", "--wait", "all")
    fleet.databases.wait_replayed()
    return answer


def callers(fleet, streams=None, to=None, timeout=5):
    to = to or [f"{fleet.network.prefix}{MACHINES['front']}", FRONT_PORT]
    return Program(fleet.starter, "callers", {"to": to, "caller": fleet.nodes.caller, "timeout": timeout,
                                                "streams": streams or streams_of(fleet)})


def watchers(fleet):
    return Program(fleet.starter, "watch", {
        "etcd": [f"http://{fleet.databases.address(m, 'etcd')}" for m in DATABASES],
        "databases": {m: f"{fleet.place}/{m}/socket" for m in DATABASES},
        "password": shipped.PASSWORDS["change-me-1"],
        "nodes": {n: f"http://{fleet.nodes.address(n)}" for n in DATABASES}})


def changes(program):
    """What a watcher has told until now."""
    return [json.loads(line) for line in program.text().splitlines(keepends=True) if line.endswith("\n")]


def first_polls(fleet, since):
    """{node: when it first read the feed of another server}, after the time; from the nodes' logs."""
    found = {}
    for node in fleet.nodes.running:
        with open(f"{fleet.place}/log/latchkey.{node}", encoding="utf-8") as file:
            for line in file:
                if "the feed of changes is read from this server" in line:
                    at = datetime.datetime.fromisoformat(json.loads(line)["time"].replace("Z", "+00:00")).timestamp()
                    if at > since:
                        found.setdefault(node, at)
    return found


def wrong(seen, streams):
    """Answers that are not true: a good key that is INVALID, another that is VALID."""
    bad = {True: "invalid", False: "valid"}
    return [one for one in seen if one[2] == bad[streams[one[1]]["good"]]]
