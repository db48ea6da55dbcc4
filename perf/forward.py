#!/usr/bin/env python3
"""CPU per request of a hit at /forward-auth, as gateways ask, against the same key at verify-api-key.

One worker on one core; wrk with 64 keep-alive connections on the other; interleaved rounds. The answer of
/forward-auth has more bytes of fields and no body."""

import json
import pathlib
import socket
import statistics
import tempfile

import loads
import measure
import seed
import servers

options = measure.arguments(__doc__, rounds=25, seconds=1, connections=64, limit=1.05)

TARGET = "/forward-auth?scope=devices:read"


def answer_bytes(server, lines):
    with socket.create_connection(("127.0.0.1", server.port)) as s:
        s.sendall(f"GET {TARGET} HTTP/1.1\r\nHost: localhost\r\n{lines}\r\n".encode())
        answer = s.recv(65536)
    if not answer.startswith(b"HTTP/1.1 200 "):
        raise SystemExit(f"{TARGET} is not answered with 200: {answer!r}")
    return len(answer)


def load(server, target, script):
    return lambda: loads.wrk(f"http://127.0.0.1:{server.port}{target}", options.seconds, options.connections, script)


with servers.Postgres() as postgres, tempfile.TemporaryDirectory(prefix="lk-forward-") as folder:
    postgres.migrated(options.bin)
    with servers.Latchkey(options.bin, folder, postgres.uri, core=measure.SERVER_CORE) as server:
        server.wait_for("/readyz")
        body = seed.made_key(server)
        key = json.loads(body)["api_key"]
        verified = len(loads.cached_answer(server, loads.VERIFY_API_KEY, body))
        forwarded = answer_bytes(server, f"Authorization: Bearer {key}\r\n")
        print(f"bytes an answer: verify-api-key {verified}, forward-auth {forwarded}")
        gateway = pathlib.Path(folder) / "gateway.lua"
        gateway.write_text(f"wrk.headers['Authorization'] = 'Bearer {key}'\n")
        with_scope = json.dumps({"api_key": key, "scopes": ["devices:read"]})
        costs = measure.interleave(
            {"verify-api-key": (server, load(server, loads.VERIFY_API_KEY, loads.post_script(folder, with_scope))),
             "forward-auth": (server, load(server, TARGET, gateway))}, options.rounds)

ratios = measure.ratios(costs["forward-auth"], costs["verify-api-key"])
print(f"against verify-api-key: {measure.spread(ratios)}")
median = statistics.median(ratios)
measure.verdict(median <= options.limit,
                f"a hit at /forward-auth costs {median:.3f} x one at verify-api-key (at most {options.limit})")
