#!/usr/bin/env python3
"""CPU per request of latchkey's /livez, against a raw epoll loop that answers as many bytes.

One worker each, on one core; wrk with 64 keep-alive connections on the other; interleaved rounds."""

import socket
import statistics
import tempfile

import loads
import measure
import servers

options = measure.arguments(__doc__, helpers=["epoll_floor"], rounds=7, seconds=3, path="/livez", limit=1.15)


def answer_of(port, path):
    with socket.create_connection(("127.0.0.1", port)) as s:
        s.sendall(f"GET {path} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode())
        return s.recv(65536)


def load(port):
    return lambda: loads.wrk(f"http://127.0.0.1:{port}{options.path}", options.seconds, 64)


with tempfile.TemporaryDirectory() as folder:
    with servers.Latchkey(options.bin, folder, core=measure.SERVER_CORE) as server:
        server.wait_for(options.path)
        answer = answer_of(server.port, options.path)
        with servers.epoll_floor(folder, answer) as floor:
            print(f"{options.path}: {len(answer)} bytes an answer, 64 connections")
            costs = measure.interleave({"epoll floor": (floor, load(floor.port)), "latchkey": (server, load(server.port))},
                                       options.rounds)

ratios = measure.ratios(costs["latchkey"], costs["epoll floor"])
print(f"ratio of each round: {measure.spread(ratios)}")
ratio = statistics.median(ratios)
measure.verdict(ratio <= options.limit, f"{options.path} costs {ratio:.3f} x the floor (at most {options.limit})")
