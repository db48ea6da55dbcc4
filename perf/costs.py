#!/usr/bin/env python3
"""What a verification costs, for `latchkey capacity`: CPU of the server per request that its cache answers and per
look-up, CPU of PostgreSQL per look-up, memory of a cached key, of a connection and of the server alone, and how many
look-ups one connection to the database answers.

The server has one worker. CPU is what the processes used, so the figures hold, more or less, on a busy machine, too. They
are medians of several rounds. With --write, they become the constants of src/server/cli/capacity_costs.hpp; without it, they are held against
them, and a figure that is more than LIMIT times the one there fails."""

import datetime
import pathlib
import platform
import re
import socket
import statistics
import tempfile

import loads
import measure
import seed
import servers

options = measure.arguments(__doc__, helpers=["load"], keys=500_000, rounds=5, seconds=3, connections=64,
                            limit=1.5, write=False)
HEADER = measure.SOURCE / "src/server/cli/capacity_costs.hpp"
HOT = 50_000
# The rest of [database]: on a busy machine nothing is refused for being late.
PATIENT = 'acquire_timeout = "2s"\nquery_timeout = "2s"\noverload_after = "2s"\nwait_target = "1s"\n'
UNITS = {"hit_us": "CPU of the server for a request that the cache answers",
         "lookup_us": "CPU of the server for a request that needs a look-up",
         "database_lookup_us": "CPU of PostgreSQL for a look-up",
         "lookups_per_connection": "look-ups a second that one connection to the database answers",
         "key_bytes": "memory of a cached key, with its part of the tables",
         "connection_bytes": "memory of an open connection",
         "base_bytes": "memory of a server that has done nothing yet"}


def postgres_ns(postgres):
    """CPU of the cluster's backends that live; those of Latchkey stay for the whole measurement."""
    children = pathlib.Path(f"/proc/{postgres.postmaster}/task/{postgres.postmaster}/children").read_text().split()
    return sum(int(pathlib.Path(f"/proc/{pid}/schedstat").read_text().split()[0]) for pid in children)


def asked_questions(server):
    found = server.metrics()
    return (found['auth_cache_hits_total{cache="api_key"}'], found['auth_cache_misses_total{cache="api_key"}'],
            found.get('auth_db_query_duration_seconds_sum{statement="find_api_keys"}', 0),
            found['auth_cache_entries{cache="api_key"}'])


def ask(server, keys, cached):
    """Random keys among these."""
    found = loads.load(server.port, loads.verify_keys(keys, cached, refused=[503]), connections=options.connections,
                       seconds=options.seconds, core=measure.LOAD_CORE if cached else None)
    # On a busy machine some are refused for being late: a few change no figure.
    assert found["refused"] < found["requests"] / 10, f"{found['refused']} of {found['requests']} requests were refused"


def fill(server, keys):
    """Random keys among these, which the cache keeps."""
    ask(server, keys, cached=True)


def a_round(folder, postgres):
    out = {}
    with servers.Latchkey(options.bin, folder, postgres.uri, more=PATIENT) as server:
        server.wait_for("/readyz")
        out["base_bytes"] = before = server.rss_bytes()
        idle = [socket.create_connection(("127.0.0.1", server.port)) for _ in range(1000)]
        for s in idle:
            s.sendall(b"GET /livez HTTP/1.1\r\nHost: localhost\r\n\r\n")
            s.recv(4096)
        out["connection_bytes"] = (server.rss_bytes() - before) / len(idle)
        for s in idle:
            s.close()
        # Many different keys, which the cache takes; nearly all of them are hits then. The first ones are not weighed:
        # they touch most pages of the cache's tables.
        fill(server, HOT // 20)
        memory, few = server.rss_bytes(), asked_questions(server)[3]
        for _ in range(10):
            fill(server, HOT)
            filled = asked_questions(server)
            if filled[3] > 0.98 * HOT:
                break
        out["key_bytes"] = (server.rss_bytes() - memory) / (filled[3] - few)
        cpu = server.cpu_ns()
        fill(server, HOT)
        after = asked_questions(server)
        missed = after[1] - filled[1]
        # A look-up costs about two hits (lookup_us), and few of the keys are missed.
        out["hit_us"] = (server.cpu_ns() - cpu) / 1000 / (after[0] - filled[0] + 2 * missed)
        cpu, database, (hits, misses, busy, _) = server.cpu_ns(), postgres_ns(postgres), asked_questions(server)
        ask(server, options.keys, cached=False)
        after = asked_questions(server)
        looked_up = after[1] - misses
        assert looked_up > 1000, f"only {looked_up} look-ups: more keys are needed"
        out["lookup_us"] = (server.cpu_ns() - cpu) / 1000 / looked_up
        out["database_lookup_us"] = (postgres_ns(postgres) - database) / 1000 / looked_up
        out["lookups_per_connection"] = looked_up / (after[2] - busy)
    return out


def constants():
    return {name: float(value) for name, value in re.findall(r"double (\w+) = ([\d.]+);", HEADER.read_text())}


def write(costs):
    with open("/proc/cpuinfo", encoding="utf-8") as f:
        model = next((line.split(":")[1].strip() for line in f if line.startswith("model name")), "?")
    lines = "".join(f"/// {UNITS[name]}\ninline constexpr double {name} = {value:.{1 if value < 1000 else 0}f};\n"
                    for name, value in costs.items())
    HEADER.write_text(f'''#pragma once
// What a verification costs, as perf/costs.py --write has measured it. Do not edit.

namespace latchkey::server::capacity_costs {{

inline constexpr const char* measured_on = "{model}, Linux {platform.release().split("-")[0]}";
inline constexpr const char* measured_at = "{datetime.date.today()}";
{lines}
}} // namespace latchkey::server::capacity_costs
''')


with servers.Postgres() as postgres, tempfile.TemporaryDirectory(prefix="lk-costs-") as folder:
    postgres.migrated(options.bin)
    seed.keys(postgres, options.keys)
    rounds = []
    for n in range(options.rounds):
        rounds.append(a_round(folder, postgres))
        print(f"round {n + 1}: " + ", ".join(f"{k} {v:.1f}" for k, v in rounds[-1].items()), flush=True)

costs = {name: statistics.median(r[name] for r in rounds) for name in UNITS}
for name, value in costs.items():
    print(f"{name:<24}{value:>14.1f}  {UNITS[name]}")
if options.write:
    write(costs)
    measure.verdict(True, f"written to {HEADER.relative_to(measure.SOURCE)}")
worse = [f"{name}: {costs[name]:.1f}, {value} is assumed" for name, value in constants().items()
         if (value / costs[name] if name == "lookups_per_connection" else costs[name] / value) > options.limit]
measure.verdict(not worse, "; ".join(worse) or f"no figure is more than {options.limit} x the one that latchkey capacity assumes")
