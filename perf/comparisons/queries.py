"""One look-up of a key in each layout: JSONB arrays without and with each index, and Latchkey's b-tree."""

from comparisons.common import bound, figure, figure_or_none, median, p99_of, shown
from peers import queries

NAME, TITLE, SECONDS = "queries", "The query for a key", 100
HELPERS = ()
MODEL = (
    "A b-tree reads the same few pages however many keys an organization has. An array must be unpacked as a whole "
    "even where an index finds its row, so its cost grows with the organization's keys: n × what one element takes."
)
COLUMNS = ("keys of an organization", "layout", "p50", "p99", "in the database", "pages read")
SIZES = (10, 1000, 10_000)
ORGANIZATIONS = 20
OURS = queries.OURS


def measure(bench):
    sizes = SIZES[:2] if bench.quick else SIZES
    found = {}
    bench.progress.note("a database for each number of keys")
    postgres = bench.new_postgres()
    places = {size: queries.fill(postgres, bench.bin, size, ORGANIZATIONS) for size in sizes}
    for n in bench.each_round():
        for size in sizes[:: -1 if n % 2 else 1]:
            for row in queries.ask_all(places[size], ORGANIZATIONS, bench.seconds / 4, backwards=n % 2 == 1):
                check_plan(row)
                add(found.setdefault(f"{size} {row['way']}", {}), row)
    ordered = [f"{size} {way}" for size in sizes for way in queries.ALL_WAYS]
    return {"ways": {way: found[way] for way in ordered}, "organizations": ORGANIZATIONS}


def check_plan(row):
    """Each way is what its name says."""
    if row["index_used"] != queries.uses_index(row["way"]):
        raise SystemExit(f"{row['way']}: the database used {'an' if row['index_used'] else 'no'} index")


def add(found, row):
    for what, value in {
        "p50_us": row["client_ms"]["p50"] * 1000,
        "p99_us": p99_of(row["client_ms"]["p99"] * 1000, row["asked"]),
        "database_us": row["database_ms"]["p50"] * 1000,
        "kib": row["read_bytes"] / 1024,
    }.items():
        found.setdefault(what, []).append(value)


def rows(figures):
    out = []
    for way, f in figures["ways"].items():
        size, name = way.split(" ", 1)
        out.append(
            [
                f"{int(size):,}",
                name,
                figure(f["p50_us"], "µs"),
                figure_or_none(f["p99_us"], "µs"),
                figure(f["database_us"], "µs"),
                figure(f["kib"], "KiB"),
            ]
        )
    return out


def notes(figures):
    return [
        f"{figures['organizations']} organizations, one connection, prepared statements, random keys. The older "
        "service promised 10 to 50 × by indexes, and 95 % less data moved."
    ]


def by_size(figures, name):
    return {int(way.split(" ", 1)[0]): f for way, f in figures["ways"].items() if way.split(" ", 1)[1] == name}


def names(figures):
    return list(dict.fromkeys(way.split(" ", 1)[1] for way in figures["ways"]))


def bounds(figures):
    ours = by_size(figures, OURS)
    most = max(ours)
    grown = [a / b for a, b in zip(ours[most]["database_us"], ours[10]["database_us"])]
    return [
        bound(
            f"the query for a key, {most:,} keys of an organization against 10, b-tree",
            "×",
            grown,
            most=2.5,
            where=f"{shown(median(ours[most]['database_us']))} µs in the database: a higher tree, and pages that the "
            "processor's caches do not hold",
        )
    ]


def charts(figures):
    series = []
    for name in names(figures):
        points = [
            [size, median(f["database_us"]), min(f["database_us"]), max(f["database_us"])]
            for size, f in by_size(figures, name).items()
        ]
        series.append({"name": name, "points": points})
    scan = by_size(figures, next(n for n in names(figures) if "path_ops" in n))
    least, most = min(scan), max(scan)
    each = (median(scan[most]["database_us"]) - median(scan[least]["database_us"])) / (most - least)
    start = max(median(scan[least]["database_us"]) - each * least, 1)
    return [
        {
            "kind": "growth",
            "title": "Time in the database",
            "x": "keys of an organization",
            "y": "µs",
            "x_log": True,
            "y_log": True,
            "series": series,
            "model": {
                "formula": f"array with an index: {start:.0f} µs + n × {each:.2f} µs",
                "points": [[n, start + each * n] for n in (10, 30, 100, 300, 1000, 3000, 10_000) if n <= most],
            },
        }
    ]
