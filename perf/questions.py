"""What Latchkey is asked in loads, with what each answer must be. The rows behind these questions are seed.py's."""

import http.client
import json

import loads

LOOKED_UP = {"Cache-Control": "no-cache"}  # past the cache, which then has the answer
NOT_KEPT = {"Cache-Control": "no-store"}
VALID = '{"valid":true'
KEY, TOKEN, BATCH = loads.VERIFY_API_KEY, "/api/v1/auth/verify-token", "/api/v1/auth/verify-batch"
REFUSED = (503, 429)


def key_hit(count=1000, weight=1, name="hit", headers=None, refused=()):
    """Keys that the cache has, once each was asked for."""
    return loads.request(
        name,
        KEY,
        '{"api_key":"bench-key-{n}"}',
        loads.json_headers(**(headers or {})),
        loads.uniform(count),
        weight,
        starts=VALID,
        contains=['"key_{n}"'],
        refused=refused,
    )


def key_miss(count, weight=1, headers=None):
    """Keys that are looked up, whatever the cache has. On a busy machine some may be refused for being late."""
    return key_hit(count, weight, "miss", headers or LOOKED_UP, REFUSED)


def key_zipf(count):
    """Any keys, few of them often and most of them rarely. Whether one is looked up is the cache's doing."""
    return key_hit(count, name="zipf", refused=REFUSED) | {"keys": loads.zipf(count)}


def one_key(body):
    """The same key each time: what is the least that a server can do."""
    return loads.request("hit", KEY, body, loads.json_headers(), starts=VALID)


def token(text):
    return loads.request("cached", TOKEN, json.dumps({"token": text}), loads.json_headers(), starts=VALID)


def batch(items=1000):
    """Many keys in one request, always the same ones."""
    asked = [{"type": "api_key", "api_key": f"bench-key-{n}"} for n in range(1, items + 1)]
    return loads.request(
        "batch",
        BATCH,
        json.dumps({"items": asked}, separators=(",", ":")),
        loads.json_headers(),
        contains=[f'"valid_count":{items}', '"undecided_count":0'],
    )


def warm(server, count=1000, passes=20):
    """The server's cache has bench-key-1 to bench-key-COUNT. A look-up may be refused for being late on a busy machine,
    and is not kept if the news of new rows comes meanwhile, so what is missing is asked for again."""
    connection = http.client.HTTPConnection("127.0.0.1", server.port)
    for _ in range(passes):
        for first in range(1, count + 1, 1000):
            ask_batch(connection, range(first, min(first + 1000, count + 1)))
        if server.metrics().get('auth_cache_entries{cache="api_key"}', 0) >= count:
            return connection.close()
    raise SystemExit(f"the cache does not keep {count} keys: is cache.max_bytes too small?")


def ask_batch(connection, numbers):
    items = ",".join(f'{{"type":"api_key","api_key":"bench-key-{n}"}}' for n in numbers)
    connection.request("POST", BATCH, f'{{"items":[{items}]}}', loads.json_headers())
    answer = connection.getresponse()
    text = answer.read()
    if answer.status != 200 or b'"invalid_count":0' not in text:
        raise SystemExit(f"{BATCH}: {answer.status} {text[-200:]!r}")
