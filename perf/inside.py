"""Looks into a running server: its system calls, its allocations, and the functions in which its time goes."""

import collections
import pathlib
import re
import shutil
import signal
import struct
import subprocess
import time

import measure

LIBRARY = "count_allocations.so"


class Allocations:
    """Counts those of a process that is started with .environment. The library is copied into the folder, because
    LD_PRELOAD ends a name at a space."""

    def __init__(self, folder):
        self.file = folder / "allocations"
        library = shutil.copy(measure.helper(LIBRARY), folder)
        self.environment = {"LD_PRELOAD": str(library), "COUNT_ALLOCATIONS": str(self.file)}

    def count(self):
        return struct.unpack("Q", self.file.read_bytes())[0]


def counted(words):
    """How many events perf stat, begun with these words, has written into its file; None if it could not count."""
    found = re.search(r"^(\d+),", pathlib.Path(words[words.index("-o") + 1]).read_text(), re.M)
    return int(found[1]) if found else None


def system_calls(process, folder, load, seconds=1.0):
    """Per request; None if this kernel does not let us count. load(under, seconds): a load that perf stat starts, so
    that it counts from the load's begin to its end. A short load and a longer one: what opening connections takes is in
    both. What the server does while nobody asks is taken off."""
    words = ["perf", "stat", "-x,", "-o", str(folder / "calls"), "-e", "raw_syscalls:sys_enter"]
    if subprocess.run([*words, "true"], capture_output=True).returncode or counted(words) is None:
        return None
    words += ["-p", str(process.pid), "--"]
    subprocess.run([*words, "sleep", str(seconds)], check=True)
    idle, found = counted(words), []
    for long in (seconds / 2, seconds * 1.5):
        requests = load(words, long)["requests"]
        found.append((counted(words), requests))
    (few, asked_few), (many, asked_many) = found
    return (many - few - idle) / max(asked_many - asked_few, 1)


def profile(process, load, folder, most=6):
    """[(share, function)] of the process's CPU while the load runs, by samples; empty if perf cannot sample here."""
    file = folder / "samples"
    command = ["perf", "record", "-q", "-e", "cpu-clock", "-F", "1999", "-o", file, "-p", process.pid]
    with subprocess.Popen([str(w) for w in command], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as sampler:
        try:
            while sampler.poll() is None and not file.exists():
                time.sleep(0.01)  # perf makes its file when it is ready to sample
            load()
        finally:
            sampler.send_signal(signal.SIGINT)
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
