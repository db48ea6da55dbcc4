"""Runs the comparisons of perf/comparisons and writes report.html and report.json. perf/run starts it."""

import argparse
import datetime
import json
import os
import pathlib
import resource
import signal
import subprocess
import sys
import time
import traceback

import bench
import comparisons
import machine
import measure
import progress
from peers import node
from report import writing

FULL = {"rounds": 5, "seconds": 1.0, "keys": 1_000_000}
ENDING = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
QUICK = {"rounds": 1, "seconds": 0.5, "keys": 50_000}


def arguments(names):
    parser = argparse.ArgumentParser(
        prog="perf/run",
        description="Compares Latchkey with what it replaces, with what else there "
        "is, and with what the machine can do at all; writes one page.",
    )
    parser.add_argument(
        "--quick", action="store_true", help="one short round of all: answers are checked, times are no figures"
    )
    parser.add_argument(
        "--long", action="store_true", help="ten minutes for each row of the users' table; ten million credentials"
    )
    parser.add_argument("--only", metavar="NAME,…", help="these comparisons")
    parser.add_argument("--list", action="store_true", help="names and titles of the comparisons")
    parser.add_argument("--bin", metavar="FILE", help="the latchkey to measure, instead of building one")
    parser.add_argument(
        "--out", metavar="DIR", type=pathlib.Path, default=measure.BUILD / "report", help="default: %(default)s"
    )
    parser.add_argument(
        "--json", metavar="FILE", type=pathlib.Path, help="where report.json goes; default: DIR/report.json"
    )
    parser.add_argument(
        "--again", metavar="FILE", type=pathlib.Path, help="measures nothing: the page of this report.json, made again"
    )
    parser.add_argument("--rounds", type=int, help="of each comparison; default: 5, with --quick 1")
    parser.add_argument("--seconds", type=float, help="of one load; default: 1, with --quick 0.5")
    parser.add_argument("--keys", type=int, help="in the database; default: 1,000,000, with --quick 50,000")
    options = parser.parse_args()
    for name, value in (QUICK if options.quick else FULL).items():
        if getattr(options, name) is None:
            setattr(options, name, value)
    options.only = options.only.split(",") if options.only else names
    unknown = [name for name in options.only if name not in names]
    if unknown:
        parser.error(f"there is no comparison {', '.join(unknown)}; --list names all")
    if options.bin and not os.access(options.bin, os.X_OK):
        parser.error(f"--bin {options.bin} is no program; without --bin one is built")
    if os.cpu_count() < 2:
        parser.error("the server and the client need a core each, and this machine has one")
    return options


def build(options, chosen):
    """What the comparisons need, and the server unless it is given."""
    needed = list(dict.fromkeys(["load", *(h for module in chosen for h in module.HELPERS)]))
    # With --bin, as in the other programs: what is in C++ and there already is used as it is.
    targets = [h for h in needed if h not in measure.C_PROGRAMS and not (options.bin and measure.helper(h).exists())]
    if not options.bin:
        targets.insert(0, "latchkey")
        options.bin = str(measure.BUILD / "latchkey")
    measure.build(targets, [h for h in needed if h in measure.C_PROGRAMS and measure.is_stale(h)])
    if any(module.NAME == "old_service" for module in chosen) and (problem := node.fetch()):
        print(f"Node is left out: {problem}", flush=True)


def version_of(binary):
    return subprocess.run([binary, "--version"], capture_output=True, text=True, check=True).stdout.split()[-1]


def run(options, chosen):
    """The report: each comparison in turn, with what others used of the machine beside it."""
    said = progress.Progress({m.NAME: m.SECONDS for m in chosen})
    told, untold, failed = {}, {}, {}
    with bench.Bench(options, said) as shared:
        whole, meter = machine.Meter(lambda: shared.roots), machine.Meter(lambda: shared.roots)
        for module in chosen:
            said.begin(module.NAME)
            try:
                untold[module.NAME] = measured(module, shared, meter)
                told[module.NAME] = comparisons.told(module, untold[module.NAME])
                del untold[module.NAME]
            except (Exception, SystemExit) as fault:  # the others may still be measured
                failed[module.NAME] = cause_of(fault)
                said.note("FAILED: " + failed[module.NAME])
            said.end()
        busy = whole.share()
    return {
        "format": 1,
        "date": datetime.date.today().isoformat(),
        "version": version_of(options.bin),
        "quick": options.quick,
        "long": options.long,
        "rounds": options.rounds,
        "machine": machine.described() | {"busy": busy},
        "failed": failed,
        # Whose figures could not be told. Once that is mended, --again tells them.
        "untold": untold,
        "comparisons": told,
    }


def measured(module, shared, meter):
    """Its figures, and how they came about."""
    meter.start()
    begun, shared.rounds_done = time.monotonic(), shared.rounds
    return {
        "figures": module.measure(shared),
        "busy": meter.share(),
        "took_seconds": round(time.monotonic() - begun, 1),
        "rounds": shared.rounds_done,
    }


def cause_of(fault):
    """In words; with the place, if it is not one of the faults that loads and servers tell in words."""
    if isinstance(fault, SystemExit):
        return fault.code if isinstance(fault.code, str) else "said above"
    if isinstance(fault, subprocess.CalledProcessError):
        said = (fault.stderr or fault.stdout or "")[-2000:]
        return f"{' '.join(map(str, fault.cmd))} ended with {fault.returncode}: {said}"
    traceback.print_exception(fault)
    return f"{type(fault).__name__}: {fault}"


def told_again(report, modules):
    """The same figures, in the words, bounds and drawings of today's modules; figures that another version of a module
    measured, in which today's does not find what it reads, keep the words that they have, without drawings."""
    for name, one in report["comparisons"].items():
        try:
            report["comparisons"][name] = comparisons.told(modules[name], one)
        except LookupError:
            one.setdefault("charts", [])
    for name, one in report.pop("untold", {}).items():
        report["comparisons"][name] = comparisons.told(modules[name], one)
        del report["failed"][name]
    return report


def main():
    modules = {m.NAME: m for m in comparisons.all_of_them()}
    options = arguments(list(modules))
    if options.list:
        print("\n".join(f"{name:<14} {module.TITLE}" for name, module in modules.items()))
        return 0
    chosen = [modules[name] for name in options.only]
    if options.again:
        report = told_again(json.loads(options.again.read_text()), modules)
    else:
        build(options, chosen)
        report = run(options, chosen)
    writing.tell(report, writing.write(report, options))
    return 1 if report["failed"] else 0


def interrupted(*_):
    for number in ENDING:  # a second one would break off what ends the servers
        signal.signal(number, signal.SIG_IGN)
    raise KeyboardInterrupt


def open_files():
    """As many as allowed: one comparison opens ten thousand connections, and so do the servers that it starts."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))


if __name__ == "__main__":
    open_files()
    for number in ENDING:  # SIGINT too: it is ignored in what a script runs in the background
        signal.signal(number, interrupted)
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        print("\nperf/run: stopped; all that it started has ended", file=sys.stderr)
        sys.exit(130)
