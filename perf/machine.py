"""What the run ran on, and how busy others kept the machine meanwhile."""

import os
import pathlib
import platform
import subprocess


def model():
    with open("/proc/cpuinfo", encoding="utf-8") as f:
        return next((line.split(":")[1].strip() for line in f if line.startswith("model name")), "?")


def described():
    postgres = subprocess.run(
        ["/usr/lib/postgresql/15/bin/postgres", "--version"], capture_output=True, text=True, check=True
    )
    return {
        "cpu": model(),
        "cores": os.cpu_count(),
        "linux": platform.release().split("-")[0],
        "postgres": postgres.stdout.split()[2],
    }


def busy_ticks(stat):
    """From /proc/stat: ticks of all cores that were used, and all ticks. What a hypervisor took away counts as used."""
    user, nice, system, idle, iowait, irq, softirq, steal = map(int, stat.split("\n", 1)[0].split()[1:9])
    used = user + nice + system + irq + softirq + steal
    return used, used + idle + iowait


def parents(proc=pathlib.Path("/proc")):
    """{pid: (parent, ticks that it and its children which ended have used)}"""
    found = {}
    for folder in proc.iterdir():
        if folder.name.isdigit():
            try:
                fields = (folder / "stat").read_text().rsplit(")", 1)[1].split()
            except OSError:
                continue  # it has ended meanwhile
            found[int(folder.name)] = int(fields[1]), sum(map(int, fields[11:15]))
    return found


def ticks_below(roots, processes):
    """What the roots and all that descend from them have used."""
    total = 0
    for pid, (parent, ticks) in processes.items():
        while pid not in roots and parent in processes:
            pid, parent = parent, processes[parent][0]
        total += ticks if pid in roots else 0
    return total


class Meter:
    """The share of the machine that others use between start() and share(). roots: a function that returns the pids
    from which our processes descend. Those whose root has ended meanwhile count as others', so end roots afterwards."""

    def __init__(self, roots):
        self.roots = roots
        self.start()

    def start(self):
        self.begun = self.reading()

    def reading(self):
        used, all_ = busy_ticks(pathlib.Path("/proc/stat").read_text())
        return used, all_, ticks_below(self.roots(), parents())

    def share(self):
        (used, all_, own), (used_before, all_before, own_before) = self.reading(), self.begun
        return others_share(used - used_before, all_ - all_before, own - own_before)


def others_share(used, all_, own):
    return round(min(max((used - own) / all_, 0), 1), 3) if all_ > 0 else 0.0
