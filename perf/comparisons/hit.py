"""A cached key against a raw epoll loop and nginx `return 200`, which answer as many bytes to the same request."""

import time

import inside
import loads
import questions
import seed
from comparisons.common import SERVER_COLUMNS, bars, bound, curves, epoll_floor, nginx, ratios, server_rows, split

NAME, TITLE, SECONDS = "hit", "A cached key", 90
HELPERS = ("epoll_floor", inside.LIBRARY)
MODEL = (
    "A request costs two system calls and a share of one epoll_wait, which the floor pays too, and on top of that "
    "parsing, "
    "SHA-256 of the key, one read of the cache, judging and copying the answer."
)
COLUMNS = SERVER_COLUMNS
CONNECTIONS = 64


def measure(bench):
    folder = bench.folder(NAME)
    with bench.latchkey() as server:
        body = seed.made_key(server)
        answer = loads.cached_answer(server, questions.KEY, body)
        mix = loads.mix(questions.one_key(body))

        def load(to):
            return lambda: loads.load(to, mix, connections=CONNECTIONS, seconds=bench.seconds)

        with epoll_floor(answer) as least, nginx(answer) as constant:
            found = bench.interleave(
                {
                    "epoll floor": (least, load(least.to)),
                    "nginx return 200": (constant, load(constant.to)),
                    "Latchkey": (server, load(server.to)),
                },
                max(bench.rounds, 7) if not bench.quick else None,
            )
        calls = inside.system_calls(server, load(server.to))
        shares = inside.profile(server, load(server.to), folder)
    return {
        "servers": found,
        "bytes": len(answer),
        "system_calls": calls,
        "profile": shares,
        **allocations(bench, folder),
    }


def allocations(bench, folder):
    """Per request, in a server of its own that counts them."""
    counted = inside.Allocations(folder)
    with bench.latchkey(environment=counted.environment) as server:
        body = seed.made_key(server)
        loads.cached_answer(server, questions.KEY, body)
        mix = loads.mix(questions.one_key(body))
        # A short load and a longer one: what each connection and the server's clockwork take is in both.
        short, long = (
            counted_load(counted, server, mix, seconds) for seconds in (bench.seconds / 2, bench.seconds * 1.5)
        )
        idle = counted_pause(counted, bench.seconds)
    return {"allocations": max((long[0] - short[0] - idle) / (long[1] - short[1]), 0)}


def counted_load(counted, server, mix, seconds):
    """Allocations and requests."""
    before = counted.count()
    requests = loads.load(server.to, mix, connections=CONNECTIONS, seconds=seconds)["requests"]
    return counted.count() - before, requests


def counted_pause(counted, seconds):
    """What the server allocates by itself meanwhile."""
    before = counted.count()
    time.sleep(seconds)
    return counted.count() - before


def rows(figures):
    return server_rows(figures["servers"])


def notes(figures):
    calls = figures["system_calls"]
    return [
        f"Answers of {figures['bytes']} bytes, {CONNECTIONS} connections. Per request Latchkey makes "
        f"{figures['allocations']:.4f} allocations and {'an unknown number of' if calls is None else f'{calls:.2f}'} "
        f"system "
        f"calls. Of its CPU: {inside.told(figures['profile'])}."
    ]


def bounds(figures):
    found = figures["servers"]
    where = f"{split(found, 'Latchkey')}; {split(found, 'epoll floor')}. Of its CPU: {inside.told(figures['profile'])}"
    out = [
        bound(
            "a cached key, CPU against the epoll floor",
            "×",
            ratios(found, "Latchkey", "epoll floor"),
            most=1.12,
            where=where,
        ),
        bound(
            "a cached key, CPU against nginx return 200",
            "×",
            ratios(found, "Latchkey", "nginx return 200"),
            most=0.97,
            where=f"{split(found, 'Latchkey')}; {split(found, 'nginx return 200')}",
        ),
        # What the server does by itself meanwhile is taken off, but not the same in each second.
        bound("allocations for a cached key", "", [figures["allocations"]], most=0.05),
    ]
    if figures["system_calls"] is not None:
        out.append(bound("system calls for a cached key", "", [figures["system_calls"]], most=3))
    return out


def charts(figures):
    return [
        bars("CPU per request", figures["servers"]),
        curves("Latency at saturation, 64 connections", figures["servers"]),
    ]
