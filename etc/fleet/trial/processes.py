"""Processes of a trial: they are started with a mark in their environment, by which all of them are found again, those
of a killed trial as well."""

import ctypes
import os
import pathlib
import signal
import subprocess
import threading
import time

MARK = "LATCHKEY_FLEET"
POSTGRES = "/usr/lib/postgresql/15/bin/postgres"
PR_SET_CHILD_SUBREAPER = 36


def adopt_orphans():
    """PostgreSQL's parent ends at once. From now on such a server becomes our child, and is collected when it has
    ended: in a container nobody else might do that, and Patroni takes a zombie for a server that does not stop."""
    ctypes.CDLL(None, use_errno=True).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
    threading.Thread(target=collect_servers, daemon=True).start()


def collect_servers():
    while True:
        for pid in children_of(os.getpid()):
            if stat_of(pid)[:2] == ["postgres", "Z"]:
                os.waitpid(pid, os.WNOHANG)
        time.sleep(0.1)


def environ_of(pid):
    try:
        with open(f"/proc/{pid}/environ", "rb") as file:
            return file.read().split(b"\0")
    except OSError:  # it is somebody else's, or it has ended
        return []


def words_of(pid):
    try:
        with open(f"/proc/{pid}/cmdline", "rb") as file:
            return file.read().decode(errors="replace").split("\0")[:-1]
    except OSError:
        return []


def is_node(pid, folder):
    """Latchkey hides its environment from all but root."""
    return words_of(pid)[1:] == ["serve", "--config", f"{folder}/latchkey.toml"]


def marked(folder):
    """The pids of all processes that trials in this folder have started, except this one."""
    mark = f"{MARK}={folder}".encode()
    pids = [int(name) for name in os.listdir("/proc") if name.isdigit()]
    return [pid for pid in pids if pid != os.getpid() and words_of(pid)
            and (mark in environ_of(pid) or is_node(pid, folder))]


def send(pid, what):
    try:
        os.kill(pid, what)
    except ProcessLookupError:
        pass


def is_postmaster(pid):
    words = words_of(pid)
    return bool(words) and words[0] == POSTGRES and "-D" in words


def end_all(folder, seconds=10):
    """Ends all that carries the mark. PostgreSQL is asked to, because it leaves shared memory when it is killed.
    Patroni is killed before that, or it would start it again. Returns the pids that cannot be ended."""
    found = marked(folder)
    servers = [pid for pid in found if is_postmaster(pid)]
    for pid in found:
        if pid not in servers:
            send(pid, signal.SIGCONT)
            send(pid, signal.SIGKILL)
    for pid in servers:
        send(pid, signal.SIGCONT)
        send(pid, signal.SIGQUIT)
    deadline = time.monotonic() + seconds
    while left := marked(folder):
        if time.monotonic() > deadline:
            for pid in left:
                send(pid, signal.SIGKILL)
        if time.monotonic() > deadline + seconds:
            return left
        time.sleep(0.05)
    return []


def forget_shared_memory(folder):
    """A server that was killed has left a segment, which would stay until the machine starts again. Its key and id are
    in the server's file."""
    ours = set()
    for file in pathlib.Path(folder).glob("*/data/postmaster.pid"):
        ours.add(tuple(file.read_text(encoding="utf-8").splitlines()[6].split()))
    with open("/proc/sysvipc/shm", encoding="ascii") as table:
        for key, identity, _, _, _, _, attached, *_ in (line.split() for line in table.readlines()[1:]):
            if (key, identity) in ours and attached == "0":
                subprocess.run(["ipcrm", "-m", identity], check=False)


def stat_of(pid):
    """Its name, state, parent and so on; empty if there is no such process."""
    try:
        with open(f"/proc/{pid}/stat", encoding="utf-8", errors="replace") as file:
            before, _, after = file.read().rpartition(")")
            return [before.partition("(")[2], *after.split()]
    except OSError:
        return []


def children_of(pid):
    return [child for child in map(int, filter(str.isdigit, os.listdir("/proc"))) if stat_of(child)[2:3] == [str(pid)]]
