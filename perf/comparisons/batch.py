"""Batches of a thousand cached keys: CPU for each key."""

import inside
import loads
import questions
from comparisons import asking
from comparisons.common import bars, bound, figure

NAME, TITLE, SECONDS = "batch", "A batch of 1,000 cached keys", 10
HELPERS = ()
MODEL = (
    "A key in a batch costs parsing its item, SHA-256, one read of the cache and its part of the answer, but no "
    "system call of its own: those of the batch are divided by 1,000."
)
COLUMNS = ("", "CPU/key", "of it in its own code", "keys/s")
ITEMS, CONNECTIONS = 1000, 4


def measure(bench):
    mix = loads.mix(questions.batch(ITEMS))
    with bench.latchkey() as server:

        def load():
            return asking.load(server.to, mix, connections=CONNECTIONS, seconds=bench.seconds)

        load()  # the keys come into the cache
        found = bench.interleave({"Latchkey": (server, load)})
        shares = inside.profile(server, load, bench.folder(NAME))
    one = found["Latchkey"]
    return {
        "cpu_us": [v / ITEMS for v in one["cpu_us"]],
        "own_us": [v / ITEMS for v in one["own_us"]],
        "rate": [v * ITEMS for v in one["rate"]],
        "profile": shares,
    }


def rows(figures):
    return [["Latchkey", figure(figures["cpu_us"], "µs"), figure(figures["own_us"], "µs"), figure(figures["rate"], "")]]


def bounds(figures):
    return [
        bound(
            "a batch, CPU for each cached key",
            "µs",
            figures["cpu_us"],
            most=0.30,
            where=f"of its CPU: {inside.told(figures['profile'])}",
        )
    ]


def charts(figures):
    return [bars("CPU for each key of a batch", {"Latchkey": figures}, limit=("bound", 0.30))]
