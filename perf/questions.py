"""What Latchkey is asked in loads: requests of a mix (load/README in the words of perf/loads.py), with what each answer
must be. The rows behind them are seed.py's."""

import http.client
import json

JSON = {"Content-Type": "application/json"}
LOOKED_UP = {"Cache-Control": "no-cache"}  # past the cache
VALID = '{"valid":true'
KEY, TOKEN, BATCH = "/api/v1/auth/verify-api-key", "/api/v1/auth/verify-token", "/api/v1/auth/verify-batch"
REFUSED = [503, 429]


def post(name, path, body, expect, keys=None, headers=None, weight=1):
    asked = {"name": name, "weight": weight, "method": "POST", "path": path, "headers": {**JSON, **(headers or {})},
             "body": body, "expect": {"status": 200, **expect}}
    return asked | ({"keys": keys} if keys else {})


def get(name, path, headers, expect):
    return {"name": name, "weight": 1, "method": "GET", "path": path, "headers": headers, "expect": {"status": 200, **expect}}


def uniform(count, first=1):
    return {"distribution": "uniform", "first": first, "count": count}


def sequence(count, first=1):
    return {"distribution": "sequence", "first": first, "count": count}


def key_hit(count=1000, weight=1, name="hit", keys=None):
    """Keys that the cache has, once each was asked for."""
    return post(name, KEY, '{"api_key":"bench-key-{n}"}', {"starts": VALID, "contains": ['"key_{n}"']}, keys or uniform(count),
                weight=weight)


def key_miss(count, weight=1):
    """Keys that are looked up, whatever the cache has. On a busy machine some may be refused for being late."""
    asked = key_hit(count, weight, "miss") | {"headers": JSON | LOOKED_UP}
    asked["expect"]["refused"] = REFUSED
    return asked


def one_key(body, more=None):
    """The same key each time: what is the least that a server can do."""
    return post("hit", KEY, body, {"starts": VALID}, headers=more)


def token(text, looked_up=False):
    """looked_up: its signature is checked each time."""
    return post("first" if looked_up else "cached", TOKEN, json.dumps({"token": text}), {"starts": VALID},
                headers=LOOKED_UP if looked_up else None)


def batch(items=1000, name="batch"):
    """Many keys in one request, always the same ones."""
    asked = [{"type": "api_key", "api_key": f"bench-key-{n}"} for n in range(1, items + 1)]
    return post(name, BATCH, json.dumps({"items": asked}, separators=(",", ":")), {"contains": ['"undecided_count":0']})


def warm(server, count=1000, passes=20):
    """The server's cache has bench-key-1 to bench-key-COUNT. A look-up may be refused for being late on a busy machine, and
    is not kept if the news of new rows comes meanwhile, so what is missing is asked for again."""
    connection = http.client.HTTPConnection("127.0.0.1", server.port)
    for _ in range(passes):
        for first in range(1, count + 1, 1000):
            ask_batch(connection, range(first, min(first + 1000, count + 1)))
        if server.metrics().get('auth_cache_entries{cache="api_key"}', 0) >= count:
            return connection.close()
    raise SystemExit(f"the cache does not keep {count} keys: is cache.max_bytes too small?")


def ask_batch(connection, numbers):
    items = ",".join(f'{{"type":"api_key","api_key":"bench-key-{n}"}}' for n in numbers)
    connection.request("POST", BATCH, f'{{"items":[{items}]}}', JSON)
    answer = connection.getresponse()
    text = answer.read()
    if answer.status != 200 or b'"invalid_count":0' not in text:
        raise SystemExit(f"{BATCH}: {answer.status} {text[-200:]!r}")
