#!/usr/bin/env python3
"""Verification of a cached token while the database is stopped (SIGSTOP), against while it runs: the 99th
percentile with every connection asking without rest, in interleaved rounds. All answers are 200 as
long as the outage is shorter than cache.max_staleness."""

import json
import pathlib
import statistics
import tempfile
import time

import loads
import measure
import seed
import servers

options = measure.arguments(__doc__, helpers=["load", "token_verify"], rounds=15, seconds=2, connections=16, limit=1.10)
PATH = "/api/v1/auth/verify-token"


def measure_with(postgres, folder):
    token, issuer = seed.issuer(folder)
    mix = loads.mix(loads.request("token", PATH, json.dumps({"token": token}), loads.json_headers(),
                                  starts='{"valid":true,'))
    with servers.Latchkey(options.bin, folder, postgres.uri, core=measure.SERVER_CORE, more=issuer) as server:
        server.wait_for("/readyz")

        def load():
            return loads.answered(loads.load(server.port, mix, wrong_ok=True, connections=options.connections,
                                             seconds=options.seconds))

        load()
        p99s, bad = {"up": [], "stopped": []}, 0
        print(f"{'round':>5} {'database':<9} {'requests/s':>11} {'p99 us':>8}")
        for n in range(options.rounds):
            for name in p99s:
                if name == "stopped":
                    with postgres.stopped():
                        answered = load()
                else:
                    answered = load()
                p99s[name].append(answered.p99_ms)
                bad += answered.bad
                print(f"{n + 1:>5} {name:<9} {answered.rate:>11.0f} {answered.p99_ms * 1000:>8.0f}" +
                      (f"  {answered.bad} wrong" if answered.bad else ""), flush=True)
                time.sleep(0.5)  # for the node to hear from the database again
    ratios = measure.ratios(p99s["stopped"], p99s["up"])
    print(f"p99, stopped against up: {measure.spread(ratios)}")
    return statistics.median(ratios), bad


with servers.Postgres() as postgres, tempfile.TemporaryDirectory(prefix="lk-outage-") as name:
    postgres.migrated(options.bin)
    ratio, bad = measure_with(postgres, pathlib.Path(name))
measure.verdict(ratio <= options.limit and bad == 0,
                f"p99 is {ratio:.3f} x as long while the database is stopped (at most {options.limit}), {bad} answers were wrong")
