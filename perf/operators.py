#!/usr/bin/env python3
"""What operators' requests take, and what they cost other callers:

 1. Keys created one at a time over one connection to the admin socket: per second, and p99.
 2. `latchkey key import` of many keys: seconds, and keys a second.
 3. p99 of cached key verifications while another client lists all keys page by page, again and again, against
    the same without the lists, in interleaved rounds. The server has one core, so control thread and worker share
    it; PostgreSQL and all callers have the other, where those who verify come first (SCHED_FIFO), so that the delay
    which is measured is the server's."""

import hashlib
import json
import os
import pathlib
import statistics
import subprocess
import sys
import tempfile
import threading
import time

import loads
import measure
import seed
import servers

options = measure.arguments(__doc__, creations=10_000, keys=100_000, page=500, rounds=7, seconds=3, limit_wait_ms=1.0,
                            limit_import_s=60.0)


def create(server):
    admin, times = servers.AdminConnection(server.admin_socket), []
    for n in range(options.creations):
        began = time.monotonic()
        admin.ask("POST", "/admin/v1/api-keys", {"organization_id": "bench", "name": f"made {n}", "scopes": ["read"]})
        times.append((time.monotonic() - began) * 1000)
    times.sort()
    print(f"{len(times)} keys created one at a time: {1000 * len(times) / sum(times):.0f} a second, "
          f"p50 {times[len(times) // 2]:.2f} ms, p99 {times[len(times) * 99 // 100]:.2f} ms")


def import_keys(server, folder):
    file = pathlib.Path(folder) / "keys.jsonl"
    with file.open("w") as lines:
        for n in range(options.keys):
            digest = hashlib.sha256(f"imported-{n}".encode()).hexdigest()
            lines.write(json.dumps({"key_hash": digest, "organization_id": "bench", "name": f"imported {n}",
                                    "scopes": ["read"]}) + "\n")
    began = time.monotonic()
    subprocess.run([server.binary, "key", "import", file, "--socket", server.admin_socket], check=True,
                   stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    took = time.monotonic() - began
    print(f"{options.keys} keys imported in {took:.1f} s: {options.keys / took:.0f} a second")
    return took


class Lister(threading.Thread):
    """Lists all keys from the first page to the last, again and again."""

    def __init__(self, server):
        super().__init__(daemon=True)
        self.admin, self.pages, self.rows, self.ended = servers.AdminConnection(server.admin_socket), 0, 0, False

    def run(self):
        cursor = ""
        while not self.ended:
            page = self.admin.ask("GET", f"/admin/v1/api-keys?limit={options.page}" + (cursor and f"&cursor={cursor}"))
            self.pages += 1
            self.rows += len(page["api_keys"])
            cursor = page["next_cursor"] or ""


def cached_p99(server, script):
    answered = loads.wrk(server.url + loads.VERIFY_API_KEY, options.seconds, 8, script, before_others=True)
    assert not answered.bad, answered.text
    return answered.p99_ms


def beside_lists(server, script):
    lister = Lister(server)
    lister.start()
    p99 = cached_p99(server, script)
    lister.ended = True
    lister.join()
    assert lister.pages > 1, "no list was answered"
    return p99, lister.rows


# What is started from here is on the callers' core, PostgreSQL too, unless it has a core of its own.
os.sched_setaffinity(0, {int(measure.LOAD_CORE)})
with servers.Postgres() as postgres, tempfile.TemporaryDirectory(prefix="lk-operators-") as folder:
    postgres.migrated(options.bin)
    seed.keys(postgres)
    with servers.Latchkey(options.bin, folder, postgres.uri, core=measure.SERVER_CORE) as server:
        server.wait_for("/readyz")
        create(server)
        took = import_keys(server, folder)
        script = loads.post_script(folder, seed.key_body(), "function delay() return 1 end\n")
        alone, beside = [], []
        print(f"{'round':>5} {'p99 alone':>10} {'beside lists':>13} {'keys listed':>12}")
        for n in range(options.rounds):
            alone.append(cached_p99(server, script))
            p99, rows = beside_lists(server, script)
            beside.append(p99)
            print(f"{n + 1:>5} {alone[-1]:>7.3f} ms {p99:>10.3f} ms {rows:>12}", flush=True)

wait = statistics.median([b - a for a, b in zip(alone, beside)])
measure.verdict(wait <= options.limit_wait_ms and took <= options.limit_import_s,
                f"cached answers' p99 {wait:.3f} ms later beside lists (at most {options.limit_wait_ms}); "
                f"{options.keys} keys imported in {took:.1f} s (at most {options.limit_import_s})")
