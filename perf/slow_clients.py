#!/usr/bin/env python3
"""What slow clients do to honest ones: p99 of cached verifications at a steady pace beside 10,000
connections of this server that send a header, send a body, or read an answer at one byte a second,
against the same beside as many such connections of another server; interleaved.

All clients share one core, the servers the other. The honest client comes first on its core (SCHED_FIFO),
but the ten thousand connections, opened again as they are closed, still take time there. That time is the
same in both cases, so the difference is the server's. "alone" is printed to compare."""

import pathlib
import statistics
import subprocess
import tempfile

import loads
import measure
import seed
import servers

options = measure.arguments(__doc__, helpers=["load"], rounds=7, seconds=5, slow=10000, connections=16,
                            rate=1000, limit=1.2)


def honest(port):
    found = loads.load(port, loads.verify_keys(1), connections=options.connections, rate=options.rate,
                       seconds=options.seconds, before_others=True)
    if found["requests"] < 0.9 * options.rate * options.seconds:
        measure.verdict(False, f"{found['requests']} honest requests were answered")
    return found["latency_us"]["p50"], found["latency_us"]["p99"]


def beside(kind, slow_port, port):
    if not kind:
        return honest(port)
    slow = subprocess.Popen(["taskset", "-c", measure.LOAD_CORE, str(measure.helper("load")), "slow", str(slow_port),
                             str(options.slow), kind], stdout=subprocess.PIPE, text=True)
    try:
        if slow.stdout.readline() != "ready\n":
            measure.verdict(False, "the slow clients could not connect")
        return honest(port)
    finally:
        slow.terminate()
        slow.wait()


def node(folder, postgres, name):
    home = pathlib.Path(folder) / name
    home.mkdir()
    return servers.Latchkey(options.bin, home, postgres.uri, core=measure.SERVER_CORE)


KINDS = ["header", "body", "read"]

with servers.Postgres() as postgres, tempfile.TemporaryDirectory(prefix="lk-slow-") as folder:
    postgres.migrated(options.bin)
    seed.keys(postgres)
    with node(folder, postgres, "own") as own, node(folder, postgres, "other") as other:
        for server in (own, other):
            server.wait_for("/readyz")
        alone, p99s = [], {(kind, whose): [] for kind in KINDS for whose in ("other", "own")}
        print(f"{options.slow} slow connections; {options.rate} requests a second over {options.connections}")
        print(f"{'round':>5} {'slow':<7} {'connections of':<15} {'median us':>10} {'p99 us':>10} {'MiB':>6}")

        def measured(n, kind, whose, slow_port):
            median, p99 = beside(kind, slow_port, own.port)
            print(f"{n + 1:>5} {kind or 'none':<7} {whose:<15} {median:>10.0f} {p99:>10.0f} "
                  f"{own.rss_bytes() / 1048576:>6.0f}", flush=True)
            return p99

        for n in range(options.rounds):
            alone.append(measured(n, "", "", 0))
            for kind in KINDS:
                for whose, server in [("other", other), ("own", own)][:: -1 if n % 2 else 1]:
                    p99s[kind, whose].append(measured(n, kind, whose, server.port))

print(f"{'alone':<13} p99 us: {measure.spread(alone)}")
growth = {}
for kind in KINDS:
    for whose in ("other", "own"):
        print(f"{kind:<6} {whose:<6} p99 us: {measure.spread(p99s[kind, whose])}")
    growth[kind] = statistics.median(measure.ratios(p99s[kind, "own"], p99s[kind, "other"]))
measure.verdict(max(growth.values()) <= options.limit,
                "the honest p99 beside slow connections of the same server is " +
                ", ".join(f"{g:.2f} x ({k})" for k, g in growth.items()) +
                f" what it is beside {options.slow} of another (at most {options.limit})")
