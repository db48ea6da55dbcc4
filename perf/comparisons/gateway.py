"""Behind nginx: what a protected request costs nginx and Latchkey, and how much later it is."""

import contextlib
import json

import behind_nginx
import loads
import questions
import seed
from comparisons import asking
from comparisons.common import bound, curves, epoll_floor, figure, median, shown

NAME, TITLE, SECONDS = "gateway", "Behind nginx", 65
HELPERS = ("epoll_floor",)
MODEL = (
    "A protected request is two for nginx, its own and the one to Latchkey. Latchkey's part costs more than behind a "
    "load generator, because nginx hands it one request at a time, so that each wakes the worker: a floor in its "
    "place pays that too."
)
COLUMNS = ("", "nginx, CPU/request", "behind it, CPU/request", "requests/s", "p50", "p99")
CONNECTIONS, RATE = 64, 4000
PACED = 1.5  # times as long as another load, so that p99 stands on 60 requests
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
        with contextlib.ExitStack() as stack:
            upstream, least = (
                stack.enter_context(epoll_floor(sent)) for sent in (behind_nginx.UPSTREAM_ANSWER, answer)
            )
            tcp, unix, beside = (
                stack.enter_context(behind_nginx.start(folder, name, asked, upstream.to))
                for name, asked in (("tcp", latchkey.to), ("unix", f"unix:{folder}/api.sock"), ("beside", least.to))
            )
            places = {
                OPEN: (tcp, latchkey, behind_nginx.OPEN),
                TCP: (tcp, Counted(latchkey), behind_nginx.PROTECTED),
                UNIX: (unix, Counted(latchkey), behind_nginx.PROTECTED),
                FLOOR: (beside, least, behind_nginx.PROTECTED),
            }
            return {"places": rounds_of(bench, places, bearer)}


class Counted:
    """Latchkey, which must be asked once for each protected request."""

    def __init__(self, server):
        self.server, self.cpu_ns = server, server.cpu_ns

    def asked(self):
        return sum(
            value
            for name, value in self.server.metrics().items()
            if name.startswith("auth_requests_total{") and 'forward' in name
        )


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
    count = asked.asked() if isinstance(asked, Counted) else None
    before = nginx.cpu_ns(), asked.cpu_ns()
    answered = asking.load(nginx.to, mix, connections=CONNECTIONS, seconds=seconds)
    costs = [(process.cpu_ns() - cpu) / answered["right"] / 1000 for process, cpu in zip((nginx, asked), before)]
    if count is not None and (heard := asked.asked() - count) < answered["right"]:
        raise SystemExit(f"nginx let {answered['right']} protected requests through, but asked {heard:.0f} times")
    paced = asking.load(nginx.to, mix, connections=CONNECTIONS, seconds=PACED * seconds, rate=RATE)["latency_us"]
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
        f"{later[UNIX]} µs over a unix socket. Latchkey was asked for each protected request."
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
        ),
        bound(
            "behind nginx, p99 of a protected request against an epoll floor in Latchkey's place",
            "×",
            [a / b for a, b in zip(places[TCP]["p99_us"], places[FLOOR]["p99_us"])],
            most=1.3,
            where=f"{shown(median(places[TCP]['p99_us']))} µs, with the floor "
            f"{shown(median(places[FLOOR]['p99_us']))} µs, at {RATE} requests a second: how long each waits for a core",
        ),
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
