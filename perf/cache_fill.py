#!/usr/bin/env python3
"""How long one fill of a full cache holds up its worker at worst, in three cases: nothing in the cache was
asked for, all was asked for, and a reader has held up the entries that were retired. The bound is on how
many entries one fill looks at. Times are printed too, but the longest of many depends on the machine."""

import measure

options = measure.arguments(__doc__, helpers=["cache_fill"], server=False, entries=1_000_000, looks=200)
most = 0
for row in measure.run_helper("cache_fill", options.entries, core=measure.SERVER_CORE):
    if row[0] == "retired":
        print(f"{int(row[1]) / 2**20:.0f} MiB retired")
    else:
        print(f"{row[1]:<14} median {row[2]} ns, longest {int(row[3]) / 1000:.0f} us, at most {row[4]} entries looked at")
        most = max(most, int(row[4]))
measure.verdict(most <= options.looks, f"one fill looks at {most} entries at most (bound {options.looks})")
