"""What all contenders have in common: processes, an address, and requests that they can be asked."""

import os
import pathlib
import resource
import shutil
import signal
import socket
import subprocess
import tempfile
import time

from peers import questions


def tree(pid):
    """The process and all its descendants that live."""
    found = [pid]
    for task in pathlib.Path(f"/proc/{pid}/task").glob("*/children"):
        for child in read(task).split():
            found += tree(int(child))
    return found


def read(path):
    """A file of /proc; nothing if its process has ended meanwhile."""
    try:
        return path.read_text()
    except OSError:
        return ""


def cpu_ns(pid):
    """User and system time of all its threads, by the scheduler's account."""
    stats = (read(task) for task in pathlib.Path(f"/proc/{pid}/task").glob("*/schedstat"))
    return sum(int(stat.split()[0]) for stat in stats if stat)


def tree_cpu_ns(pid):
    """Of a process and its descendants: of PostgreSQL, by Postgres.postmaster."""
    return sum(map(cpu_ns, tree(pid)))


def accepts(to):
    """Whether somebody listens at HOST:PORT or unix:PATH."""
    is_unix = to.startswith("unix:")
    with socket.socket(socket.AF_UNIX if is_unix else socket.AF_INET) as s:
        return s.connect_ex(to[5:] if is_unix else ("127.0.0.1", int(to.split(":")[1]))) == 0


class Peer:
    """Entering starts its processes in a private folder; leaving ends them. `core`: a list for taskset."""

    name = "peer"
    kinds = ()      # what it can be asked (questions.py)
    remembers = ()  # those of them that it answers from a cache of its own

    def __init__(self, core=None):
        self.core = core
        self.to = None
        self.processes = []

    def __enter__(self):
        # As many connections as the system allows; the processes inherit this.
        most = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="lk-peer-", dir="/tmp"))
        try:
            self.begin()
            self.wait_until(lambda: accepts(self.to), f"listens at {self.to}")
        except BaseException:
            self.__exit__()
            raise
        return self

    def begin(self):
        """Starts the processes and sets self.to."""
        raise NotImplementedError

    def __exit__(self, *_):
        for process in reversed(self.processes):
            process.send_signal(signal.SIGTERM)
            try:
                process.wait(timeout=10)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
        shutil.rmtree(self.folder, ignore_errors=True)

    def spawn(self, *command, **environment):
        """Its own words go to FOLDER/log."""
        pinned = ["taskset", "-c", self.core] if self.core is not None else []
        with open(self.folder / "log", "ab") as log:
            process = subprocess.Popen([str(word) for word in (*pinned, *command)], cwd=self.folder, stdout=log,
                                       stderr=log, env={**os.environ, **{k: str(v) for k, v in environment.items()}})
        self.processes.append(process)
        return process

    def wait_until(self, holds, what, seconds=20):
        end = time.monotonic() + seconds
        while not holds():
            ended = any(process.poll() is not None for process in self.processes)
            if ended or time.monotonic() > end:
                log = self.folder / "log"
                said = log.read_text(errors="replace")[-2000:] if log.exists() else ""
                raise SystemExit(f"{self.name}: not true within {seconds} s, or its process ended: {what}\n{said}")
            time.sleep(0.01)

    def pids(self):
        return [pid for process in self.processes for pid in tree(process.pid)]

    def cpu_ns(self):
        return sum(map(cpu_ns, self.pids()))

    def forget(self):
        """Empties its cache, so that the next questions are misses. Nothing to do without one."""

    def request(self, kind, count=1000, first=1):
        """A request of a load's mix, with what its answer must be; None if this contender has no such thing."""
        return questions.request(kind, count, first) if kind in self.kinds else None
