"""The older service's table: each kind of question, by one caller and by many, to Latchkey, to the service that it
replaces, and to what else one might use."""

import bench as shared
import loads
from comparisons import asking, contenders, promises
from comparisons.common import bound, figure, figure_or_none, p99_of, refusals

NAME, TITLE, SECONDS = "old_service", "The older service's table", 240
HELPERS = ()
MODEL = (
    "Time of one caller = the network + CPU of the server + what the database takes; requests/s at saturation = 1 "
    "core / CPU of a request. The older service spends its CPU in Python, and for a key also on every organization "
    "that it fetches."
)
COLUMNS = (
    "question",
    "server",
    "p50, one caller",
    "p99, one caller",
    "requests/s, 64 callers",
    "CPU/request",
    "of the database",
    "older service: p50 measured",
    "promised",
)


def measure(bench):
    found = {}
    with contenders.started(bench) as peers:
        asked = [
            (kind, name) for kind in contenders.KINDS for name, peer in peers.items() if is_asked(name, peer, kind)
        ]
        for n in bench.each_round():
            for kind, name in asked[:: -1 if n % 2 else 1]:
                for what, value in one(bench, peers[name], kind).items():
                    found.setdefault(kind, {}).setdefault(name, {}).setdefault(what, []).append(value)
    return {"kinds": {kind: found[kind] for kind in contenders.KINDS if kind in found}}


def is_asked(name, peer, kind):
    """What does not differ between the older service's ways to find a key is asked of one of them."""
    return contenders.question(peer, kind) and (name not in contenders.FILTERED or kind == "api_key_miss")


def one(bench, peer, kind):
    mix = loads.mix(contenders.question(peer, kind))
    short = bench.seconds / 2
    contenders.prepare(peer, kind)
    alone = asking.load(peer.to, mix, connections=1, seconds=short)
    contenders.check_misses(peer, kind, alone)
    seconds = contenders.seconds_of_misses(peer, kind, bench.seconds)
    cpu, database = peer.cpu_ns(), shared.postgres_ns(bench.peers_postgres)
    many = asking.load(peer.to, mix, connections=64, seconds=seconds)
    contenders.check_misses(peer, kind, many)
    requests = many["right"] * 1000
    return {
        "p50_us": alone["latency_us"]["p50"],
        "p99_us": p99_of(alone["latency_us"]["p99"], alone["right"]),
        "refused": many["refused_percent"],
        "rate": many["right_rate"],
        "cpu_us": (peer.cpu_ns() - cpu) / requests,
        "database_us": (shared.postgres_ns(bench.peers_postgres) - database) / requests,
    }


def rows(figures):
    out = []
    for kind, servers in figures["kinds"].items():
        measured, rate, promised = promises.ONE_CALLER[kind]
        for name, f in servers.items():
            claims = [f"{measured} ms, {rate}/s", f"{promised} ms"] if name == contenders.OURS else ["", ""]
            out.append(
                [
                    contenders.KINDS[kind],
                    name,
                    figure(f["p50_us"], "µs"),
                    figure_or_none(f["p99_us"], "µs"),
                    figure(f["rate"], ""),
                    figure(f["cpu_us"], "µs"),
                    figure(f["database_us"], "µs"),
                    *claims,
                ]
            )
    return out


def notes(figures):
    return [
        f"{contenders.ORGANIZATIONS} organizations with {contenders.KEYS_EACH} keys each, {contenders.DEVICES:,} "
        f"devices, one process each.{no_node(figures)} The last two columns are {promises.SOURCE}. "
        + refusals(f["refused"] for servers in figures["kinds"].values() for f in servers.values())
    ]


def no_node(figures):
    asked = figures["kinds"].get("api_key_hit", {})
    return "" if "Node" in asked else " Node is left out: its driver could not be fetched from Debian."


def bounds(figures):
    """What was promised of the older service, held against Latchkey: within it at one caller."""
    out = []
    for kind, servers in figures["kinds"].items():
        promised = promises.ONE_CALLER[kind][2] * 1000
        out.append(
            bound(
                f"{contenders.KINDS[kind]}: p50 of one caller, against the older service's promise",
                "µs",
                servers[contenders.OURS]["p50_us"],
                most=promised,
                where="the round trip and the scheduler of a busy machine",
            )
        )
    return out


def charts(figures):
    return [
        {
            "kind": "bars",
            "title": f"{contenders.KINDS[kind]}: CPU of a request",
            "unit": "µs",
            "bars": [
                {"name": name, "figure": figure(f["cpu_us"], "µs"), "ours": name == contenders.OURS}
                for name, f in servers.items()
            ],
        }
        for kind, servers in figures["kinds"].items()
    ]
