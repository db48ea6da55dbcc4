"""Against the older service with Redis, as it was planned: requests for a second of CPU, on hits and on misses."""

import bench as shared
import loads
from comparisons import asking, contenders
from comparisons.common import bound, figure, median, refusals, shown

NAME, TITLE, SECONDS = "redis", "Against FastAPI with Redis", 45
HELPERS = ()
MODEL = (
    "A hit there is a request in Python and a round trip to Redis; here it is a read of the process's own memory. On "
    "misses both wait for the database, and what differs is the CPU around it."
)
COLUMNS = ("question", "server", "requests/CPU second", "CPU/request", "of the database besides", "requests/s")
THEIRS = "older service with Redis"
BOUNDS = {"api_key_hit": 30, "api_key_miss": 15}


def measure(bench):
    found = {kind: {} for kind in BOUNDS}
    with contenders.started(bench, contenders.OURS, THEIRS) as peers:
        for n in bench.each_round():
            for kind in BOUNDS:
                for name in list(peers)[:: -1 if n % 2 else 1]:
                    for what, value in one(bench, peers[name], kind).items():
                        found[kind].setdefault(name, {}).setdefault(what, []).append(value)
    return {"kinds": found}


def one(bench, peer, kind):
    """CPU of all its processes, Redis among them; the database's apart."""
    mix = loads.mix(contenders.question(peer, kind))
    contenders.prepare(peer, kind)
    seconds = contenders.seconds_of_misses(peer, kind, bench.seconds)
    cpu, database = peer.cpu_ns(), shared.postgres_ns(bench.peers_postgres)
    answered = asking.load(peer.to, mix, connections=64, seconds=seconds)
    contenders.check_misses(peer, kind, answered)
    used = peer.cpu_ns() - cpu
    return {
        "per_second": answered["right"] / used * 1e9,
        "cpu_us": used / answered["right"] / 1000,
        "rate": answered["right_rate"],
        "refused": answered["refused_percent"],
        "database_us": (shared.postgres_ns(bench.peers_postgres) - database) / answered["right"] / 1000,
    }


def rows(figures):
    return [
        [
            contenders.KINDS[kind],
            name,
            figure(f["per_second"], ""),
            figure(f["cpu_us"], "µs"),
            figure(f["database_us"], "µs"),
            figure(f["rate"], ""),
        ]
        for kind, peers in figures["kinds"].items()
        for name, f in peers.items()
    ]


def notes(figures):
    return [refusals(f["refused"] for peers in figures["kinds"].values() for f in peers.values())]


def bounds(figures):
    out = []
    for kind, least in BOUNDS.items():
        ours, theirs = figures["kinds"][kind][contenders.OURS], figures["kinds"][kind][THEIRS]
        out.append(
            bound(
                f"{contenders.KINDS[kind]}: requests for a second of CPU, against FastAPI with Redis",
                "×",
                [a / b for a, b in zip(ours["per_second"], theirs["per_second"])],
                least=least,
                where=f"Latchkey {shown(median(ours['cpu_us']))} µs a request, FastAPI with Redis "
                f"{shown(median(theirs['cpu_us']))} µs",
            )
        )
    return out


def charts(figures):
    return [
        {
            "kind": "bars",
            "title": f"{contenders.KINDS[kind]}: requests for a second of CPU",
            "unit": "",
            "bars": [
                {"name": name, "figure": figure(f["per_second"], ""), "ours": name == contenders.OURS}
                for name, f in peers.items()
            ],
        }
        for kind, peers in figures["kinds"].items()
    ]
