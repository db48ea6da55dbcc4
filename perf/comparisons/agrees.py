"""Whether the load generator agrees with wrk: requests a second that both get out of one server in a closed loop."""

import pathlib
import resource

import loads
import questions
import seed
from comparisons import asking
from comparisons.common import bound, epoll_floor, figure, nginx

NAME, TITLE, SECONDS = "agrees", "The load generator and wrk", 24
HELPERS = ("epoll_floor",)
MODEL = (
    "Where the server is the narrow place, both must get the same out of it. The epoll loop can be faster than either "
    "client, so there the generator may be the faster one, but not the slower."
)
COLUMNS = ("server", "load generator, requests/s", "wrk, requests/s", "CPU/request, load generator", "CPU/request, wrk")
CONNECTIONS = 64
BODY = (
    '{"valid":true,"code":"VALID","key_id":"key_1","organization_id":"bench","name":"bench",'
    '"scopes":["devices:read","devices:write"]}'
)
ANSWER = f"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {len(BODY)}\r\n\r\n{BODY}".encode()
APART = 5  # per cent


def measure(bench):
    script = loads.post_script(bench.folder(NAME), seed.key_body(), "wrk.headers['Host'] = 'localhost'\n")
    with nginx(ANSWER) as constant, epoll_floor(ANSWER) as least:
        servers = {"nginx return 200": constant.to, "epoll floor": least.to}
        found = {name: {"load_rate": [], "load_us": [], "wrk_rate": [], "wrk_us": []} for name in servers}
        for n in bench.each_round():
            for name, to in servers.items():
                for ask in (by_load, by_wrk)[:: -1 if n % 2 else 1]:
                    for what, value in ask(bench, to, script).items():
                        found[name][what].append(value)
    return {"servers": found}


def by_load(bench, to, _):
    mix = loads.mix(questions.one_key(seed.key_body()))
    answered = asking.load(to, mix, connections=CONNECTIONS, seconds=wrk_seconds(bench))
    return {"load_rate": answered["rate"], "load_us": answered["cpu_seconds"] / answered["requests"] * 1e6}


def by_wrk(bench, to, script):
    before = children_cpu()
    answered = loads.wrk(f"http://{to}{questions.KEY}", wrk_seconds(bench), CONNECTIONS, pathlib.Path(script))
    if answered.bad or answered.errors:
        raise SystemExit(f"wrk: {answered.bad} answers were not 200; socket errors: {answered.errors or 'none'}")
    return {"wrk_rate": answered.rate, "wrk_us": (children_cpu() - before) / answered.requests * 1e6}


def wrk_seconds(bench):
    """wrk takes whole seconds."""
    return max(1, round(bench.seconds))


def children_cpu():
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def rows(figures):
    return [
        [
            name,
            figure(f["load_rate"], ""),
            figure(f["wrk_rate"], ""),
            figure(f["load_us"], "µs"),
            figure(f["wrk_us"], "µs"),
        ]
        for name, f in figures["servers"].items()
    ]


def ratios(figures, name):
    """Round by round."""
    f = figures["servers"][name]
    return [a / b for a, b in zip(f["load_rate"], f["wrk_rate"])]


def bounds(figures):
    apart = [100 * abs(ratio - 1) for ratio in ratios(figures, "nginx return 200")]
    where = "one of the clients was disturbed, or one of them is the narrow place and not the server"
    return [
        bound("the load generator and wrk, requests/s out of nginx, apart", "%", apart, most=APART, where=where),
        bound(
            "the load generator, requests/s out of the epoll floor against wrk's",
            "×",
            ratios(figures, "epoll floor"),
            least=1 - APART / 100,
            where=where,
        ),
    ]


def charts(figures):
    return [
        {
            "kind": "bars",
            "title": "Requests a second",
            "unit": "",
            "bars": [
                {"name": f"{name}, {who}", "figure": figure(f[what], ""), "ours": who != "wrk"}
                for name, f in figures["servers"].items()
                for who, what in (("load generator", "load_rate"), ("wrk", "wrk_rate"))
            ],
        }
    ]
