"""The questions that contenders are asked, as requests of a load's mix, and the fields of every right answer.

Kinds:
- api_key_hit, device_hit, token_cached: among `count` credentials, which a warm-up brings into the cache.
- api_key_miss, device_miss: one after the other, so none is asked for twice while `count` is not used up; before each
  round a contender with a cache is told to forget().
  Only misses may be refused (503, 429): they are counted apart.
- token_first: the cache is not read (Cache-Control: no-cache), because a load has only so many tokens.
- generate_token: for a key among `count`."""

import json

VERIFY_API_KEY = "/api/v1/auth/verify-api-key"
VERIFY_TOKEN = "/api/v1/auth/verify-token"
AUTHENTICATE_DEVICE = "/api/v1/auth/authenticate-device"
GENERATE_TOKEN = "/api/v1/auth/generate-token"

PATHS = {"api_key": VERIFY_API_KEY, "device": AUTHENTICATE_DEVICE, "token": VERIFY_TOKEN, "generate": GENERATE_TOKEN}
KINDS = ("api_key_hit", "api_key_miss", "device_hit", "device_miss", "token_first", "token_cached", "generate_token")
JSON_TYPE = {"Content-Type": "application/json"}
VALID = '{"valid":true,"code":"VALID"'

API_KEY = '{"api_key":"bench-key-{n}"}'
DEVICE = '{"device_id":"dev_{n}","device_secret":"bench-secret-{n}"}'


def drawn(distribution, count, first):
    return {"distribution": distribution, "first": first, "count": count}


def asked(name, path, body, keys, contains, headers=None):
    """The answer must be 200, say that it is valid, and hold each of `contains`."""
    return {"name": name, "weight": 1, "method": "POST", "path": path, "headers": {**JSON_TYPE, **(headers or {})},
            "body": body, "keys": keys,
            "expect": {"status": 200, "starts": VALID, "contains": contains,
                       "refused": [503, 429] if name.endswith("_miss") else []}}


def request(kind, count, first=1, token=None, subject=None, headers=None):
    """token, subject: for the kinds token_…; headers: further ones."""
    hits = drawn("uniform", count, first)
    if kind in ("api_key_hit", "api_key_miss"):
        keys = hits if kind == "api_key_hit" else drawn("sequence", count, first)
        return asked(kind, VERIFY_API_KEY, API_KEY, keys, ['"key_id":"key_{n}"'], headers)
    if kind in ("device_hit", "device_miss"):
        keys = hits if kind == "device_hit" else drawn("sequence", count, first)
        return asked(kind, AUTHENTICATE_DEVICE, DEVICE, keys, ['"device_id":"dev_{n}"'], headers)
    if kind == "generate_token":
        return asked(kind, GENERATE_TOKEN, API_KEY, hits, ['"access_token":"ey', '"token_type":"Bearer"'], headers)
    if kind == "token_first":
        headers = {**(headers or {}), "Cache-Control": "no-cache"}
    return asked(kind, VERIFY_TOKEN, json.dumps({"token": token}), drawn("uniform", 1, 1), [f'"subject":"{subject}"'],
                 headers)
