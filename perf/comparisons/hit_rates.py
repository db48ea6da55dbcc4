"""What is left of the database's work at different hit rates, and what a request costs then."""

import contextlib

import bench as shared
import loads
import questions
from comparisons import asking, promises
from comparisons.common import bound, figure, median, refusals

NAME, TITLE, SECONDS = "hit_rates", "Hit rates from 0 to 1", 65
HELPERS = ()
MODEL = (
    "A request costs hits × what a hit costs + misses × what a look-up costs: a straight line between the two ends. "
    "Misses share queries, so the fewer they are, the fewer share one, and the queries shrink less than the rows."
)
COLUMNS = (
    "hit rate",
    "requests/s",
    "CPU/request, Latchkey",
    "CPU/request, PostgreSQL",
    "rows/1,000 requests",
    "queries/1,000 requests",
    "database's CPU that is left",
)
RATES = (0, 0.25, 0.5, 0.75, 0.85, 0.9, 0.95, 1)
CONNECTIONS = 64
# Keys that are asked for as keys mostly are, and caches that have no room for all: the hit rate is what comes of it.
SMALL_CACHES = (8, 32)  # MiB
SMALL = '[cache]\nmax_bytes = "{}MiB"\n'
FILLING = 3  # loads as long as a round fill a cache


def mix_of(rate, keys):
    """Hits of keys that the cache has, and look-ups of any."""
    asked = [questions.key_hit(weight=rate)] if rate else []
    return loads.mix(*asked, *([questions.key_miss(keys, weight=1 - rate)] if rate < 1 else []))


def measure(bench):
    found = {str(rate): {} for rate in RATES}
    with bench.latchkey(core=None, workers=0) as server:
        questions.warm(server)
        for n in bench.each_round():
            for rate in RATES[:: -1 if n % 2 else 1]:
                add(found[str(rate)], one(bench, server, mix_of(rate, bench.keys)))
    return {"rates": found, "small": small_caches(bench), "keys": bench.keys}


def add(found, values):
    for what, value in values.items():
        found.setdefault(what, []).append(value)


def small_caches(bench):
    """{MiB: figures} of servers whose hit rate is made by a small cache and by keys drawn by Zipf's law."""
    mix = loads.mix(questions.key_zipf(bench.keys))
    found = {str(size): {} for size in SMALL_CACHES}
    with contextlib.ExitStack() as stack:
        started = {
            size: stack.enter_context(bench.latchkey(core=None, workers=0, more=SMALL.format(size))) for size in found
        }
        for server in started.values():
            asking.load(server.to, mix, connections=CONNECTIONS, seconds=FILLING * bench.seconds, core=None)
        for n in bench.each_round():
            for size, server in list(started.items())[:: -1 if n % 2 else 1]:
                add(found[size], one(bench, server, mix, seed=n + 2))
    return found


def one(bench, server, mix, seed=1):
    before, cpu, database = server.metrics(), server.cpu_ns(), shared.postgres_ns(bench.postgres)
    answered = asking.load(server.to, mix, connections=CONNECTIONS, seconds=bench.seconds, core=None, seed=seed)
    after, requests = server.metrics(), answered["right"]

    def more(what):
        return (
            (after.get(f"auth_db_batch_size_{what}", 0) - before.get(f"auth_db_batch_size_{what}", 0)) / requests * 1000
        )

    return {
        "rate": answered["right_rate"],
        "server_us": (server.cpu_ns() - cpu) / requests / 1000,
        "database_us": (shared.postgres_ns(bench.postgres) - database) / requests / 1000,
        "rows": more("sum"),
        "queries": more("count"),
        "p99_us": answered["latency_us"]["p99"],
        "refused": answered["refused_percent"],
    }


def left(figures, rate, what):
    """The part of the database's work that is left, in per cent of what it does without a cache, round by round."""
    return left_of(figures, figures["rates"][rate], what)


