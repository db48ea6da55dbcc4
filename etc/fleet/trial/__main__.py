"""Starts the fleet, does what etc/fleet/try was asked for, and ends all of it."""

import argparse
import json
import os
import pathlib
import re
import shutil
import signal
import sys
import tempfile
import time

from trial import checks, far, faults, load, losing, processes, stories
from trial.fleet import Fleet, invite

SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
PLACE = re.compile(r"/tmp/latchkey-fleet\.[a-z0-9_]{8}")


def noted(folder):
    """The folder of the trial that ran here before, if it did not get to its end."""
    try:
        place = (folder / "place").read_text().strip()
    except FileNotFoundError:
        return None
    if PLACE.fullmatch(place) and os.path.isdir(place) and os.stat(place).st_uid == os.getuid():
        return place
    return None


def end(folder, place):
    """Ends what runs from the place and removes it."""
    left = processes.end_all(place)
    if left:
        raise SystemExit(f"try: these processes do not end: {left}; what they are: ps -fp {','.join(map(str, left))}")
    processes.forget_shared_memory(place)
    shutil.rmtree(place)
    (folder / "place").unlink(missing_ok=True)


def make_place(folder):
    """Below /tmp, because sockets need short names, and the user postgres must be able to enter it."""
    place = tempfile.mkdtemp(prefix="latchkey-fleet.", dir="/tmp")
    (folder / "place").write_text(place + "\n")
    os.chmod(place, 0o755)
    os.mkdir(f"{place}/log")
    return place


def words():
    parser = argparse.ArgumentParser(prog="etc/fleet/try")
    parser.add_argument("--dir", type=pathlib.Path, required=True)
    parser.add_argument("--bin", required=True)
    parser.add_argument("--loopback", action="store_true")
    for name in ("--check", "--lose-primary", "--far", "--long"):
        parser.add_argument(name, action="store_true")
    parser.add_argument("--timeline", type=pathlib.Path)
    parser.add_argument("--story", action="append", choices=list(stories.STORIES))
    parser.add_argument("--balance")
    parser.add_argument("--lost-s", type=float, default=1)
    return parser.parse_args()


def do(fleet, given):
    """What was asked for; the exit code."""
    if given.check:
        failed = checks.run(fleet, given.lost_s, given.dir)
        print(f"{len(failed)} claims FAILED; the logs: {given.dir}/log" if failed else "all claims hold")
        return 1 if failed else 0
    if given.lose_primary:
        load.revoke(fleet)
        loss = losing.Loss(fleet, faults.kill)
        loss.tell()
        print(f"  the timeline: {loss.write(given.timeline or given.dir / 'timeline')}")
        return 0
    if given.far:
        (given.dir / "far.json").write_text(json.dumps(far.run(fleet)) + "\n", encoding="utf-8")
        return 0
    if given.long:
        failed = stories.run(fleet, given.dir, given.story)
        print(f"{len(failed)} claims FAILED; the logs: {given.dir}/log" if failed else "all claims hold")
        return 1 if failed else 0
    invite(fleet, given)
    while True:
        time.sleep(1)


def main():
    given = words()
    if before := noted(given.dir):
        print(f"ending what an earlier trial left in {before}")
        end(given.dir, before)
    for name in SIGNALS:
        signal.signal(name, lambda number, _: sys.exit(128 + number))
    processes.adopt_orphans()
    place = make_place(given.dir)
    try:
        fleet = Fleet(place, given.bin, given.loopback)
        fleet.start(balance=given.balance)
        code = do(fleet, given)
    except (RuntimeError, OSError) as why:
        print(f"try: {why}; the logs: {given.dir}/log", file=sys.stderr)
        code = 1
    finally:
        for name in SIGNALS:
            signal.signal(name, signal.SIG_IGN)  # what was started is ended first
        shutil.copytree(f"{place}/log", given.dir / "log", dirs_exist_ok=True)
        end(given.dir, place)
    return code


if __name__ == "__main__":
    sys.exit(main())
