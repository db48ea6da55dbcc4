#!/usr/bin/env python3
"""CPU per cached device authentication over HTTP, against a cached API-key verification whose answer is as
long. The device's secret was generated (sha256:).

One worker on one core; wrk with 64 keep-alive connections on the other; interleaved rounds."""

import pathlib
import statistics
import tempfile

import loads
import measure
import seed
import servers

options = measure.arguments(__doc__, rounds=15, seconds=1, connections=64, limit=1.05)
DEVICE_PATH = "/api/v1/auth/authenticate-device"


def load(server, folder, name, path, body):
    (home := pathlib.Path(folder) / name).mkdir()
    script = loads.post_script(home, body)
    return lambda: loads.wrk(server.url + path, options.seconds, options.connections, script)


def answer_sizes(server):
    return [len(loads.cached_answer(server, loads.VERIFY_API_KEY, seed.key_body())),
            len(loads.cached_answer(server, DEVICE_PATH, seed.device_body()))]


with servers.Postgres() as postgres, tempfile.TemporaryDirectory(prefix="lk-device-") as folder:
    postgres.migrated(options.bin)
    seed.keys(postgres)
    seed.devices(postgres)
    with servers.Latchkey(options.bin, folder, postgres.uri, core=measure.SERVER_CORE) as server:
        server.wait_for("/readyz")
        key, device = answer_sizes(server)
        postgres.sql("update public.device_credentials set name = name || repeat('-', %d)" % max(key - device, 0))
        postgres.sql("update latchkey.api_keys set name = name || repeat('-', %d)" % max(device - key, 0))
        for _ in range(1000):
            if len(set(sizes := answer_sizes(server))) == 1:
                break
        assert len(set(sizes)) == 1, sizes
        print(f"both answers have {sizes[0]} bytes, header included")
        costs = measure.interleave(
            {"key": (server, load(server, folder, "key", loads.VERIFY_API_KEY, seed.key_body())),
             "device": (server, load(server, folder, "device", DEVICE_PATH, seed.device_body()))}, options.rounds)
ratio = statistics.median(measure.ratios(costs["device"], costs["key"]))
measure.verdict(ratio <= options.limit, f"a device costs {ratio:.3f} x a key (at most {options.limit})")
