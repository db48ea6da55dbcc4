#!/usr/bin/env python3
"""Twenty million requests, from sixteen million addresses, through one node with a small cache and a limit by
address: the server's memory stays within what the configuration allows, and does not grow with the callers.
Every other request has an unknown key, each time another one; the others have good keys out of a million, more
than the cache holds. Prints a row for each slice of the load."""

import pathlib
import re
import tempfile

import loads
import measure
import seed
import servers

options = measure.arguments(__doc__, callers=20_000_000, slice_seconds=10, connections=64, cache_mib=16,
                            more_mib=64, grows_mib=4)
BUCKETS = 4_194_304  # the default
GOOD = 1_000_000
MORE = f"""[cache]
max_bytes = "{options.cache_mib}MiB"
negative_max_bytes = "{options.cache_mib}MiB"
[[rate_limit.policies]]
name = "address"
endpoints = "verify-api-key"
counts = "address"
quantity = 100
window = "1m"
"""
SCRIPT = """
local n = %d
local fields = {["Content-Type"] = "application/json"}
request = function()
    n = n + 1
    fields["X-Forwarded-For"] = string.format("10.%%d.%%d.%%d", math.floor(n / 65536) %% 256,
                                              math.floor(n / 256) %% 256, n %% 256)
    local key = n %% 2 == 0 and "bench-key-" .. (n / 2 * 7919) %% %d + 1 or "distinct-key-" .. n
    return wrk.format("POST", nil, fields, '{"api_key":"' .. key .. '"}')
end
"""


def sum_of(text, name):
    return sum(float(value) for value in re.findall(rf"^{name}(?:{{[^}}]*}})? (\S+)$", text, re.M))


with servers.Postgres() as postgres, tempfile.TemporaryDirectory(prefix="lk-distinct-") as folder:
    postgres.migrated(options.bin)
    seed.keys(postgres, GOOD)
    with servers.Latchkey(options.bin, folder, postgres.uri, core=measure.SERVER_CORE, more=MORE,
                          server='trusted_proxies = "127.0.0.0/8"\n') as server:
        server.wait_for("/readyz")
        start = server.rss_bytes()
        # One cache of what is there, one of what is not.
        allowed = start + (2 * options.cache_mib + options.more_mib << 20) + 8 * BUCKETS
        script = pathlib.Path(folder) / "distinct.lua"
        callers = sent = refused = 0
        largest = start
        rows = []
        print(f"{'callers':>10} {'resident MiB':>13} {'cache MiB':>10} {'look-ups':>10} {'evicted':>10}")
        while callers < options.callers:
            # wrk asks a few more than it counts: those at its end.
            script.write_text(SCRIPT % (sent, GOOD))
            answered = loads.wrk(server.url + loads.VERIFY_API_KEY, options.slice_seconds, options.connections, script)
            sent += answered.requests + 2 * options.connections
            callers += answered.requests - answered.bad
            refused += answered.bad
            resident = server.rss_bytes()
            largest = max(largest, resident)
            rows.append(resident)
            text = server.wait_for("/metrics").decode()
            print(f"{callers:>10} {resident / 2**20:>13.1f} {sum_of(text, 'auth_cache_bytes') / 2**20:>10.1f}"
                  f" {sum_of(text, 'auth_cache_misses_total'):>10.0f}"
                  f" {sum_of(text, 'auth_cache_evictions_total'):>10.0f}", flush=True)
        displaced = sum_of(text, "auth_rate_limit_displaced_total")
late = rows[len(rows) // 2:]
grown = (late[-1] - late[0]) / 2**20
print(f"{refused} were refused; {displaced:.0f} buckets were displaced; {grown:.1f} MiB more over the last half")
measure.verdict(largest <= allowed and grown <= options.grows_mib,
                f"{callers} callers: at most {largest / 2**20:.1f} MiB resident, allowed {allowed / 2**20:.1f} (at the "
                f"start {start / 2**20:.1f}, the caches {2 * options.cache_mib}, the limits {8 * BUCKETS / 2**20:.0f}, "
                f"{options.more_mib} more); {grown:.1f} MiB more over the last half (at most {options.grows_mib})")
