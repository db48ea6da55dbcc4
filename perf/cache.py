#!/usr/bin/env python3
"""Reads of the cache alone, without a server: one thread on a hot set; what a second thread gains, against a plain array of
the same bytes; a million entries, against oneTBB, userspace RCU and a sharded LRU with mutexes, with
two threads that each write 1 %; and the memory of an entry beyond its 256-byte value."""

import collections
import statistics

import measure

options = measure.arguments(__doc__, helpers=["cache_read"], server=False, hot_ns=60.0, gain=0.9)
figures = collections.defaultdict(list)
memory = {}
for words in measure.run_helper("cache_read"):
    if words[0] == "hot":
        figures["hot", words[1]].append(float(words[2]))
    elif words[0] == "gain":
        figures["gain", words[1]].append((float(words[2]), float(words[3])))
    elif words[0] == "million":
        figures["million", words[1], words[2]].append(float(words[3]))
    else:
        memory[words[1]] = float(words[2]), float(words[3])

print("\nhot set: 1,000 entries, one thread, value copied out, ns a read")
for name in ("ours", "tbb", "rculfhash", "mutex_lru", "array"):
    print(f"  {name:<10} {measure.spread(figures['hot', name])}")
print("gain of a second thread, 1 % writes, against an array that is only read")
gains = {}
for name in ("hot", "million"):
    pairs = figures["gain", name]
    gains[name] = statistics.median(ours for ours, _ in pairs) / statistics.median(array for _, array in pairs)
    print(f"  {name:<10} ours {measure.spread([p[0] for p in pairs])}, array {measure.spread([p[1] for p in pairs])}"
          f": {gains[name]:.3f}")
print("a million entries, two threads, 1 % writes, million operations a second")
ahead = True
for law in ("uniform", "zipf"):
    for name in ("ours", "tbb", "rculfhash", "mutex_lru"):
        print(f"  {law:<8} {name:<10} {measure.spread(figures['million', law, name])}")
    rates = {name: statistics.median(figures["million", law, name]) for name in ("ours", "tbb", "rculfhash", "mutex_lru")}
    ahead = ahead and max(rates, key=rates.get) == "ours"
print("bytes an entry beyond its value: by the process's growth, and by the cache's own count")
for name, (grown, counted) in memory.items():
    print(f"  {name:<10} {grown:.0f}" + (f"   {counted:.0f}" if counted else ""))

hot = statistics.median(figures["hot", "ours"])
print()
measure.verdict(hot <= options.hot_ns and min(gains.values()) >= options.gain and ahead,
                f"{hot:.1f} ns a hot read (at most {options.hot_ns:.0f}), a second thread gains {min(gains.values()):.3f} "
                f"of what it gains on an array (at least {options.gain}), "
                + ("ahead of all three" if ahead else "not ahead of all three"))
