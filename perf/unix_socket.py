#!/usr/bin/env python3
"""CPU per cached verification over a unix socket, against the same over TCP, of one server that listens on
both.

One worker on one core; 64 keep-alive connections of the same client on the other; interleaved rounds."""

import pathlib
import statistics
import tempfile

import loads
import measure
import seed
import servers

options = measure.arguments(__doc__, helpers=["same_load"], rounds=25, seconds=1, connections=64, limit=1.0)


def load(place, request):
    def run():
        words, = measure.run_helper("same_load", place, options.connections, options.seconds, request, core=measure.LOAD_CORE)
        return loads.Answered(int(words[0]), float(words[1]), int(words[2]), None, "")
    return run


with servers.Postgres() as postgres, tempfile.TemporaryDirectory(prefix="lk-unix-") as folder:
    postgres.migrated(options.bin)
    with servers.Latchkey(options.bin, folder, postgres.uri, core=measure.SERVER_CORE,
                          places=f", unix:{folder}/api.sock") as server:
        server.wait_for("/readyz")
        body = seed.made_key(server)
        hit = loads.cached_answer(server, loads.VERIFY_API_KEY, body)
        request = pathlib.Path(folder) / "request"
        request.write_text(f"POST {loads.VERIFY_API_KEY} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
                           f"Content-Length: {len(body)}\r\n\r\n{body}", newline="")
        print(f"{len(hit)} bytes an answer, {options.connections} connections")
        costs = measure.interleave({"TCP": (server, load(server.port, request)),
                                    "unix socket": (server, load(f"{folder}/api.sock", request))}, options.rounds)

ratios = measure.ratios(costs["unix socket"], costs["TCP"])
print(f"against TCP: {measure.spread(ratios)}")
ratio = statistics.median(ratios)
measure.verdict(ratio <= options.limit,
                f"a cached verification over the unix socket costs {ratio:.3f} x TCP (at most {options.limit})")
