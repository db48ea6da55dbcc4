#!/usr/bin/env python3
"""CPU per cached verification over a unix socket, against the same over TCP, of one server that listens on
both.

One worker on one core; 64 keep-alive connections of the same client on the other; interleaved rounds."""

import statistics
import tempfile

import loads
import measure
import seed
import servers

options = measure.arguments(__doc__, helpers=["load"], rounds=25, seconds=1, connections=64, limit=1.0)


def load(to, mix):
    return lambda: loads.answered(loads.load(to, mix, connections=options.connections, seconds=options.seconds))


with servers.Postgres() as postgres, tempfile.TemporaryDirectory(prefix="lk-unix-") as folder:
    postgres.migrated(options.bin)
    with servers.Latchkey(options.bin, folder, postgres.uri, core=measure.SERVER_CORE,
                          places=f", unix:{folder}/api.sock") as server:
        server.wait_for("/readyz")
        body = seed.made_key(server)
        hit = loads.cached_answer(server, loads.VERIFY_API_KEY, body)
        mix = loads.mix(loads.request("hit", loads.VERIFY_API_KEY, body, loads.json_headers(), starts='{"valid":true,'))
        print(f"{len(hit)} bytes an answer, {options.connections} connections")
        costs = measure.interleave({"TCP": (server, load(server.port, mix)),
                                    "unix socket": (server, load(f"unix:{folder}/api.sock", mix))}, options.rounds)

ratios = measure.ratios(costs["unix socket"], costs["TCP"])
print(f"against TCP: {measure.spread(ratios)}")
ratio = statistics.median(ratios)
measure.verdict(ratio <= options.limit,
                f"a cached verification over the unix socket costs {ratio:.3f} x TCP (at most {options.limit})")
