#!/usr/bin/env python3
"""What counting uses costs: CPU per cached verification over HTTP with use.enabled and without, while what
was counted is written every second.

One worker each, on one core; wrk with 64 keep-alive connections on the other; interleaved rounds."""

import pathlib
import statistics
import tempfile

import loads
import measure
import seed
import servers

options = measure.arguments(__doc__, rounds=15, seconds=1, connections=64, limit=1.03)


def node(folder, postgres, enabled):
    (pathlib.Path(folder) / enabled).mkdir()
    more = f'[use]\nenabled = {enabled}\nflush_interval = "1s"\n'
    return servers.Latchkey(options.bin, f"{folder}/{enabled}", postgres.uri, core=measure.SERVER_CORE, more=more)


def load(server, script):
    url = server.url + loads.VERIFY_API_KEY
    return lambda: loads.wrk(url, options.seconds, options.connections, script)


with servers.Postgres() as postgres, tempfile.TemporaryDirectory(prefix="lk-use-") as folder:
    postgres.migrated(options.bin)
    seed.keys(postgres)
    with node(folder, postgres, "true") as on, node(folder, postgres, "false") as off:
        for server in (on, off):
            server.wait_for("/readyz")
            loads.cached_answer(server, loads.VERIFY_API_KEY, seed.key_body())
        script = loads.post_script(folder, seed.key_body())
        costs = measure.interleave({"counting": (on, load(on, script)), "not counting": (off, load(off, script))},
                                   options.rounds)
    counted = int(postgres.value("select sum(uses) from latchkey.credential_use"))
    print(f"uses written: {counted}")
    assert counted > 0

ratio = statistics.median(measure.ratios(costs["counting"], costs["not counting"]))
measure.verdict(ratio <= options.limit, f"counting costs {ratio:.3f} x the CPU of not counting (at most {options.limit})")
