"""Behind nginx: what a protected request costs nginx and Latchkey, and how much later it is."""

import json

import behind_nginx
import loads
import questions
import seed
from comparisons.common import bound, curves, epoll_floor, figure, median, shown

NAME, TITLE, SECONDS = "gateway", "Behind nginx", 45
HELPERS = ("epoll_floor",)
MODEL = (
    "A protected request is two for nginx, its own and the one to Latchkey. Latchkey's part costs more than behind a "
    "load "
    "generator, because nginx hands it one request at a time, so that each wakes the worker: a floor in its place "
    "pays that "
    "too."
)
COLUMNS = ("", "nginx, CPU/request", "behind it, CPU/request", "requests/s", "p50", "p99")
CONNECTIONS, RATE = 64, 2000
FLOOR, OPEN, TCP, UNIX = (
    "protected, epoll floor for Latchkey",
    "open",
    "protected, over TCP",
    "protected, over a unix socket",
)


def measure(bench):
    folder = bench.folder(NAME)
    with bench.latchkey(places=f", unix:{folder}/api.sock") as latchkey:
        body = seed.made_key(latchkey)
        loads.cached_answer(latchkey, questions.KEY, body)
        bearer = f"Bearer {json.loads(body)['api_key']}"
        answer = behind_nginx.forwarded_answer(latchkey, bearer)
        with epoll_floor(behind_nginx.UPSTREAM_ANSWER) as upstream, epoll_floor(answer) as least, behind_nginx.start(
            folder, "tcp", latchkey.to, upstream.to
        ) as tcp, behind_nginx.start(
            folder, "unix", f"unix:{folder}/api.sock", upstream.to
        ) as unix, behind_nginx.start(
            folder, "beside", least.to, upstream.to
        ) as beside:
            places = {
                OPEN: (tcp, latchkey, behind_nginx.OPEN),
                TCP: (tcp, latchkey, behind_nginx.PROTECTED),
                UNIX: (unix, latchkey, behind_nginx.PROTECTED),
                FLOOR: (beside, least, behind_nginx.PROTECTED),
            }
            return {"places": rounds_of(bench, places, bearer)}


def rounds_of(bench, places, bearer):
    found = {name: {} for name in places}
    for n in bench.each_round():
        for name, (nginx, asked, path) in list(places.items())[:: -1 if n % 2 else 1]:
            mix = loads.mix(
                loads.request(
                    "gateway",
                    path,
                    headers={"Host": "localhost", "Authorization": bearer},
                    starts=behind_nginx.BODY.decode(),
                )
            )
            add_round(found[name], nginx, asked, mix, bench.seconds)
    return found


def add_round(found, nginx, asked, mix, seconds):
    before = nginx.cpu_ns(), asked.cpu_ns()
    answered = loads.load(nginx.to, mix, connections=CONNECTIONS, seconds=seconds)
    costs = [(process.cpu_ns() - cpu) / answered["requests"] / 1000 for process, cpu in zip((nginx, asked), before)]
    paced = loads.load(nginx.to, mix, connections=CONNECTIONS, seconds=seconds, rate=RATE)["latency_us"]
    for what, value in {
        "nginx_us": costs[0],
        "asked_us": costs[1],
        "rate": answered["rate"],
        "p50_us": paced["p50"],
        "p99_us": paced["p99"],
    }.items():
        found.setdefault(what, []).append(value)
    found["curve"] = paced["curve"]


def rows(figures):
    return [
        [
            name,
            figure(f["nginx_us"], "µs"),
            figure(f["asked_us"], "µs"),
            figure(f["rate"], ""),
            figure(f["p50_us"], "µs"),
            figure(f["p99_us"], "µs"),
        ]
        for name, f in figures["places"].items()
    ]


def added(figures, name, what):
    return [a - b for a, b in zip(figures["places"][name][what], figures["places"][OPEN][what])]


def notes(figures):
    later = {name: shown(median(added(figures, name, "p99_us"))) for name in (TCP, UNIX)}
    return [
        f"p50 and p99 are at {RATE} requests a second. Protection adds {later[TCP]} µs to p99 over TCP, and "
        f"{later[UNIX]} µs over "
        "a unix socket."
    ]


def bounds(figures):
    places = figures["places"]
    return [
        bound(
            "behind nginx, Latchkey's CPU for a protected request against an epoll floor in its place",
            "×",
            [a / b for a, b in zip(places[TCP]["asked_us"], places[FLOOR]["asked_us"])],
            most=1.5,
            where="reading nginx's fields and writing those of the answer",
        )
    ]


def charts(figures):
    places = figures["places"]
    return [
        {
            "kind": "bars",
            "title": "CPU of a request, nginx and what it asks",
            "unit": "µs",
            "bars": [
                {"name": f"{name}: {who}", "figure": figure(f[what], "µs"), "ours": who == "asked" and name != FLOOR}
                for name, f in places.items()
                for who, what in (("nginx", "nginx_us"), ("asked", "asked_us"))
                if (name, who) != (OPEN, "asked")
            ],
        },
        curves(f"Latency through nginx at {RATE} requests/s", places),
    ]
