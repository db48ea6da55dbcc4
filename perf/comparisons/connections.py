"""From one connection to ten thousand: requests a second, latency, CPU and memory."""

import resource

import loads
import questions
import seed
from comparisons import asking
from comparisons.common import bound, figure, median

NAME, TITLE, SECONDS = "connections", "From 1 to 10,000 connections", 48
HELPERS = ()
MODEL = (
    "With few connections the client waits for each answer: rate = connections / time of a round trip. Beyond what "
    "keeps the worker busy, rate stays at what one core does, and each further connection only waits longer: latency "
    "= connections / rate (Little's law). Many connections leave the processor's caches, so a request costs somewhat "
    "more."
)
COLUMNS = ("connections", "requests/s", "CPU/request", "p50", "p99", "memory/connection", "errors")
COUNTS = (1, 10, 100, 1000, 10_000)


def measure(bench):
    allowed, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    if allowed < COUNTS[-1] + 100:
        raise SystemExit(f"{COUNTS[-1]:,} connections need as many open files, not {allowed:,}: ulimit -Hn 20000")
    found = {str(count): {} for count in COUNTS}
    limits = "connections_max = 20000\n"
    with bench.latchkey(server=limits) as server:
        body = seed.made_key(server)
        loads.cached_answer(server, questions.KEY, body)
        mix = loads.mix(questions.one_key(body))
        empty = server.rss_bytes()
        for n in bench.each_round():
            for count in COUNTS[:: -1 if n % 2 else 1]:
                for what, value in one(bench, server, mix, count, empty).items():
                    found[str(count)].setdefault(what, []).append(value)
    return {"counts": found}


def one(bench, server, mix, count, empty):
    """The server's CPU counts once all connections are open and have asked for a while, until they are closed. Each of
    many must have its turn meanwhile."""
    seconds = max(bench.seconds, count / 10_000)
    answered = asking.load(
        server.to,
        mix,
        errors_ok=True,
        connections=count,
        seconds=seconds,
        warm_up=seconds / 2,
        watch=[server.pid],
    )
    return {
        "rate": answered["rate"],
        "cpu_us": answered["watched_cpu_seconds"] * 1e6 / answered["right_in_time"],
        "p50_us": answered["latency_us"]["p50"],
        "mean_us": answered["latency_us"]["mean"],
        "p99_us": answered["latency_us"]["p99"],
        "errors": answered["errors"] + answered["unanswered"],
        "bytes": max(server.rss_bytes() - empty, 0) / count,
    }


def rows(figures):
    # Memory of the process is not given back at once, so only the largest number tells what a connection takes.
    last = str(COUNTS[-1])
    return [
        [
            f"{int(count):,}",
            figure(f["rate"], ""),
            figure(f["cpu_us"], "µs"),
            figure(f["p50_us"], "µs"),
            figure(f["p99_us"], "µs"),
            figure([v / 1024 for v in f["bytes"]], "KiB") if count == last else "",
            figure(f["errors"], ""),
        ]
        for count, f in figures["counts"].items()
    ]


def bounds(figures):
    counts = figures["counts"]
    kept = [a / b for a, b in zip(counts[str(COUNTS[-1])]["rate"], counts["100"]["rate"])]
    return [
        bound(
            "10,000 connections, requests/s against 100 connections",
            "×",
            kept,
            least=0.6,
            where="the kernel's and the server's state of 10,000 connections leaves the processor's caches",
        ),
        bound("connections, errors", "", [sum(sum(f["errors"]) for f in counts.values())], most=0),
    ]


def charts(figures):
    counts = figures["counts"]

    def points(what):
        return [[int(count), median(f[what]), min(f[what]), max(f[what])] for count, f in counts.items()]

    alone, most = median(counts["1"]["mean_us"]), median(counts["100"]["rate"])
    xs = [10 ** (n / 5) for n in range(21)]
    return [
        {
            "kind": "growth",
            "title": "Requests a second",
            "x": "connections",
            "y": "requests/s",
            "x_log": True,
            "y_log": True,
            "series": [{"name": "Latchkey", "points": points("rate")}],
            "model": {
                "formula": "min(connections / round trip, one core)",
                "points": [[x, min(x * 1e6 / alone, most)] for x in xs],
            },
        },
        {
            "kind": "growth",
            "title": "Latency, p50",
            "x": "connections",
            "y": "µs",
            "x_log": True,
            "y_log": True,
            "series": [{"name": "p50", "points": points("p50_us")}, {"name": "p99", "points": points("p99_us")}],
            "model": {
                "formula": "max(round trip, connections / rate)",
                "points": [[x, max(alone, x * 1e6 / most)] for x in xs],
            },
        },
    ]
