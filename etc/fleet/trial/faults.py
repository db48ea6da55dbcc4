"""Ways to lose the primary of a cluster."""

import base64
import json
import signal
import urllib.request

from trial import processes, shipped


def processes_of(cluster, machine):
    """Patroni and PostgreSQL of a machine; whoever starts others comes first."""
    server = cluster.postmaster(machine)
    return [cluster.patronis[machine].pid, *([server, *processes.children_of(server)] if server else [])]


def kill(cluster, machine):
    """As if it had lost its power: none sees another die."""
    found = freeze(cluster, machine)
    for pid in found:
        processes.send(pid, signal.SIGKILL)
    cluster.patronis[machine].wait()


def freeze(cluster, machine):
    """Connections stay open, and nobody answers."""
    found = processes_of(cluster, machine)
    for pid in found:
        processes.send(pid, signal.SIGSTOP)
    return found


def thaw(cluster, machine):
    for pid in processes_of(cluster, machine):
        processes.send(pid, signal.SIGCONT)


def switch_over(cluster, machine):
    """Patroni makes another machine's PostgreSQL the primary."""
    user = base64.b64encode(f"patroni:{shipped.PASSWORDS['change-me-4']}".encode()).decode()
    question = urllib.request.Request(
        f"http://{cluster.address(machine, 'patroni')}/switchover", json.dumps({"leader": machine}).encode(),
        {"Authorization": f"Basic {user}", "Content-Type": "application/json"})
    with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(question, timeout=60) as answer:
        answer.read()


def cut(cluster, machine):
    """Its cable is pulled."""
    cluster.network.cut(machine)
