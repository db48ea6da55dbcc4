#!/usr/bin/python3
"""How long a client waits that writes the header and the body of a request apart, on a kept connection: p50
of httpx 0.23, and of a client that writes both at once, in the clear and by TLS, interleaved. If the server
did not acknowledge the header at once, the body would wait 40 ms for it.

With --before FILE, the same for another latchkey, and CPU per request in one segment for both: that must
not have grown.

Runs with Debian's Python, for which httpx is packaged."""

import contextlib
import json
import os
import pathlib
import socket
import statistics
import sys
import tempfile
import time

import loads
import measure
import servers

options = measure.arguments(__doc__, before="", rounds=5, requests=50, seconds=1, connections=64, limit_ms=5.0,
                            limit=1.05)

DEBIANS_PYTHON = "/usr/bin/python3"
try:
    import httpx  # arguments() has installed it
except ImportError:
    if sys.executable == DEBIANS_PYTHON:
        raise
    os.execv(DEBIANS_PYTHON, [DEBIANS_PYTHON, *sys.argv])

BODY = json.dumps({"api_key": "x"})  # misshapen, and decided without a database


class AtOnce:
    """A client that writes a request in one piece."""

    def __init__(self, port, trust):
        self.socket = socket.create_connection(("127.0.0.1", port))
        if trust:
            self.socket = trust.wrap_socket(self.socket, server_hostname="localhost")
        self.bytes = (f"POST {loads.VERIFY_API_KEY} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
                      f"Content-Length: {len(BODY)}\r\n\r\n{BODY}").encode()

    def ask(self):
        self.socket.sendall(self.bytes)
        assert self.socket.recv(65536).startswith(b"HTTP/1.1 200 ")

    def close(self):
        self.socket.close()


class Httpx:
    def __init__(self, port, trust):
        self.url = f"{'https' if trust else 'http'}://127.0.0.1:{port}{loads.VERIFY_API_KEY}"
        self.client = httpx.Client(verify=trust or True, trust_env=False)

    def ask(self):
        answer = self.client.post(self.url, content=BODY, headers={"Content-Type": "application/json"})
        assert answer.status_code == 200

    def close(self):
        self.client.close()


def waits_ms(client):
    """Of requests on one connection, once it is warm."""
    waits = []
    for _ in range(options.requests):
        begun = time.perf_counter()
        client.ask()
        waits.append((time.perf_counter() - begun) * 1000)
    return waits


def start(binary, folder, name, section):
    (pathlib.Path(folder) / name).mkdir()
    server = servers.Latchkey(binary, f"{folder}/{name}", more=section, core=measure.SERVER_CORE)
    servers.wait_for_port(server.port)
    return server


def load(server, script):
    url = server.url + loads.VERIFY_API_KEY
    return lambda: loads.wrk(url, options.seconds, options.connections, script)


with tempfile.TemporaryDirectory(prefix="lk-split-") as folder, contextlib.ExitStack() as ending:
    section = servers.make_certificate(folder)
    trust = servers.trust_in(folder)
    binaries = {"": options.bin} | ({"before ": options.before} if options.before else {})
    nodes, clients, waits = {}, {}, {}
    for when, binary in binaries.items():
        for how in ("clear", "TLS"):
            by_tls = how == "TLS"
            node = start(binary, folder, (when + how).replace(" ", "-"), section if by_tls else "")
            nodes[when + how] = ending.enter_context(node)
            for kind in (AtOnce, Httpx):
                clients[f"{when}{kind.__name__}, {how}"] = kind(node.port, trust if by_tls else None)
    for client in clients.values():
        for _ in range(20):
            client.ask()
    for _ in range(options.rounds):
        for name, client in clients.items():
            waits.setdefault(name, []).extend(waits_ms(client))
    for name, values in waits.items():
        print(f"{name:<22} p50 {statistics.median(values):7.3f} ms, p99 {statistics.quantiles(values, n=100)[98]:7.3f} ms")
    for client in clients.values():
        client.close()
    ratio = 1.0
    if options.before:
        script = loads.post_script(folder, BODY)
        contenders = {name: (nodes[name], load(nodes[name], script)) for name in ("before clear", "clear")}
        costs = measure.interleave(contenders, options.rounds)
        ratio = statistics.median(measure.ratios(costs["clear"], costs["before clear"]))
        print(f"CPU of a request in one segment, against before: {ratio:.3f}")

worst = max(statistics.median(waits[f"Httpx, {how}"]) for how in ("clear", "TLS"))
measure.verdict(worst <= options.limit_ms and ratio <= options.limit,
                f"httpx waits {worst:.2f} ms for an answer (p50, at most {options.limit_ms:g})"
                + (f", and one segment costs {ratio:.3f} x (at most {options.limit})" if options.before else ""))
