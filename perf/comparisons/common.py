"""What several comparisons share: rows, bars, ratios and words."""

import statistics

import measure
from peers import floor, nginx_constant
from report.numbers import figure, shown
from report.verdicts import bound

__all__ = [
    "figure",
    "shown",
    "bound",
    "ratios",
    "median",
    "SERVER_COLUMNS",
    "server_rows",
    "bars",
    "refusals",
    "p99_of",
    "figure_or_none",
    "split",
    "curves",
    "epoll_floor",
    "nginx",
]

SERVER_COLUMNS = ("", "CPU/request", "of it in its own code", "requests/s", "p50", "p99")
median = statistics.median


def epoll_floor(answer, unix=False):
    return floor.Floor(answer, unix, core=measure.SERVER_CORE)


def nginx(answer):
    return nginx_constant.NginxConstant(answer, core=measure.SERVER_CORE)


def ratios(found, ours, theirs, what="cpu_us"):
    """Round by round."""
    return measure.ratios(found[ours][what], found[theirs][what])


def server_rows(found):
    """found: what bench.interleave returns."""
    return [
        [
            name,
            figure(f["cpu_us"], "µs"),
            figure(f["own_us"], "µs"),
            figure(f["rate"], ""),
            figure(f["p50_us"], "µs"),
            figure(f["p99_us"], "µs"),
        ]
        for name, f in found.items()
    ]


def bars(title, found, what="cpu_us", unit="µs", ours=("Latchkey",), limit=None):
    """A bar for each server. limit: (name, value) of a bound."""
    return {
        "kind": "bars",
        "title": title,
        "unit": unit,
        "bars": [{"name": name, "figure": figure(f[what], unit), "ours": name in ours} for name, f in found.items()],
        "bound": {"name": limit[0], "value": limit[1]} if limit else None,
    }


SAMPLES_LEAST = 100


def p99_of(value, samples):
    """None where there are too few samples for it."""
    return value if samples >= SAMPLES_LEAST else None


def figure_or_none(values, unit):
    """A cell: nothing unless each round has a value."""
    return figure(values, unit) if None not in values else "–"


def refusals(parts):
    """A sentence about all loads. parts: per cent of each, by round."""
    most = max((value for values in parts for value in values), default=0)
    return f"Of no load more than {shown(most)} % of the requests were refused." if most else "No request was refused."


def curves(title, found):
    return {"kind": "latency", "title": title, "series": [{"name": n, "curve": f["curve"]} for n, f in found.items()]}


def split(found, name):
    """Own code and kernel of one server, in words."""
    all_, own = median(found[name]["cpu_us"]), median(found[name]["own_us"])
    return (
        f"{name}: {shown(all_)} µs, of which {shown(own)} in its own code and {shown(max(all_ - own, 0))} in the kernel"
    )
