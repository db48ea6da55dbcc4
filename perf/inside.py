"""Looks into a running server: its system calls, its allocations, and the functions in which its time goes."""

import collections
import re
import struct
import subprocess
import time

import measure

LIBRARY = "count_allocations.so"


class Allocations:
    """Counts those of a process that is started with .environment."""

    def __init__(self, folder):
        self.file = folder / "allocations"
        self.environment = {"LD_PRELOAD": str(measure.helper(LIBRARY)), "COUNT_ALLOCATIONS": str(self.file)}

    def count(self):
        return struct.unpack("Q", self.file.read_bytes())[0]


def system_calls(process, load):
    """Per request; None if this kernel does not let us count."""
    command = ["perf", "stat", "-x,", "-e", "raw_syscalls:sys_enter", "-p", str(process.pid)]
    counter = subprocess.Popen(command, stderr=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True)
    answered = load()
    counter.send_signal(2)
    found = re.search(r"^(\d+),", counter.communicate()[1], re.M)
    return int(found[1]) / answered["requests"] if found else None


def profile(process, load, folder, most=6):
    """[(share, function)] of the process's CPU while the load runs, by samples; empty if perf cannot sample here."""
    file = folder / "samples"
    command = ["perf", "record", "-q", "-e", "cpu-clock", "-F", "1999", "-o", file, "-p", process.pid]
    sampler = subprocess.Popen([str(w) for w in command], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    while sampler.poll() is None and not file.exists():
        time.sleep(0.01)  # perf makes its file when it is ready to sample
    load()
    sampler.send_signal(2)
    sampler.wait()
    out = subprocess.run(
        ["perf", "report", "-i", file, "--stdio", "--no-children", "-s", "dso,symbol", "-F", "overhead,dso,symbol"],
        capture_output=True,
        text=True,
    ).stdout
    return named_shares(out)[:most]


def named_shares(report):
    """From perf report's lines; the kernel's functions are one entry, and so are libraries without symbols."""
    shares = collections.Counter()
    for share, dso, mark, symbol in re.findall(r"^ +([\d.]+)% +(\S+) +\[(.)\] +(.+?)(?: {2,}.*)?$", report, re.M):
        shares[simple(dso, mark, symbol)] += float(share)
    return [(share, name) for name, share in shares.most_common()]


def simple(dso, mark, symbol):
    """session::run for latchkey::http::session<…>::run(…) [clone …]; function (library) for C's."""
    if mark == "k":
        return "the kernel"
    if symbol.startswith("0x"):
        return dso
    name = re.sub(r" \[clone.*", "", symbol)
    while "<" in name and (plain := re.sub(r"<[^<>]*>", "", name)) != name:
        name = plain
    name = re.sub(r"\(.*", "", name)
    words = [w for w in name.split(" ")[-1].split("::") if w]
    return "::".join(words[-2:]) if len(words) > 1 else f"{name} ({dso})"


def told(shares):
    return "not sampled" if not shares else ", ".join(f"{share:.0f} % {name}" for share, name in shares)
