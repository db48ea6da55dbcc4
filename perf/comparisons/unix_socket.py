"""A cached key over a unix socket against a raw epoll loop on one, and against TCP."""

import inside
import loads
import questions
import seed
from comparisons import asking
from comparisons.common import SERVER_COLUMNS, bars, bound, epoll_floor, ratios, server_rows, split

NAME, TITLE, SECONDS = "unix_socket", "A cached key over a unix socket", 22
HELPERS = ("epoll_floor",)
MODEL = (
    "A unix socket spares what TCP costs in the kernel, some 2 µs for both directions, so that the server's own code "
    "is a larger part of what is left."
)
COLUMNS = SERVER_COLUMNS
CONNECTIONS = 64


def measure(bench):
    folder = bench.folder(NAME)
    path = f"unix:{folder}/api.sock"
    with bench.latchkey(places=f", {path}") as server:
        body = seed.made_key(server)
        answer = loads.cached_answer(server, questions.KEY, body)
        mix = loads.mix(questions.one_key(body))

        def load(to):
            return lambda: asking.load(to, mix, connections=CONNECTIONS, seconds=bench.seconds)

        with epoll_floor(answer, unix=True) as least:
            found = bench.interleave(
                {
                    "epoll floor": (least, load(least.to)),
                    "Latchkey": (server, load(path)),
                    "Latchkey over TCP": (server, load(server.to)),
                }
            )
        shares = inside.profile(server, load(path), folder)
    return {"servers": found, "profile": shares}


def rows(figures):
    return server_rows(figures["servers"])


def bounds(figures):
    found = figures["servers"]
    where = f"{split(found, 'Latchkey')}; {split(found, 'epoll floor')}. Of its CPU: {inside.told(figures['profile'])}"
    return [
        bound(
            "over a unix socket, CPU against the epoll floor",
            "×",
            ratios(found, "Latchkey", "epoll floor"),
            most=1.12,
            where=where,
        ),
        bound("over a unix socket, CPU against TCP", "×", ratios(found, "Latchkey", "Latchkey over TCP"), most=1.0),
    ]


def charts(figures):
    return [bars("CPU per request", figures["servers"])]
