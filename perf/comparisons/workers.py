"""One to eight workers on the machine's two cores, which the client shares: no collapse."""

import os

import loads
import questions
from comparisons import asking
from comparisons.common import bound, figure, median, refusals

NAME, TITLE, SECONDS = "workers", "From 1 to 8 workers", 50
HELPERS = ()
MODEL = (
    "Two cores are shared by client and server: rate = cores / (CPU of the client + CPU of Latchkey for a request). "
    "More workers than cores add no capacity; they may cost only the kernel's switching between them."
)
COLUMNS = ("workers", "hits/s", "CPU/hit", "p99 of a hit", "look-ups/s", "p99 of a look-up")
COUNTS = (1, 2, 4, 8)
CONNECTIONS = 256


def measure(bench):
    found = {str(count): {} for count in COUNTS}
    hits, misses = loads.mix(questions.key_hit()), loads.mix(questions.key_miss(bench.keys))
    for n in bench.each_round():
        for count in COUNTS[:: -1 if n % 2 else 1]:
            with bench.latchkey(core=None, workers=count) as server:
                questions.warm(server)
                for what, value in one(bench, server, hits, misses).items():
                    found[str(count)].setdefault(what, []).append(value)
    return {"counts": found}


def one(bench, server, hits, misses):
    cpu = server.cpu_ns()
    hit = asking.load(server.to, hits, connections=CONNECTIONS, seconds=bench.seconds, core=None)
    cost = (server.cpu_ns() - cpu) / hit["right"] / 1000
    miss = asking.load(server.to, misses, connections=CONNECTIONS, seconds=bench.seconds, core=None)
    return {
        "hit_rate": hit["rate"],
        "hit_us": cost,
        "client_us": hit["cpu_seconds"] * 1e6 / hit["right"],
        "hit_p99_us": hit["latency_us"]["p99"],
        "miss_rate": miss["right_rate"],
        "miss_p99_us": miss["latency_us"]["p99"],
        "refused": miss["refused_percent"],
    }


def rows(figures):
    return [
        [
            count,
            figure(f["hit_rate"], ""),
            figure(f["hit_us"], "µs"),
            figure(f["hit_p99_us"], "µs"),
            figure(f["miss_rate"], ""),
            figure(f["miss_p99_us"], "µs"),
        ]
        for count, f in figures["counts"].items()
    ]


def notes(figures):
    return [refusals(f["refused"] for f in figures["counts"].values())]


def bounds(figures):
    counts = figures["counts"]
    return [
        bound(
            f"8 workers on 2 cores, {what} against 2 workers",
            "×",
            [a / b for a, b in zip(counts["8"][key], counts["2"][key])],
            least=0.8,
            where="the kernel switches between the workers of a core",
        )
        for what, key in (("hits/s", "hit_rate"), ("look-ups/s", "miss_rate"))
    ]


def charts(figures):
    counts = figures["counts"]

    def points(what):
        return [[int(count), median(f[what]), min(f[what]), max(f[what])] for count, f in counts.items()]

    two = counts["2"]
    most = os.cpu_count() * 1e6 / (median(two["hit_us"]) + median(two["client_us"]))
    one = min(1e6 / median(counts["1"]["hit_us"]), most)
    return [
        {
            "kind": "growth",
            "title": "Requests a second",
            "x": "workers",
            "y": "requests/s",
            "x_log": False,
            "y_log": False,
            "series": [
                {"name": "hits", "points": points("hit_rate")},
                {"name": "look-ups", "points": points("miss_rate")},
            ],
            "model": {"formula": "cores / (client + Latchkey)", "points": [[1, one], [2, most], [4, most], [8, most]]},
        }
    ]
