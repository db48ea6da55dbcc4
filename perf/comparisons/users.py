"""100, 500 and 1000 users without a pause between their requests: a token, and a key that the cache has."""

import loads
from comparisons import asking, contenders, promises
from comparisons.common import bound, curves, figure

NAME, TITLE, SECONDS = "users", "100, 500 and 1000 users", 370
HELPERS = ()
MODEL = (
    "Users who ask again at once queue for one core: mean = users / (requests/s), whatever the server (Little's law), "
    "so the more a server answers, the sooner each is answered."
)
COLUMNS = ("question", "users", "server", "requests/s", "mean", "p95", "p99", "errors")
USERS = (100, 500, 1000)
KINDS = ("token_cached", "api_key_hit")
THEIRS = "older service with Redis"
LONG_SECONDS = 600
# Before it is measured: 1000 connections are opened, and the cache is filled.
WARM_UP, SECONDS_LEAST = 2, 4


def measure(bench):
    found = {}
    with contenders.started(bench, contenders.OURS, THEIRS) as peers:
        cases = [(kind, users, name) for kind in KINDS for users in USERS for name in peers]
        for n in bench.each_round(1 if bench.long else None):
            for kind, users, name in cases[:: -1 if n % 2 else 1]:
                add(found.setdefault(f"{kind} {users} {name}", {}), bench, peers[name], kind, users)
    return {
        "cases": {" ".join(map(str, case)): found[" ".join(map(str, case))] for case in cases},
        "seconds": seconds_of(bench),
    }


def seconds_of(bench, users=0):
    if bench.quick:
        return max(bench.seconds, users / 500)  # so that the slowest answers somebody on a busy machine, too
    return LONG_SECONDS if bench.long else max(bench.seconds, SECONDS_LEAST)


def add(found, bench, peer, kind, users):
    mix = loads.mix(contenders.question(peer, kind))
    answered = asking.load(
        peer.to,
        mix,
        errors_ok=True,
        connections=users,
        seconds=seconds_of(bench, users),
        warm_up=bench.seconds if bench.quick else WARM_UP,
    )
    latency = answered["latency_us"]
    errors = answered["errors"] + answered["unanswered"] + answered["refused"]
    for what, value in {
        "rate": answered["rate"],
        "mean": latency["mean"] / 1000,
        "p95": latency["p95"] / 1000,
        "p99": latency["p99"] / 1000,
        "errors": 100 * errors / (answered["right"] + errors),
    }.items():
        found.setdefault(what, []).append(value)
    found["curve"] = latency["curve"]


def rows(figures):
    out = []
    for case, f in figures["cases"].items():
        kind, users, name = case.split(" ", 2)
        out.append(
            [
                contenders.KINDS[kind],
                users,
                name,
                figure(f["rate"], ""),
                *(figure(f[what], "ms") for what in ("mean", "p95", "p99")),
                figure(f["errors"], "%"),
            ]
        )
    for title, claims in (
        ("older service, as it measured", promises.USERS_MEASURED),
        ("older service, as promised with a cache", promises.USERS_PROMISED),
    ):
        out += [
            ["JWT", str(users), title, f"{rate:,}", f"{mean} ms", f"{p95} ms", f"{p99} ms", f"{errors} %"]
            for users, (rate, mean, p95, p99, errors) in claims.items()
        ]
    return out


def notes(figures):
    return [
        f"{figures['seconds']:g} seconds each, behind {WARM_UP} that do not count; "
        f"one process on one core, the client on the other. "
        f'The rows "as it measured" and "as promised" are {promises.SOURCE}.'
    ]


def bounds(figures):
    out = []
    for users in USERS:
        ours = figures["cases"][f"token_cached {users} {contenders.OURS}"]
        out.append(
            bound(
                f"JWT, {users} users: requests/s, against what the older service measured",
                "",
                ours["rate"],
                least=promises.USERS_MEASURED[users][0],
                where="one core",
            )
        )
        out.append(bound(f"JWT, {users} users: errors", "%", ours["errors"], most=0, of=max))
    return out


def charts(figures):
    return [
        curves(
            f"{contenders.KINDS[kind]}: latency with 1000 users",
            {name: figures["cases"][f"{kind} 1000 {name}"] for name in (contenders.OURS, THEIRS)},
        )
        for kind in KINDS
    ]
