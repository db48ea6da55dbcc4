"""Random keys that are looked up, over HTTP, against pgbench with the same join, one prepared query at a time."""

import bench as shared
import loads
import questions
from comparisons import asking
from comparisons.common import bound, curves, figure, median, refusals, shown
from peers import pgbench

NAME, TITLE, SECONDS = "cold", "A key that is looked up", 100
HELPERS = ()
MODEL = (
    "The database is half of the cost. A query costs it a fixed part and a part for each key, so what counts is how "
    "many keys share a query: look-ups/s = cores / (CPU of the client + of Latchkey + of PostgreSQL for a key)."
)
COLUMNS = ("", "look-ups/s", "CPU/look-up", "p50", "p99")
CONNECTIONS = 256
# pgbench writes nothing. Here a million keys are used at random, so nearly each look-up would end in a written row.
WRITING_SECONDS = 20  # two of use.flush_interval
UNWRITTEN = '[use]\nflush_interval = "1h"\n'


def measure(bench):
    postgres = bench.postgres
    seconds = max(bench.seconds, 1) * (1 if bench.quick else 3)
    with bench.latchkey(core=None, workers=0, more=UNWRITTEN) as server:
        mix = loads.mix(questions.key_miss(bench.keys))
        ways = {"single": pgbench.single} | ({} if bench.quick else {"pipelined": pgbench.pipelined})
        clients = {
            name: pgbench.best_clients(
                way,
                postgres,
                bench.keys,
                max(int(seconds / 2), 1),
                pgbench.CLIENTS[1:3] if bench.quick else pgbench.CLIENTS,
            )
            for name, way in ways.items()
        }
        theirs, ours = {name: [] for name in ways}, no_rounds()
        before = server.metrics()
        for n in bench.each_round():
            for turn in (0, 1) if n % 2 else (1, 0):
                if turn:
                    for name, way in ways.items():
                        theirs[name].append(way(postgres, bench.keys, max(int(seconds), 1), clients[name]))
                else:
                    add_round(ours, server, postgres, mix, seconds)
        after = server.metrics()
    with_writes = no_rounds()
    with bench.latchkey(core=None, workers=0) as server:
        add_round(with_writes, server, postgres, mix, 1 if bench.quick else WRITING_SECONDS)
    sums = [
        after[f"auth_db_batch_size_{what}"] - before.get(f"auth_db_batch_size_{what}", 0) for what in ("sum", "count")
    ]
    return {
        "pgbench": theirs,
        "pgbench_clients": clients,
        "latchkey": ours,
        "with_writes": with_writes,
        "keys_a_query": sums[0] / sums[1],
    }


def no_rounds():
    return {name: [] for name in ("rate", "server_us", "client_us", "database_us", "p50_us", "p99_us", "refused")}


def add_round(ours, server, postgres, mix, seconds):
    cpu, database = server.cpu_ns(), shared.postgres_ns(postgres)
    answered = asking.load(server.to, mix, connections=CONNECTIONS, seconds=seconds, core=None)
    requests = answered["right"] * 1000
    for name, value in {
        "rate": answered["right_rate"],
        "server_us": (server.cpu_ns() - cpu) / requests,
        "client_us": answered["cpu_seconds"] * 1e9 / requests,
        "database_us": (shared.postgres_ns(postgres) - database) / requests,
        "p50_us": answered["latency_us"]["p50"],
        "p99_us": answered["latency_us"]["p99"],
        "refused": answered["refused_percent"],
    }.items():
        ours[name].append(value)
    ours["curve"] = shared.thinned(answered["latency_us"]["curve"])


def parts(figures):
    """CPU us of a look-up, by who uses it."""
    return {
        who: median(figures["latchkey"][key])
        for who, key in (("the client", "client_us"), ("Latchkey", "server_us"), ("PostgreSQL", "database_us"))
    }


def rows(figures):
    words = {"single": "one at a time", "pipelined": f"{pgbench.PIPELINE} on their way at once"}
    return [
        *(
            [
                f"pgbench, prepared, {words[name]}, {figures['pgbench_clients'][name]} clients",
                figure(rates, ""),
                "",
                "",
                "",
            ]
            for name, rates in figures["pgbench"].items()
        ),
        row("Latchkey over HTTP", figures["latchkey"]),
        row("Latchkey over HTTP, uses written", figures["with_writes"]),
    ]


def row(name, ours):
    whole = [sum(parts) for parts in zip(ours["server_us"], ours["client_us"], ours["database_us"])]
    return [name, figure(ours["rate"], ""), figure(whole, "µs"), figure(ours["p50_us"], "µs"), figure(ours["p99_us"], "µs")]


def notes(figures):
    return [
        f"{figures['keys_a_query']:.1f} keys a query on average. {told_parts(figures)} "
        f"Latchkey keeps each answer (Cache-Control: no-cache). {refusals([figures['latchkey']['refused']])}",
        "pgbench writes nothing, so Latchkey counts uses here but writes none (use.flush_interval is an hour). The last "
        f"row is one run of {WRITING_SECONDS} s with the default, which writes a row for each of the first "
        "use.credentials_max keys of ten seconds.",
    ]


def told_parts(figures):
    return "A look-up costs " + ", ".join(f"{who} {shown(us)} µs" for who, us in parts(figures).items()) + "."


def bounds(figures):
    ratios = [a / b for a, b in zip(figures["latchkey"]["rate"], figures["pgbench"]["single"])]
    where = f"{told_parts(figures)} {figures['keys_a_query']:.1f} keys share a query"
    return [
        bound("keys looked up over HTTP, against pgbench, in each round", "×", ratios, least=1.2, of=min, where=where),
        bound("keys looked up over HTTP, against pgbench, at best", "×", ratios, least=1.35, of=max, where=where),
    ]


def charts(figures):
    ours = figures["latchkey"]
    return [
        {
            "kind": "bars",
            "title": "Look-ups a second",
            "unit": "",
            "bars": [
                {"name": "pgbench, one at a time", "figure": figure(figures["pgbench"]["single"], "")},
                {"name": "Latchkey over HTTP", "figure": figure(ours["rate"], ""), "ours": True},
            ],
        },
        {
            "kind": "bars",
            "title": "CPU of a look-up",
            "unit": "µs",
            "bars": [
                {"name": who, "figure": figure([us], "µs"), "ours": who == "Latchkey"}
                for who, us in parts(figures).items()
            ],
        },
        curves("Latency of look-ups at saturation", {"Latchkey": ours}),
    ]
