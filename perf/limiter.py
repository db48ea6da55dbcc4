#!/usr/bin/env python3
"""A check of a rate limit: on a thousand callers; refused; with all cores on one bucket; and ten million
addresses within a second through the table's fixed memory, beside offenders and good callers."""

import statistics

import measure

options = measure.arguments(__doc__, helpers=["rate_check"], server=False, check_ns=30.0, shared=5.0, bytes_max=33 << 20)
rows = measure.run_helper("rate_check")
figures = {name: [float(row[-1]) for row in rows if row[0] == name] for name in ("alone", "refused", "shared")}
cores = next(row[1] for row in rows if row[0] == "shared")
cost, grown, locked_out, extra, displaced = (float(n) for n in next(row for row in rows if row[0] == "flood")[1:])
print(f"one thread, a thousand callers: {measure.spread(figures['alone'])} ns; refused {measure.spread(figures['refused'])} ns")
print(f"{cores} threads on one bucket: {measure.spread(figures['shared'])} ns a check and thread")
print(f"10,000,000 addresses in a second: {cost:.1f} ns each, {grown / 2**20:.1f} MiB, {displaced:.0f} displaced; "
      f"{locked_out:.0f} good callers refused, {extra:.0f} requests of 100 offenders let through")
alone = statistics.median(figures["alone"])
ratio = statistics.median(figures["shared"]) / alone
measure.verdict(alone <= options.check_ns and ratio <= options.shared and grown <= options.bytes_max
                and locked_out == 0 and extra == 0,
                f"{alone:.1f} ns a check (at most {options.check_ns:.0f}), {ratio:.1f} x with all cores on one bucket "
                f"(at most {options.shared:.0f}), {grown / 2**20:.1f} MiB (at most {options.bytes_max / 2**20:.0f}), nobody "
                "locked out and no offender freed" + ("" if locked_out == extra == 0 else ": NOT SO"))
