#!/usr/bin/env python3
"""What the key of a caller (X-Latchkey-Key) costs besides, per cached verification over HTTP.

One worker on one core; wrk with 64 keep-alive connections on the other; interleaved rounds."""

import statistics
import tempfile

import loads
import measure
import seed
import servers

options = measure.arguments(__doc__, rounds=25, seconds=1, connections=64, limit_us=0.5)


def load(server, script):
    return lambda: loads.wrk(server.url + loads.VERIFY_API_KEY, options.seconds, options.connections, script)


with servers.Postgres() as postgres, tempfile.TemporaryDirectory(prefix="lk-caller-") as folder:
    postgres.migrated(options.bin)
    with servers.Latchkey(options.bin, folder, postgres.uri, core=measure.SERVER_CORE) as server:
        server.wait_for("/readyz")
        body = seed.made_key(server)
        loads.cached_answer(server, loads.VERIFY_API_KEY, body)
        more = f"wrk.headers['X-Latchkey-Key'] = '{seed.caller_key(server)}'\n"
        asked = load(server, loads.post_script(folder, body, more, "caller.lua"))
        asked()  # its key comes into the cache
        costs = measure.interleave(
            {"caller": (server, asked), "nobody": (server, load(server, loads.post_script(folder, body)))},
            options.rounds,
        )

more_us = [a - b for a, b in zip(costs["caller"], costs["nobody"])]
print(f"a caller costs {measure.spread(more_us)} us more")
median = statistics.median(more_us)
measure.verdict(
    median <= options.limit_us, f"a hit with a caller costs {median:.3f} us more (at most {options.limit_us})"
)
