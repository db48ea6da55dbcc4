"""What every program here begins and ends with: its options, what it needs built, interleaved rounds, a verdict."""

import argparse
import os
import pathlib
import platform
import signal
import statistics
import subprocess
import sys

PERF = pathlib.Path(__file__).resolve().parent
SOURCE = PERF.parent
# CI has a build folder of its own, with what the tests built.
BUILD = pathlib.Path(os.environ.get("LATCHKEY_PERF_BUILD", SOURCE / "build" / "perf")).resolve()
SERVER_CORE, LOAD_CORE = "0", "1"

# Small programs in C are compiled by themselves; those in C++ are CMake's (CMakeLists.txt).
C_PROGRAMS = {path.stem: path for path in PERF.glob("*.c")}
# One is a library for LD_PRELOAD.
C_PROGRAMS["count_allocations.so"] = C_PROGRAMS.pop("count_allocations")


def arguments(description, helpers=(), server=True, **defaults):
    """Reads the command line, and then builds what is needed: latchkey, unless --bin names one, and the
    helpers, which are programs in C or C++ of this folder. server=False: no latchkey is measured."""
    parser = argparse.ArgumentParser(description=description, formatter_class=argparse.RawDescriptionHelpFormatter)
    if server:
        parser.add_argument("--bin", metavar="FILE", help="the latchkey to measure, instead of building one; helpers in "
                            "C++ that are there already are used as they are")
    for name, value in defaults.items():
        option = "--" + name.replace("_", "-")
        if isinstance(value, bool):
            parser.add_argument(option, action="store_true")
        else:
            parser.add_argument(option, type=type(value), default=value, help="default: %(default)s")
    options = parser.parse_args()
    signal.signal(signal.SIGTERM, terminated)
    given = server and options.bin
    targets = [h for h in helpers if h not in C_PROGRAMS and not (given and helper(h).exists())]
    if server and not given:
        targets.insert(0, "latchkey")
        options.bin = str(BUILD / "latchkey")
    build(targets, [h for h in helpers if h in C_PROGRAMS and is_stale(h)])
    describe_machine()
    return options


def terminated(*_):
    """Leaves every block, which ends what was started there. A second signal would break that off."""
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    sys.exit("ended by SIGTERM")


def helper(name):
    """Where a helper program is once it is built."""
    return BUILD / "perf" / name


def is_stale(name):
    program = helper(name)
    return not program.exists() or program.stat().st_mtime < C_PROGRAMS[name].stat().st_mtime


def build(targets, c_programs):
    (BUILD / "perf").mkdir(parents=True, exist_ok=True)
    groups = ["run", "perf"] + (["build"] if targets or c_programs else [])
    subprocess.run(["bash", SOURCE / "etc/install-packages", BUILD / "install.log", *groups], check=True)
    if targets or c_programs:
        print(f"building {', '.join([*targets, *c_programs])}; the compiler's output is in {BUILD / 'build.log'}", flush=True)
    with open(BUILD / "build.log", "w") as log:
        for name in c_programs:
            shared = ["-shared", "-fPIC"] if name.endswith(".so") else []
            logged(log, "cc", "-O2", "-Wall", "-Wextra", "-Werror", *shared, "-o", helper(name), C_PROGRAMS[name])
        if targets:
            logged(log, "cmake", "-S", SOURCE, "-B", BUILD, "-G", "Ninja", "-DCMAKE_BUILD_TYPE=Release",
                   "-DLATCHKEY_TESTS=OFF", "-DLATCHKEY_PERF=ON")
            logged(log, "cmake", "--build", BUILD, "--target", *targets)


def logged(log, *command):
    if subprocess.run([str(c) for c in command], stdout=log, stderr=log).returncode != 0:
        sys.exit(f"building failed: see {log.name}")


def describe_machine():
    with open("/proc/cpuinfo") as f:
        model = next((line.split(":")[1].strip() for line in f if line.startswith("model name")), "?")
    print(f"machine: {model}, {os.cpu_count()} cores, Linux {platform.release()}", flush=True)


def run_helper(name, *words, core=None, folder=None):
    """The words that it prints, line by line."""
    pinned = ["taskset", "-c", core] if core is not None else []
    command = [str(w) for w in (*pinned, helper(name), *words)]
    out = subprocess.run(command, check=True, capture_output=True, text=True, cwd=folder).stdout
    return [line.split() for line in out.splitlines()]


def interleave(contenders, rounds):
    """CPU us per request of each {name: (process, load)}, round by round; prints them. load() asks for one
    round and returns loads.Answered. Every second round goes in the opposite order."""
    costs = {name: [] for name in contenders}
    print(f"{'round':>5} {'':<13} {'requests/s':>11} {'CPU us/request':>15}")
    for n in range(rounds):
        for name, (process, load) in list(contenders.items())[:: -1 if n % 2 else 1]:
            before = process.cpu_ns()
            answered = load()
            cost = (process.cpu_ns() - before) / answered.requests / 1000
            costs[name].append(cost)
            print(f"{n + 1:>5} {name:<13} {answered.rate:>11.0f} {cost:>15.3f}", flush=True)
            if answered.bad:
                verdict(False, f"{answered.bad} answers of {name} were not 200")
    for name, values in costs.items():
        print(f"{name:<13} CPU us/request: {spread(values)}")
    return costs


def ratios(ours, theirs):
    """Round by round: the machine's pace changes."""
    return [a / b for a, b in zip(ours, theirs)]


def spread(values):
    return f"{statistics.median(values):.3f} ({min(values):.3f} to {max(values):.3f})"


def verdict(good, text):
    print(("PASS  " if good else "FAIL  ") + text)
    sys.exit(0 if good else 1)
