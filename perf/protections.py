#!/usr/bin/env python3
"""What all protections cost together: CPU per cached verification with them and without, over HTTP.

With: limits by address, by key and by organization and one that is stored with the key, each far above
what comes; the breaker and compression. Without: none of these. One worker each, on one core; wrk with 64
keep-alive connections on the other; interleaved rounds. Each node is asked for a key of its own. The
limited one's answer is longer, and the other key gets a longer name to make up for it."""

import pathlib
import statistics
import tempfile

import loads
import measure
import seed
import servers

options = measure.arguments(__doc__, rounds=15, seconds=1, connections=64, limit=1.05)

LIMIT_OF_THE_KEY = "update latchkey.api_keys set rate_limit_quantity = 900000, rate_limit_window_s = 1 where key_id = 'key_2'"
POLICY = """[[rate_limit.policies]]
name = "{0}"
endpoints = "verify-api-key"
counts = "{0}"
quantity = 900000
window = "1s"
"""
ON = "".join(POLICY.format(what) for what in ("address", "api_key", "organization"))
OFF = "[breaker]\nenabled = false\n[compression]\nenabled = false\n"
BODIES = {"off": seed.key_body(1), "on": seed.key_body(2)}


def node(folder, postgres, name, more):
    (pathlib.Path(folder) / name).mkdir()
    return servers.Latchkey(options.bin, f"{folder}/{name}", postgres.uri, core=measure.SERVER_CORE, more=more)


def cached_size(server, name):
    return len(loads.cached_answer(server, loads.VERIFY_API_KEY, BODIES[name]))


def load(server, folder, name):
    script = loads.post_script(f"{folder}/{name}", BODIES[name])
    url = server.url + loads.VERIFY_API_KEY
    return lambda: loads.wrk(url, options.seconds, options.connections, script)


with servers.Postgres() as postgres, tempfile.TemporaryDirectory(prefix="lk-protections-") as folder:
    postgres.migrated(options.bin)
    seed.keys(postgres, 2)
    postgres.sql(LIMIT_OF_THE_KEY)
    with node(folder, postgres, "on", ON) as on, node(folder, postgres, "off", OFF) as off:
        for server in (on, off):
            server.wait_for("/readyz")
        longer = cached_size(on, "on") - cached_size(off, "off")
        postgres.sql("update latchkey.api_keys set name = name || repeat('-', %d) where key_id = 'key_1'" % longer)
        for _ in range(1000):
            sizes = [cached_size(on, "on"), cached_size(off, "off")]
            # What is left of the limit may have a digit more or less.
            if abs(sizes[0] - sizes[1]) < 8:
                break
        else:
            raise SystemExit(f"the answers have {sizes} bytes")
        print(f"the answers have {sizes} bytes, header included")
        costs = measure.interleave({"on": (on, load(on, folder, "on")), "off": (off, load(off, folder, "off"))}, options.rounds)
ratio = statistics.median(measure.ratios(costs["on"], costs["off"]))
measure.verdict(ratio <= options.limit, f"all protections cost {ratio:.3f} x none of them (at most {options.limit})")
