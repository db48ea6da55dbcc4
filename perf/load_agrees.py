#!/usr/bin/env python3
"""Whether the load generator agrees with wrk: requests per second that it gets out of one server in a closed loop, against
those that wrk gets, and the generator's CPU per request against wrk's. The server is nginx with `return 200`, and then
the raw epoll loop; it has one core, the clients the other; 64 keep-alive connections, one request, interleaved rounds.

Where the server is the narrow place, both must get the same out of it. The epoll loop can be faster than either client, so
there the generator may be the faster one, but not the slower."""

import pathlib
import resource
import statistics
import tempfile

import loads
import measure
import seed
import servers

options = measure.arguments(__doc__, helpers=["load", "epoll_floor"], server=False, rounds=11, seconds=1.0, connections=64,
                            apart=0.05)
BODY = ('{"valid":true,"code":"VALID","key_id":"key_1","organization_id":"bench","name":"bench",'
        '"scopes":["devices:read","devices:write"]}')
ANSWER = f"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {len(BODY)}\r\n\r\n{BODY}".encode()
MIX = loads.mix(loads.request("hit", "/", seed.key_body(), loads.json_headers(), starts='{"valid":true,'))


def children_cpu():
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def by_load(port, script):
    """Requests a second, us of CPU a request, requests."""
    found = loads.load(port, MIX, connections=options.connections, seconds=options.seconds)
    return found["rate"], found["cpu_seconds"] / found["requests"] * 1e6, found["requests"]


def by_wrk(port, script):
    before = children_cpu()
    # wrk takes whole seconds.
    answered = loads.wrk(f"http://127.0.0.1:{port}/", max(1, round(options.seconds)), options.connections, script)
    return answered.rate, (children_cpu() - before) / answered.requests * 1e6, answered.requests


def compared(name, server, script):
    """The ratios of the rates, of the CPU of the clients, and of the CPU that a request costs the server."""
    clients = {"load": by_load, "wrk": by_wrk}
    found = {client: [] for client in clients}
    for n in range(options.rounds):
        for client, ask in list(clients.items())[:: -1 if n % 2 else 1]:
            before = server.cpu_ns()
            rate, cost, requests = ask(server.port, script)
            found[client].append((rate, cost, (server.cpu_ns() - before) / requests / 1000))
            print(f"{n + 1:>5} {name:<6} {client:<5} {rate:>9.0f}/s, CPU us/request: client {cost:.2f}, "
                  f"server {found[client][-1][2]:.2f}", flush=True)
    return [measure.ratios(ours, theirs) for ours, theirs in zip(zip(*found["load"]), zip(*found["wrk"]))]


with tempfile.TemporaryDirectory(prefix="lk-agrees-") as folder:
    script = loads.post_script(folder, seed.key_body(), "wrk.headers['Host'] = 'localhost'\n")
    with servers.nginx(folder, ANSWER) as nginx:
        nginx_ratios = compared("nginx", nginx, script)
    with servers.epoll_floor(pathlib.Path(folder), ANSWER) as floor:
        floor_ratios = compared("floor", floor, script)

for name, ratios in (("nginx", nginx_ratios), ("the floor", floor_ratios)):
    for what, values in zip(("requests/s", "CPU of the client", "CPU of the server"), ratios):
        print(f"{name:<10} {what:<18} load against wrk: {measure.spread(values)}")
nginx_ratio, floor_ratio = statistics.median(nginx_ratios[0]), statistics.median(floor_ratios[0])
measure.verdict(abs(nginx_ratio - 1) <= options.apart and floor_ratio >= 1 - options.apart,
                f"the generator gets {nginx_ratio:.3f} x what wrk gets out of nginx (at most {options.apart:g} apart), and "
                f"{floor_ratio:.3f} x out of the floor (at least {1 - options.apart:g}), with "
                f"{statistics.median(nginx_ratios[1]):.2f} x the CPU")
