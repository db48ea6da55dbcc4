"""What a verification costs: the constants of `latchkey capacity` (src/server/cli/capacity_costs.hpp)."""

import contextlib
import socket

import bench as shared
import loads
import questions
from comparisons import asking
from comparisons.common import figure, refusals
from report.capacity_header import WHAT

NAME, TITLE, SECONDS = "costs", "What latchkey capacity assumes", 35
HELPERS = ()
MODEL = (
    "Cores = requests × (hit rate × hit + misses × look-up); memory = start + keys × bytes of a key + connections × "
    "theirs."
)
COLUMNS = ("", "measured")
HOT, FEW, CONNECTIONS = 50_000, 2_500, 64


def measure(bench):
    found = {name: [] for name in (*WHAT, "refused")}
    for _ in bench.each_round():
        with bench.latchkey(core=None) as server:
            for name, value in a_round(bench, server).items():
                found[name].append(value)
    return found


def a_round(bench, server):
    hot = min(HOT, bench.keys)
    out = {"base_bytes": server.rss_bytes()}
    out["connection_bytes"] = connections_cost(server, out["base_bytes"])
    # The first keys are not weighed: they touch most pages of the cache's tables.
    questions.warm(server, min(FEW, hot // 2))
    memory, few = server.rss_bytes(), entries(server)
    questions.warm(server, hot)
    out["key_bytes"] = (server.rss_bytes() - memory) / (entries(server) - few)
    cpu = server.cpu_ns()
    hits = asking.load(server.to, loads.mix(questions.key_hit(hot)), connections=CONNECTIONS, seconds=bench.seconds)
    out["hit_us"] = (server.cpu_ns() - cpu) / 1000 / hits["right"]
    return out | lookups_cost(bench, server)


def lookups_cost(bench, server):
    cpu, database, busy = server.cpu_ns(), shared.postgres_ns(bench.postgres), query_seconds(server)
    misses = asking.load(
        server.to, loads.mix(questions.key_miss(bench.keys)), connections=CONNECTIONS, seconds=2 * bench.seconds
    )
    refused, misses = misses["refused_percent"], misses["right"]
    return {
        "refused": refused,
        "lookup_us": (server.cpu_ns() - cpu) / 1000 / misses,
        "database_lookup_us": (shared.postgres_ns(bench.postgres) - database) / 1000 / misses,
        "lookups_per_connection": misses / (query_seconds(server) - busy),
    }


def connections_cost(server, before, count=1000):
    """Of connections that have each asked once."""
    with contextlib.ExitStack() as idle:
        for _ in range(count):
            s = idle.enter_context(socket.create_connection(("127.0.0.1", server.port)))
            s.sendall(b"GET /livez HTTP/1.1\r\nHost: localhost\r\n\r\n")
            s.recv(4096)
        return (server.rss_bytes() - before) / count


def entries(server):
    return server.metrics().get('auth_cache_entries{cache="api_key"}', 0)


def query_seconds(server):
    return server.metrics().get('auth_db_query_duration_seconds_sum{statement="find_api_keys"}', 0)


def rows(figures):
    return [[what, figure(figures[name], unit)] for name, (what, unit) in WHAT.items()]


def notes(figures):
    return [refusals([figures["refused"]])]


def bounds(_):
    return []


def charts(figures):
    return [
        {
            "kind": "bars",
            "title": "CPU of a request",
            "unit": "µs",
            "bars": [
                {"name": WHAT[name][0], "figure": figure(figures[name], "µs"), "ours": name != "database_lookup_us"}
                for name in ("hit_us", "lookup_us", "database_lookup_us")
            ],
        }
    ]
