"""A cached key over kept TLS 1.3 connections against nginx, which returns as many bytes."""

import inside
import loads
import questions
import seed
import servers
from comparisons import asking
from comparisons.common import SERVER_COLUMNS, bars, bound, ratios, server_rows, split

NAME, TITLE, SECONDS = "tls", "A cached key over TLS 1.3", 16
HELPERS = ()
MODEL = "TLS adds two records of AES-GCM, one read and one written, to what a request costs in the clear."
COLUMNS = SERVER_COLUMNS
CONNECTIONS = 64


def measure(bench):
    folder = bench.folder(NAME)
    section = servers.make_certificate(folder)
    trust, authority = servers.trust_in(folder), f"{folder}/server.pem"
    with bench.latchkey(more=section, ready=False) as server:
        server.url, server.trust = f"https://localhost:{server.port}", trust
        server.wait_for("/readyz")
        body = seed.made_key(server)
        answer = loads.cached_answer(server, questions.KEY, body)
        mix = loads.mix(questions.one_key(body))

        def load(to):
            return lambda: asking.load(to, mix, connections=CONNECTIONS, seconds=bench.seconds, tls=authority)

        with servers.nginx(folder, answer, trust) as nginx:
            found = bench.interleave(
                {"nginx return 200": (nginx, load(f"127.0.0.1:{nginx.port}")), "Latchkey": (server, load(server.to))}
            )
        shares = inside.profile(server, load(server.to), folder)
    return {"servers": found, "profile": shares}


def rows(figures):
    return server_rows(figures["servers"])


def bounds(figures):
    found = figures["servers"]
    return [
        bound(
            "a cached key over TLS 1.3, CPU against nginx",
            "×",
            ratios(found, "Latchkey", "nginx return 200"),
            most=0.9,
            where=f"{split(found, 'Latchkey')}; {split(found, 'nginx return 200')}. Of its CPU: "
            f"{inside.told(figures['profile'])}",
        )
    ]


def charts(figures):
    return [bars("CPU per request over TLS 1.3", figures["servers"])]
