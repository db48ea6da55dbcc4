"""At half of what saturates it, times counted from when a request was due: p99 against the floor's at that rate."""

import loads
import questions
import seed
from comparisons import asking
from comparisons.common import bound, curves, epoll_floor, figure, median, shown

NAME, TITLE, SECONDS = "open_loop", "At half of saturation", 32
HELPERS = ("epoll_floor",)
MODEL = (
    "At half of its capacity a queue is short: a request waits for the one before it, on average half of what one "
    "takes, and p99 is what the machine's scheduler does to client and server alike."
)
COLUMNS = ("", "requests/s", "p50", "p99", "p99.9")
CONNECTIONS = 64


def measure(bench):
    with bench.latchkey() as server:
        body = seed.made_key(server)
        answer = loads.cached_answer(server, questions.KEY, body)
        mix = loads.mix(questions.one_key(body))
        with epoll_floor(answer) as least:
            saturated = []
            found = {
                name: {"rate": [], "p50_us": [], "p99_us": [], "p999_us": []} for name in ("epoll floor", "Latchkey")
            }
            for n in bench.each_round():
                # The machine's pace changes, so each round finds it again.
                saturated.append(asking.load(server.to, mix, connections=CONNECTIONS, seconds=bench.seconds)["rate"])
                rate = saturated[-1] / 2
                for name in list(found)[:: -1 if n % 2 else 1]:
                    to = server.to if name == "Latchkey" else least.to
                    add(
                        found[name],
                        asking.load(
                            to, mix, connections=CONNECTIONS, seconds=2 * bench.seconds, rate=rate, arrivals="random"
                        ),
                    )
    return {"servers": found, "saturated": saturated, "offered": median(saturated) / 2}


def add(one, answered):
    one["rate"].append(answered["rate"])
    for part in ("p50", "p99", "p999"):
        one[part + "_us"].append(answered["latency_us"][part])
    one["curve"] = answered["latency_us"]["curve"]


def rows(figures):
    return [
        [name, figure(one["rate"], "")] + [figure(one[part], "µs") for part in ("p50_us", "p99_us", "p999_us")]
        for name, one in figures["servers"].items()
    ]


def bounds(figures):
    ours, theirs = figures["servers"]["Latchkey"], figures["servers"]["epoll floor"]
    later = median(ours["p99_us"]) - median(theirs["p99_us"])
    return [
        bound(
            "at half of saturation, p99 against the epoll floor",
            "×",
            [a / b for a, b in zip(ours["p99_us"], theirs["p99_us"])],
            most=1.3,
            where=f"p99 is {shown(later)} µs later at {shown(figures['offered'])} requests/s, half of what saturates "
            "Latchkey, which is a larger part of its capacity than of the floor's",
        )
    ]


def charts(figures):
    return [curves(f"Latency at {shown(figures['offered'])} requests/s", figures["servers"])]
