"""A cached token against a raw epoll loop that answers as many bytes."""

import json

import inside
import loads
import questions
import seed
from comparisons import asking
from comparisons.common import SERVER_COLUMNS, bars, bound, epoll_floor, ratios, server_rows, split

NAME, TITLE, SECONDS = "token", "A cached token", 16
HELPERS = ("epoll_floor", "token_verify")
MODEL = "As a cached key, but 700 bytes more are read, and SHA-256 takes a token's eleven blocks instead of one."
COLUMNS = SERVER_COLUMNS
CONNECTIONS = 64


def measure(bench):
    folder = bench.folder(NAME)
    token, issuer = seed.issuer(folder)
    body = json.dumps({"token": token})
    mix = loads.mix(questions.token(token))
    with bench.latchkey(more=issuer) as server:
        answer = loads.cached_answer(server, questions.TOKEN, body)

        def load(to):
            return lambda: asking.load(to, mix, connections=CONNECTIONS, seconds=bench.seconds)

        with epoll_floor(answer) as least:
            found = bench.interleave({"epoll floor": (least, load(least.to)), "Latchkey": (server, load(server.to))})
        shares = inside.profile(server, load(server.to), folder)
    return {"servers": found, "token_bytes": len(token), "bytes": len(answer), "profile": shares}


def rows(figures):
    return server_rows(figures["servers"])


def notes(figures):
    return [
        f"Tokens of {figures['token_bytes']} bytes, answers of {figures['bytes']}. Of Latchkey's CPU: "
        f"{inside.told(figures['profile'])}."
    ]


def bounds(figures):
    found = figures["servers"]
    return [
        bound(
            "a cached token, CPU against the epoll floor",
            "×",
            ratios(found, "Latchkey", "epoll floor"),
            most=1.15,
            where=f"{split(found, 'Latchkey')}; {split(found, 'epoll floor')}. Of its CPU: "
            f"{inside.told(figures['profile'])}",
        )
    ]


def charts(figures):
    return [bars("CPU per request", figures["servers"])]