def left_of(figures, found, what):
    return [100 * a / b for a, b in zip(found[what], figures["rates"]["0"][what])]


def rate_of(found):
    """The hit rate that a cache made, by the rows that were looked up."""
    return [1 - rows / 1000 for rows in found["rows"]]


def rows(figures):
    named = dict(figures["rates"])
    for size, f in figures["small"].items():
        named[f"{median(rate_of(f)):.2f}, made by a cache of {size} MiB and Zipf's law"] = f
    return [
        [
            name,
            figure(f["rate"], ""),
            figure(f["server_us"], "µs"),
            figure(f["database_us"], "µs"),
            figure(f["rows"], ""),
            figure(f["queries"], ""),
            figure(left_of(figures, f, "database_us"), "%"),
        ]
        for name, f in named.items()
    ]


def notes(figures):
    return [
        f"{figures['keys']:,} keys. In the first rows the load says which requests are looked up; in the last two, "
        "keys are drawn by Zipf's law (exponent 0.99) and what the cache has room for is a hit. "
        + refusals(f["refused"] for part in ("rates", "small") for f in figures[part].values())
    ]


def bounds(figures):
    """What the older service promised, at the best of its hit rates."""
    f = figures["rates"]["0.95"]
    return [
        bound(
            "at a hit rate of 95 %, CPU of the database that is left",
            "%",
            left(figures, "0.95", "database_us"),
            most=100 - promises.DATABASE_LOAD_SAVED,
            where=f"{median(left(figures, '0.95', 'rows')):.1f} % of the rows and "
            f"{median(left(figures, '0.95', 'queries')):.0f} % of the queries are left: the fewer look-ups there are, "
            f"the fewer share a query, of which {median(f['rows']) / max(median(f['queries']), 1e-9):.1f} do then",
        )
    ]


def line(figures, what):
    """From what a look-up costs to what a hit costs."""
    miss, hit = median(figures["rates"]["0"][what]), median(figures["rates"]["1"][what])
    return [[r / 20, r / 20 * hit + (1 - r / 20) * miss] for r in range(21)]


def parts(found):
    """CPU us of a query and of a row that fit best: least squares over queries and rows of a request."""
    seen = [(median(f["queries"]) / 1000, median(f["rows"]) / 1000, median(f["database_us"])) for f in found.values()]
    qq, qr, rr = (sum(a * b for a, b in pairs) for pairs in zip(*(((q, q), (q, r), (r, r)) for q, r, _ in seen)))
    qy, ry = sum(q * y for q, _, y in seen), sum(r * y for _, r, y in seen)
    whole = qq * rr - qr * qr
    if whole <= 1e-12:  # no queries, or always as many rows in one
        return 0.0, ry / rr if rr else 0.0
    return (qy * rr - ry * qr) / whole, (ry * qq - qy * qr) / whole


def by_queries(figures):
    """(formula, points): what the database spends on so many queries with so many rows."""
    query, row = parts(figures["rates"])
    points = [[float(rate), max(query * median(f["queries"]) + row * median(f["rows"]), 0) / 1000]
              for rate, f in figures["rates"].items()]
    return f"queries × {query:.0f} µs + rows × {row:.1f} µs", points


def charts(figures):
    database = by_queries(figures)
    return [
        drawn(figures, "Latchkey", "server_us", ("h·hit + (1−h)·look-up", line(figures, "server_us"))),
        drawn(figures, "PostgreSQL", "database_us", database),
    ]


def drawn(figures, who, what, model):
    points = [[float(rate), median(f[what]), min(f[what]), max(f[what])] for rate, f in figures["rates"].items()]
    return {
        "kind": "growth",
        "title": f"CPU of a request, {who}",
        "x": "hit rate",
        "y": "µs",
        "x_log": False,
        "series": [{"name": who, "points": points}],
        "model": {"formula": model[0], "points": model[1]},
    }
