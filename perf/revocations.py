#!/usr/bin/env python3
"""What a million revocations of tokens cost: memory, and the time that asking for a token's ids takes,
none of which is revoked."""

import statistics

import measure

options = measure.arguments(__doc__, helpers=["revocation_cost"], server=False, count=1_000_000, check_ns=100.0)
rows = measure.run_helper("revocation_cost", options.count, core=measure.SERVER_CORE)
memory = next(row for row in rows if row[0] == "bytes")
build = next(row for row in rows if row[0] == "build")
checks = [(float(row[1]), float(row[2])) for row in rows if row[0] == "check"]
print(f"{options.count} revocations: {memory[1]} bytes each by the process's growth, {memory[2]} by its own count, "
      f"{float(memory[2]) * options.count / 2**20:.0f} MiB; {build[1]} ns to enter one")
print(f"asking for a token: {measure.spread([full for _, full in checks])} ns, in an empty set "
      f"{measure.spread([empty for empty, _ in checks])} ns")
cost = statistics.median(full for _, full in checks)
measure.verdict(cost <= options.check_ns, f"{cost:.1f} ns a verification (at most {options.check_ns:.0f})")
