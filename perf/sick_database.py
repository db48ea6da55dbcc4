#!/usr/bin/env python3
"""PostgreSQL stopped (SIGSTOP), and killed (SIGKILL) and started again, under an offered load of cold
look-ups beside cached ones: how soon the breaker is open; how late a worker's loop gets meanwhile; how soon
look-ups are refused while it is open; whether cached keys are answered as before and no answer is wrong; how
soon after the database is back the first cold look-up is answered."""

import json
import os
import pathlib
import signal
import statistics
import subprocess
import tempfile
import time
import urllib.error
import urllib.request

import loads
import measure
import seed
import servers

options = measure.arguments(__doc__, helpers=["load"], keys=100_000, rounds=3, rate=1000, connections=256,
                            opens_ms=1000.0, stall_ms=10.0, refusal_ms=50.0, again_s=5.0)

def start_again(postgres):
    """After a SIGKILL of the postmaster, whose processes may need a moment to end."""
    data = postgres.noted("POSTGRES_DATA")
    command = (f"/usr/lib/postgresql/15/bin/pg_ctl start -D {data} -l {data}/../log -w -o '-c listen_addresses= "
               f"-c unix_socket_directories={postgres.noted('POSTGRES_SOCKET_DIR')} -c max_connections=200'")
    owner = ["setpriv", "--reuid=postgres", "--regid=postgres", "--init-groups"] if os.geteuid() == 0 else []
    for _ in range(100):
        if subprocess.run([*owner, "/bin/sh", "-c", f"cd / && {command}"], stdout=subprocess.DEVNULL,
                          stderr=subprocess.DEVNULL).returncode == 0:
            break
        time.sleep(0.05)
    postgres.postmaster = int((pathlib.Path(data) / "postmaster.pid").read_text().split()[0])


def ask(server, key, cached):
    """The status; 201 when it came from the cache."""
    request = urllib.request.Request(server.url + loads.VERIFY_API_KEY, json.dumps({"api_key": key}).encode(),
                                     {"Content-Type": "application/json"})
    if not cached:
        request.add_header("Cache-Control", "no-store")
    try:
        with urllib.request.urlopen(request, timeout=5) as answer:
            hit = answer.headers["X-Auth-Cache"] == "hit"
            return (201 if hit else 200) if b'"valid":true' in answer.read() else 0
    except urllib.error.HTTPError as refusal:
        return refusal.code


def wait_until(holds, seconds=20.0):
    """How long it took, in seconds."""
    begun = time.monotonic()
    while not holds():
        if time.monotonic() - begun > seconds:
            return float("inf")
        time.sleep(0.005)
    return time.monotonic() - begun


def late_ticks(before, after, bound_ms):
    """How often a worker's timer fired later than the bound."""
    name = "auth_event_loop_lag_seconds"
    within = f'{name}_bucket{{le="{bound_ms / 1000:g}"}}'
    return (after[f"{name}_count"] - before[f"{name}_count"]) - (after[within] - before[within])


def offered(server, seconds):
    mix = loads.verify_keys(options.keys, cached=False, refused=[503])
    return loads.Load(server.port, mix, connections=options.connections, seconds=seconds, rate=options.rate, core=None)


def healthy(server):
    """How often the timer is late with nothing wrong: on a machine that is busy with other things too, it is."""
    before = server.metrics()
    load = offered(server, 5)
    while not load.is_over():
        server.metrics()
        time.sleep(0.01)
    late = late_ticks(before, server.metrics(), options.stall_ms)
    print(f"{'well':<8} {'':>14} {late:>16.0f}")
    return late


def episode(server, postgres, how):
    load = offered(server, 3)
    time.sleep(1)
    before = server.metrics()
    if how == "stopped":
        postgres.signal(signal.SIGSTOP)
    else:
        os.kill(postgres.postmaster, signal.SIGKILL)
    opened = wait_until(lambda: server.metrics()["auth_breaker_state"] == 2)
    wrong = load.result(wrong_ok=True)["wrong"]
    sick = offered(server, 2)
    cached = [ask(server, "bench-key-1", True) for _ in range(100)]
    found = sick.result(wrong_ok=True)
    wrong += found["wrong"]
    refusal_p99, refusal_longest = (found["refused_latency_us"][name] / 1000 for name in ("p99", "max"))
    after = server.metrics()
    if how == "stopped":
        postgres.signal(signal.SIGCONT)
    else:
        start_again(postgres)
    again = wait_until(lambda: ask(server, "bench-key-2", False) == 200)
    stalls = late_ticks(before, after, options.stall_ms)
    print(f"{how:<8} {opened * 1000:>14.0f} {stalls:>16.0f} {found['refused']:>8.0f} {refusal_p99:>12.1f} "
          f"{refusal_longest:>8.1f} "
          f"{cached.count(201):>11}% {again:>9.2f} {wrong:>6.0f}", flush=True)
    wait_until(lambda: server.metrics()["auth_breaker_state"] == 0)
    # After a crash the feed empties the cache, once it is back.
    wait_until(lambda: server.metrics()["auth_feed_age_seconds"] < 1)
    wait_until(lambda: ask(server, "bench-key-1", True) == 201)
    return opened * 1000, stalls, refusal_p99, cached.count(201), again, wrong


with servers.Postgres() as postgres, tempfile.TemporaryDirectory(prefix="lk-sick-") as folder:
    postgres.migrated(options.bin)
    seed.keys(postgres, options.keys)
    with servers.Latchkey(options.bin, folder, postgres.uri, workers=2) as server:
        server.wait_for("/readyz")
        wait_until(lambda: ask(server, "bench-key-1", True) == 201)
        print(f"{'database':<8} {'breaker open ms':>14} {'ticks > %g ms' % options.stall_ms:>16} {'refused':>8} {'p99 ms':>12} "
              f"{'longest':>8} {'cached good':>12} {'again s':>9} {'wrong':>6}")
        usual = [healthy(server) for _ in range(options.rounds)]
        found = [episode(server, postgres, how) for _ in range(options.rounds) for how in ("stopped", "killed")]

opened, stalls, refusal, cached, again, wrong = zip(*found)
good = (max(opened) <= options.opens_ms and max(refusal) <= options.refusal_ms and min(cached) == 100 and
        max(again) <= options.again_s and sum(wrong) == 0 and statistics.median(stalls) <= max(usual))
measure.verdict(good, f"breaker open within {max(opened):.0f} ms (at most {options.opens_ms:.0f}), refusals within "
                f"{max(refusal):.1f} ms (p99; at most {options.refusal_ms:.0f}), {statistics.median(stalls):.0f} ticks of a "
                f"worker's loop later than {options.stall_ms:.0f} ms (at most as many as with a healthy database: "
                f"{max(usual):.0f}), cached keys valid in at least {min(cached)} % of the requests, answering again "
                f"within {max(again):.1f} s (at most {options.again_s:.0f}), {sum(wrong):.0f} wrong")
