#!/usr/bin/env python3
"""Cold look-ups at up to three times what the database can answer, at offered rates, not in a closed loop.
The database is made the narrow place: one connection that is asked one key at a time, so that the
machine's cores are not. Compared are the answers of the overloaded server, per second, with its peak; how
late the accepted ones are, with those at the peak; and measured how soon the others are refused."""

import tempfile

import loads
import measure
import seed
import servers

options = measure.arguments(__doc__, helpers=["load"], keys=100_000, seconds=4, connections=1024, goodput=0.9,
                            times=3.0, p99=2.0, refusal=5.0)
NARROW = "connections = 1\noverflow = 0\nin_flight = 1\nbatch_max = 1\nbatch_spread = 1\n"


def goodput(found):
    return found["right_rate"]


def ms(found, what, percentile):
    return found[what][percentile] / 1000


def offer(port, **more):
    return loads.load(port, loads.verify_keys(options.keys, cached=False, refused=[503]), core=None, **more)


def at_rate(port, rate):
    # First a second for the limit of look-ups to find its place.
    found = offer(port, connections=options.connections, seconds=options.seconds, rate=rate, warm_up=1)
    print(f"{rate:>9.0f} {goodput(found):>9.0f} {found['refused'] / options.seconds:>10.0f} {ms(found, 'latency_us', 'p99'):>8.1f} "
          f"{ms(found, 'latency_us', 'max'):>8.1f} {ms(found, 'refused_latency_us', 'p99'):>12.2f} "
          f"{ms(found, 'refused_latency_us', 'max'):>8.1f} {found['backlog_max']:>8.0f}", flush=True)
    return found


with servers.Postgres() as postgres, tempfile.TemporaryDirectory(prefix="lk-overload-") as folder:
    postgres.migrated(options.bin)
    seed.keys(postgres, options.keys)
    with servers.Latchkey(options.bin, folder, postgres.uri, more=NARROW) as server:
        server.wait_for("/readyz")
        saturates = goodput(offer(server.port, connections=4, seconds=3))
        print(f"4 callers without rest get {saturates:.0f} look-ups a second")
        print(f"{'offered/s':>9} {'valid/s':>9} {'refused/s':>10} {'p99 ms':>8} {'longest':>8} {'refusal p99':>12} "
              f"{'longest':>8} {'backlog':>8}")
        steps = [at_rate(server.port, saturates * part) for part in (0.5, 0.8, 0.9, 1.0, 1.1)]
        over = [at_rate(server.port, saturates * options.times) for _ in range(3)]

peak = max(steps, key=goodput)
middle = sorted(over, key=goodput)[1]
share = goodput(middle) / goodput(peak)
later = ms(middle, "latency_us", "p99") / ms(peak, "latency_us", "p99")
refusal = ms(middle, "refused_latency_us", "p99")
measure.verdict(share >= options.goodput and later <= options.p99 and refusal <= options.refusal,
                f"at {options.times:.0f} times the load: goodput {share:.2f} of the peak (at least {options.goodput}), "
                f"p99 of the accepted {later:.2f} x (at most {options.p99}), refusals within "
                f"{refusal:.1f} ms (p99; at most {options.refusal})")
