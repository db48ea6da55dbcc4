"""What is left of the database's work at different hit rates, and what a request costs then."""

import bench as shared
import loads
import questions
from comparisons.common import bound, figure, median

NAME, TITLE, SECONDS = "hit_rates", "Hit rates from 0 to 1", 45
HELPERS = ()
MODEL = (
    "A request costs hits × what a hit costs + misses × what a look-up costs: a straight line between the two ends. "
    "Misses "
    "share queries, so the fewer they are, the fewer share one, and the queries shrink less than the rows."
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
PROMISED = (0.85, 0.9, 0.95)
CONNECTIONS = 64


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
                for what, value in one(bench, server, mix_of(rate, bench.keys)).items():
                    found[str(rate)].setdefault(what, []).append(value)
    return {"rates": found}


def one(bench, server, mix):
    before, cpu, database = server.metrics(), server.cpu_ns(), shared.postgres_ns(bench.postgres)
    answered = loads.load(server.to, mix, connections=CONNECTIONS, seconds=bench.seconds, core=None)
    after, requests = server.metrics(), answered["requests"]

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
    }


def left(figures, rate, what):
    """The part of the database's work that is left, in per cent of what it does without a cache, round by round."""
    whole = figures["rates"]["0"][what]
    return [100 * a / b for a, b in zip(figures["rates"][rate][what], whole)]


def rows(figures):
    return [
        [
            rate,
            figure(f["rate"], ""),
            figure(f["server_us"], "µs"),
            figure(f["database_us"], "µs"),
            figure(f["rows"], ""),
            figure(f["queries"], ""),
            figure(left(figures, rate, "database_us"), "%"),
        ]
        for rate, f in figures["rates"].items()
    ]


def bounds(figures):
    """The older service promised 90 % less work of the database at its best hit rates."""
    return [
        bound(
            "at a hit rate of 90 %, rows that the database is still asked for",
            "%",
            left(figures, "0.9", "rows"),
            most=11,
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
