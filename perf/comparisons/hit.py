"""A cached key against a raw epoll loop and nginx `return 200`, which answer as many bytes to the same request."""

import time

import inside
import loads
import questions
import seed
from comparisons import asking
from comparisons.common import SERVER_COLUMNS, bars, bound, curves, epoll_floor, nginx, ratios, server_rows, split

NAME, TITLE, SECONDS = "hit", "A cached key", 75
HELPERS = ("epoll_floor", inside.LIBRARY)
MODEL = (
    "A request costs two system calls and a share of one epoll_wait, which the floor pays too, and on top of that "
    "parsing, SHA-256 of the key, one read of the cache, judging and copying the answer."
)
COLUMNS = SERVER_COLUMNS
CONNECTIONS = 64
# At so many connections system calls are counted: a connection alone pays for each wait.
COUNTED = (1, CONNECTIONS)


def measure(bench):
    folder = bench.folder(NAME)
    with bench.latchkey() as server:
        body = seed.made_key(server)
        answer = loads.cached_answer(server, questions.KEY, body)
        mix = loads.mix(questions.one_key(body))

        def load(to):
            return lambda: asking.load(to, mix, connections=CONNECTIONS, seconds=bench.seconds)

        with epoll_floor(answer) as least, nginx(answer) as constant:
            found = bench.interleave(
                {
                    "epoll floor": (least, load(least.to)),
                    "nginx return 200": (constant, load(constant.to)),
                    "Latchkey": (server, load(server.to)),
                }
            )
        calls = {
            str(count): inside.system_calls(
                server,
                folder,
                lambda under, seconds, count=count: asking.load(
                    server.to, mix, connections=count, seconds=seconds, under=under
                ),
                bench.seconds,
            )
            for count in COUNTED
        }
        shares = inside.profile(server, load(server.to), folder)
    return {
        "servers": found,
        "bytes": len(answer),
        "system_calls_at": calls,
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
    requests = asking.load(server.to, mix, connections=CONNECTIONS, seconds=seconds)["right"]
    return counted.count() - before, requests


def counted_pause(counted, seconds):
    """What the server allocates by itself meanwhile."""
    before = counted.count()
    time.sleep(seconds)
    return counted.count() - before


def rows(figures):
    return server_rows(figures["servers"])


def notes(figures):
    return [
        f"Answers of {figures['bytes']} bytes, {CONNECTIONS} connections. Per request Latchkey makes "
        f"{figures['allocations']:.4f} allocations. Of its CPU: {inside.told(figures['profile'])}."
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
        bound("allocations for a cached key", "", [figures["allocations"]], most=0.01),
    ]
    return out + [bound_of_calls(count, calls) for count, calls in figures["system_calls_at"].items()]


def bound_of_calls(count, calls):
    """In hundredths: what the server does by itself meanwhile is not the same in each second."""
    return bound(
        f"system calls for a cached key, {count} connection{'s' if count != '1' else ''}",
        "",
        [] if calls is None else [round(calls, 2)],
        most=3,
        where="perf stat cannot count raw_syscalls:sys_enter here: it needs root and the kernel's tracefs"
        if calls is None
        else "a wait, a read and a write, and what the clockwork of a busy server adds",
    )


def charts(figures):
    return [
        bars("CPU per request", figures["servers"]),
        curves("Latency at saturation, 64 connections", figures["servers"]),
    ]
