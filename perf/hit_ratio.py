#!/usr/bin/env python3
"""Hit ratios of the server's eviction policy, of others and of Belady's optimum, on the traces in
the folder LATCHKEY_TRACES (*.txt or *.txt.gz, one key per line), at 1, 5, 10 and 25 percent of the
distinct keys. The server's must be within one point of the best online policy, on the mean."""

import collections
import gzip
import os
import pathlib
import shutil
import statistics
import sys
import tempfile

import measure

folder = os.environ.get("LATCHKEY_TRACES")
files = sorted(pathlib.Path(folder).glob("*.txt*")) if folder else []
if not files and not {"-h", "--help"} & set(sys.argv):
    sys.exit("set LATCHKEY_TRACES to a folder with traces: *.txt or *.txt.gz, one key per line")
options = measure.arguments(__doc__, helpers=["hit_ratio"], server=False, limit=1.0)

with tempfile.TemporaryDirectory() as work:
    traces = []
    for file in files:
        target = pathlib.Path(work) / file.name.removesuffix(".gz").removesuffix(".txt")
        with (gzip.open if file.suffix == ".gz" else open)(file, "rb") as source, open(target, "wb") as out:
            shutil.copyfileobj(source, out)
        traces.append(target.name)
    rows = measure.run_helper("hit_ratio", *traces, folder=work)

ratios = collections.defaultdict(dict)
for trace, share, policy, percent in rows:
    ratios[trace, float(share)][policy] = float(percent)
policies = ["ours", "lru", "s3-fifo", "sieve", "w-tinylfu", "belady"]


def row(name, share, values):
    print(f"{name:<14}{share:>6}" + "".join(f"{values[p]:>11.2f}" for p in policies))


print(f"{'trace':<14}{'size':>6}" + "".join(f"{p:>11}" for p in policies))
shares = sorted({share for _, share in ratios})
for (trace, share), values in sorted(ratios.items()):
    row(trace, f"{share:.0%}", values)


def mean_of(some):
    return {p: statistics.mean(ratios[key][p] for key in some) for p in policies}


for share in shares:
    row("mean", f"{share:.0%}", mean_of([key for key in ratios if key[1] == share]))
overall = mean_of(ratios)
row("mean", "all", overall)
best = max((p for p in policies if p != "belady"), key=overall.get)
behind = overall[best] - overall["ours"]
measure.verdict(behind <= options.limit,
                f"on the mean, ours is {behind:.2f} points behind the best online policy, {best} (at most {options.limit})")
