"""From a thousand credentials to ten million: memory of the cache, what a hit costs among so many, and a look-up."""

import contextlib

import loads
import questions
import seed
from comparisons import asking
from comparisons.common import bound, figure, median, refusals

NAME, TITLE, SECONDS = "credentials", "From 1,000 to 1,000,000 credentials; 10,000,000 with --long", 75
HELPERS = ()
MODEL = (
    "A cached key takes the same memory whatever their number: memory = start + n × bytes of a key. A hit reads a few "
    "cache lines, which are in the processor's caches for a thousand keys and in memory for a million: cost = hit + "
    "misses of the processor's caches × 0.1 µs. A look-up descends a b-tree, whose height grows with the logarithm."
)
COLUMNS = ("credentials", "memory of the cache", "memory/key", "CPU/hit", "CPU/look-up", "p50 of a look-up")
SIZES = (1_000, 10_000, 100_000, 1_000_000)
TEN_MILLION = 10_000_000
CONNECTIONS = 64
# Room for all of them. The cache's tables are as large as its room, so no larger than needed.
CACHE = '[cache]\nmax_bytes = "{}GiB"\nttl = "1h"\n'


def sizes_of(bench):
    return tuple(s for s in SIZES if s <= bench.keys) + ((TEN_MILLION,) if bench.long else ())


def measure(bench):
    """A server for each size, all of them up together: sizes take turns in each round."""
    found = {str(size): {} for size in sizes_of(bench)}
    with contextlib.ExitStack() as stack:
        started = {size: stack.enter_context(filled(bench, int(size))) for size in found}
        for n in bench.each_round():
            for size, (server, empty) in list(started.items())[:: -1 if n % 2 else 1]:
                for what, value in one(bench, server, empty, int(size), n).items():
                    found[size].setdefault(what, []).append(value)
    return {"sizes": found}


@contextlib.contextmanager
def filled(bench, size):
    """A server whose cache has so many keys, and its memory without them."""
    postgres = bench.postgres
    if size > bench.keys:  # in a cluster of its own, so that the others' tables stay as they are
        postgres = bench.new_postgres()
        seed.keys(postgres, size)
    room = CACHE.format(1 if size <= SIZES[-1] else 10)
    with bench.latchkey(database=postgres.uri, more=room) as server:
        empty = server.rss_bytes()
        bench.progress.note(f"a cache with {size:,} keys")
        questions.warm(server, size)
        yield server, empty


def one(bench, server, empty, size, n):
    """Other keys in each round."""
    out = {"bytes": server.rss_bytes() - empty}
    for name, asked in (("hit", questions.key_hit(size)), ("miss", questions.key_miss(size))):
        cpu = server.cpu_ns()
        answered = asking.load(
            server.to, loads.mix(asked), connections=CONNECTIONS, seconds=bench.seconds, seed=n + 1
        )
        out[name + "_us"] = (server.cpu_ns() - cpu) / answered["right"] / 1000
        out[name + "_p50_us"] = answered["latency_us"]["p50"]
        out[name + "_refused"] = answered["refused_percent"]
    return out


def rows(figures):
    out = [
        [
            f"{int(size):,}",
            figure([v / 1e6 for v in f["bytes"]], "MB"),
            figure([v / int(size) for v in f["bytes"]], "B"),
            figure(f["hit_us"], "µs"),
            figure(f["miss_us"], "µs"),
            figure(f["miss_p50_us"], "µs"),
        ]
        for size, f in figures["sizes"].items()
    ]
    if str(TEN_MILLION) not in figures["sizes"]:
        out.append([f"{TEN_MILLION:,}", "measured with --long alone", *[""] * (len(COLUMNS) - 2)])
    return out


def notes(figures):
    return [
        "Ten million take longer to write, and to read into a cache, than all else takes together, so they are "
        "measured with --long. "
        + refusals(f[what] for f in figures["sizes"].values() for what in ("hit_refused", "miss_refused"))
    ]


def bounds(figures):
    found = figures["sizes"]
    if "1000000" not in found:
        return []
    million, few = found["1000000"], found["1000"]
    ratio = median(million["hit_us"]) / median(few["hit_us"])
    return [
        bound(
            "a million cached keys, memory",
            "MB",
            [v / 1e6 for v in million["bytes"]],
            most=400,
            where="the record, its part of the answer, and its entry in the tables of the cache",
        ),
        bound(
            "a hit among a million keys, CPU against one among a thousand",
            "×",
            [a / b for a, b in zip(million["hit_us"], few["hit_us"])],
            most=1.3,
            where=f"{ratio:.2f} × because the cache's tables and records are in memory, not in the processor's caches",
        ),
    ]


def charts(figures):
    found = figures["sizes"]
    sizes = [int(s) for s in found]

    def points(what, scale=1.0):
        return [[int(s), median(f[what]) * scale, min(f[what]) * scale, max(f[what]) * scale] for s, f in found.items()]

    def between(what):
        """Straight in the logarithm of the number, from the fewest to the most."""
        low, high = median(found[str(sizes[0])][what]), median(found[str(sizes[-1])][what])
        return [[sizes[0], low], [sizes[-1], high]]

    few, many = (median(found[str(sizes[n])]["bytes"]) for n in (0, -1))
    each = (many - few) / (sizes[-1] - sizes[0])
    start = max(few - each * sizes[0], 0)
    curve = [sizes[0] * (sizes[-1] / sizes[0]) ** (n / 20) for n in range(21)]
    return [
        {
            "kind": "growth",
            "title": "Memory of the cache",
            "x": "credentials",
            "y": "MB",
            "x_log": True,
            "y_log": True,
            "series": [{"name": "resident memory", "points": points("bytes", 1e-6)}],
            "model": {
                "formula": f"{start / 1e6:.1f} MB + n × {each:.0f} B",
                "points": [[n, (start + each * n) / 1e6] for n in curve],
            },
        },
        {
            "kind": "growth",
            "title": "CPU of a request",
            "x": "credentials",
            "y": "µs",
            "x_log": True,
            "y_log": False,
            "series": [
                {"name": "a hit", "points": points("hit_us")},
                {"name": "a look-up", "points": points("miss_us")},
            ],
            "model": {"formula": "a + b · log n", "points": between("hit_us")},
        },
    ]
