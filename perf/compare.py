#!/usr/bin/env python3
"""CPU per request of two builds, in interleaved rounds: whether a change costs anything.

    perf/compare.py --before OLD_LATCHKEY --bin NEW_LATCHKEY [--loads key,cold]

Both serve on one core, one worker each, with the same PostgreSQL; wrk with 64 keep-alive connections runs on the
other core. Loads: a cached key, device and token, a batch of a thousand cached keys, and a key that is looked up
for each request (cold)."""

import argparse
import json
import pathlib
import statistics
import tempfile
import time

import loads
import measure
import seed
import servers

PATHS = {"key": loads.VERIFY_API_KEY, "device": "/api/v1/auth/authenticate-device", "token": "/api/v1/auth/verify-token",
         "batch": "/api/v1/auth/verify-batch", "cold": loads.VERIFY_API_KEY}
ITEMS = 1000


def arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--before", metavar="FILE", required=True, help="the latchkey to compare with")
    parser.add_argument("--bin", metavar="FILE", required=True, help="the latchkey to measure")
    parser.add_argument("--loads", default=",".join(PATHS), help="default: %(default)s")
    parser.add_argument("--rounds", type=int, default=25, help="default: %(default)s")
    parser.add_argument("--seconds", type=int, default=1, help="of a load in a round; default: %(default)s")
    parser.add_argument("--connections", type=int, default=64, help="default: %(default)s")
    parser.add_argument("--limit", type=float, default=1.01, help="default: %(default)s")
    parsed = parser.parse_args()
    parsed.loads = parsed.loads.split(",")
    unknown = set(parsed.loads) - set(PATHS)
    if unknown:
        parser.error(f"--loads knows {', '.join(PATHS)}, not {', '.join(unknown)}")
    return parsed


def asked_again(server, path, body, sign):
    """The answer, once it has the sign. A server that has just started may not know every row and key yet."""
    for _ in range(100):
        answer = loads.ask(server.port, path, body)
        if sign in answer:
            return answer
        time.sleep(0.05)
    raise SystemExit(f"{path} answers {answer[:500]!r}")


def bodies(server):
    answer = asked_again(server, "/api/v1/auth/generate-token", seed.key_body(), b'"access_token"')
    token = json.loads(answer.split(b"\r\n\r\n", 1)[1])["access_token"]
    items = [{"type": "api_key", "api_key": f"bench-key-{n}"} for n in range(1, ITEMS + 1)]
    return {"key": seed.key_body(), "cold": seed.key_body(), "device": seed.device_body(),
            "token": json.dumps({"token": token}), "batch": json.dumps({"items": items})}


def load(server, script, path, connections):
    return lambda: loads.wrk(server.url + path, options.seconds, connections, script)


def compare(folder, name, body, before, after):
    (home := folder / name).mkdir()
    more = "wrk.headers['Cache-Control'] = 'no-cache'\n" if name == "cold" else ""
    script = loads.post_script(home, body, more)
    for server in (before, after):
        asked_again(server, PATHS[name], body, b'"valid":true')
        if name not in ("batch", "cold"):
            loads.cached_answer(server, PATHS[name], body)
    connections = 4 if name == "batch" else options.connections
    print(f"--- {name}")
    costs = measure.interleave({"before": (before, load(before, script, PATHS[name], connections)),
                                "after": (after, load(after, script, PATHS[name], connections))}, options.rounds)
    return measure.ratios(costs["after"], costs["before"])


options = arguments()
measure.describe_machine()
with servers.Postgres() as postgres, tempfile.TemporaryDirectory(prefix="lk-compare-") as name:
    folder = pathlib.Path(name)
    postgres.migrated(options.bin)
    seed.keys(postgres, ITEMS)
    seed.devices(postgres)
    secret = folder / "kek"
    secret.write_text("5a" * 32)
    secret.chmod(0o600)
    tokens = f'[tokens]\nkey_encryption_key_file = "{secret}"\n'
    (folder / "before").mkdir()
    (folder / "after").mkdir()
    with servers.Latchkey(options.before, folder / "before", postgres.uri, core=measure.SERVER_CORE, more=tokens) as before, \
            servers.Latchkey(options.bin, folder / "after", postgres.uri, core=measure.SERVER_CORE, more=tokens) as after:
        before.wait_for("/readyz")
        after.wait_for("/readyz")
        asked = bodies(after)
        ratios = {name: compare(folder, name, asked[name], before, after) for name in options.loads}

for name, values in ratios.items():
    print(f"{name:<7} {measure.spread(values)} x the build before")
worst = max(statistics.median(values) for values in ratios.values())
measure.verdict(worst <= options.limit, f"the costliest load takes {worst:.3f} x the CPU of the build before "
                f"(at most {options.limit})")
