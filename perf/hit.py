#!/usr/bin/env python3
"""CPU per request of a cached verification over HTTP, against a raw epoll loop and against nginx
`return 200`, which answer as many bytes to the same request. With --caller: against itself, what a caller's
key (X-Latchkey-Key) costs besides.

One worker each, on one core; wrk with 64 keep-alive connections on the other; interleaved rounds."""

import statistics
import tempfile

import loads
import measure
import seed
import servers

options = measure.arguments(__doc__, helpers=["epoll_floor"], rounds=25, seconds=1, connections=64, limit=1.25,
                             caller=False, caller_limit=0.5)


def load(port, script):
    url = f"http://127.0.0.1:{port}{loads.VERIFY_API_KEY}"
    return lambda: loads.wrk(url, options.seconds, options.connections, script)


def with_caller(server, body, folder):
    """Ends with the verdict on what the caller's key costs."""
    more = f"wrk.headers['X-Latchkey-Key'] = '{seed.caller_key(server)}'\n"
    asked = load(server.port, loads.post_script(folder, body, more, "caller.lua"))
    asked()  # its key comes into the cache
    costs = measure.interleave({"caller": (server, asked),
                                "nobody": (server, load(server.port, loads.post_script(folder, body)))}, options.rounds)
    more_us = [a - b for a, b in zip(costs["caller"], costs["nobody"])]
    print(f"a caller costs {measure.spread(more_us)} us more")
    median = statistics.median(more_us)
    measure.verdict(median <= options.caller_limit,
                    f"a hit with a caller costs {median:.3f} us more (at most {options.caller_limit})")


with servers.Postgres() as postgres, tempfile.TemporaryDirectory(prefix="lk-hit-") as folder:
    postgres.migrated(options.bin)
    with servers.Latchkey(options.bin, folder, postgres.uri, core=measure.SERVER_CORE) as server:
        server.wait_for("/readyz")
        body = seed.made_key(server)
        hit = loads.cached_answer(server, loads.VERIFY_API_KEY, body)
        if options.caller:
            with_caller(server, body, folder)
        script = loads.post_script(folder, body)
        with servers.epoll_floor(folder, hit) as floor, servers.nginx(folder, hit) as nginx:
            print(f"{len(hit)} bytes an answer (nginx {nginx.answer_bytes}), {options.connections} connections")
            costs = measure.interleave({"epoll floor": (floor, load(floor.port, script)),
                                        "nginx return": (nginx, load(nginx.port, script)),
                                        "latchkey hit": (server, load(server.port, script))}, options.rounds)

floors = measure.ratios(costs["latchkey hit"], costs["epoll floor"])
nginxes = measure.ratios(costs["latchkey hit"], costs["nginx return"])
print(f"against the floor: {measure.spread(floors)}")
print(f"against nginx:     {measure.spread(nginxes)}")
to_floor, to_nginx = statistics.median(floors), statistics.median(nginxes)
measure.verdict(to_floor <= options.limit and to_nginx < 1,
                f"a cached verification costs {to_floor:.3f} x the floor (at most {options.limit}) "
                f"and {to_nginx:.3f} x nginx (below 1)")
