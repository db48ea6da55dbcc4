"""The network of a trial. As root, each machine has a network namespace of its own, and this process, in whose
namespace the switch between them is, must itself have been started in a new one (unshare -n): the host's network is not
touched, and all of it is gone when the last process is. Else the machines are addresses of the loopback interface."""

import os
import socket
import subprocess
import time

MACHINES = {"front": 10, "m1": 11, "m2": 12, "m3": 13, "far": 21, "line": 22}
PORTS = {"postgres": 5432, "patroni": 8008, "etcd": 2379, "etcd_peer": 2380, "latchkey": 8080}
FRONT_PORT = 8000


def ip(*words, enter=()):
    subprocess.run([*enter, "ip", *map(str, words)], check=True, capture_output=True, text=True)


class Namespaces:
    """192.0.2.0/24 (documentation's addresses, RFC 5737), as in the files that a user copies."""

    prefix = "192.0.2."
    can_be_cut = True

    def __init__(self, starter):
        self.pids = {}
        ip("link", "set", "dev", "lo", "up")
        ip("link", "add", "name", "switch", "type", "bridge")
        ip("addr", "add", self.prefix + "1/24", "dev", "switch")
        ip("link", "set", "dev", "switch", "up")
        for name, number in MACHINES.items():
            self.add(name, number, starter)

    def add(self, name, number, starter):
        self.pids[name] = None
        holder = starter.start("namespaces", ["unshare", "-n", "sleep", "infinity"])
        wait_for_namespace(holder.pid)
        self.pids[name] = holder.pid
        ip("link", "add", "name", name, "type", "veth", "peer", "name", "eth0", "netns", holder.pid)
        ip("link", "set", "dev", name, "master", "switch", "up")
        for words in (("link", "set", "dev", "lo", "up"), ("link", "set", "dev", "eth0", "up"),
                      ("addr", "add", f"{self.prefix}{number}/24", "dev", "eth0")):
            ip(*words, enter=self.enter(name))

    def enter(self, machine):
        """The words before a command that is to run on the machine; None: on this one."""
        return ["nsenter", "-t", str(self.pids[machine]), "-n", "--"] if self.pids.get(machine) else []

    def cut(self, machine):
        """Its cable is pulled."""
        ip("link", "set", "dev", machine, "down")

    def mend(self, machine):
        ip("link", "set", "dev", machine, "up")


class Loopback:
    prefix = "127.0.0."
    can_be_cut = False

    def __init__(self):
        taken = [f"{host}:{port}" for host, port in self.places() if not is_free(host, port)]
        if taken:
            raise RuntimeError(f"{', '.join(taken)}: something listens there already; end it, or run this as root, "
                               "which needs no port of this machine")

    def places(self):
        for name, number in MACHINES.items():
            ports = [FRONT_PORT] if name == "front" else PORTS.values()
            yield from ((f"{self.prefix}{number}", port) for port in ports)

    def enter(self, _machine):
        return []


def is_free(host, port):
    with socket.socket() as s:
        s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            s.bind((host, port))
        except OSError:
            return False
    return True


def namespace_of(pid):
    return os.readlink(f"/proc/{pid}/ns/net")


def wait_for_namespace(pid):
    """Until the process is in a namespace other than ours."""
    ours, deadline = namespace_of("self"), time.monotonic() + 10
    while namespace_of(pid) == ours:
        if time.monotonic() > deadline:
            raise RuntimeError("unshare -n made no network namespace within 10 s")
        time.sleep(0.01)
