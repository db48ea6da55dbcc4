"""Requests: one at a time, and as a load from wrk, pgbench or the programs of load/."""

import collections
import pathlib
import re
import socket
import subprocess

import measure

PGBENCH = "/usr/lib/postgresql/15/bin/pgbench"
VERIFY_API_KEY = "/api/v1/auth/verify-api-key"

Answered = collections.namedtuple("Answered", "requests rate bad p99_ms text")
Offered = collections.namedtuple("Offered", "valid refused wrong p99 longest refusal_p99 refusal_longest backlog")


def ask(port, path, body, trust=None):
    """One POST; the whole answer."""
    with socket.create_connection(("127.0.0.1", port)) as s:
        if trust:
            s = trust.wrap_socket(s, server_hostname="localhost")
        with s:
            s.sendall((f"POST {path} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
                       f"Content-Length: {len(body)}\r\n\r\n{body}").encode())
            return s.recv(65536)


def cached_answer(server, path, body):
    """The answer, once it comes from the cache. The news of a new row may arrive during its first look-up,
    which is then not kept."""
    for _ in range(200):
        answer = ask(server.port, path, body, server.trust)
        if b"X-Auth-Cache: hit" in answer:
            return answer
    raise SystemExit(f"{path} is not answered from the cache: {answer!r}")


def post_script(folder, body, more="", name="post.lua"):
    """wrk's script that posts the body; more: further lines of it."""
    script = pathlib.Path(folder) / name
    script.write_text(f"wrk.method = 'POST'\nwrk.body = '{body}'\n"
                      f"wrk.headers['Content-Type'] = 'application/json'\n{more}")
    return script


def wrk_command(url, seconds, connections, script=None):
    command = ["taskset", "-c", measure.LOAD_CORE, "wrk", "--latency", "-t", 1, "-c", connections, "-d", f"{seconds}s"]
    return [str(c) for c in command + (["-s", script] if script else []) + [url]]


def wrk(url, seconds, connections, script=None, before_others=False):
    """before_others: on its core it comes before other clients (SCHED_FIFO)."""
    command = wrk_command(url, seconds, connections, script)
    if before_others:
        command = ["chrt", "-f", "1", *command]
    out = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    requests = int(re.search(r"(\d+) requests in", out).group(1))
    rate = float(re.search(r"Requests/sec:\s*([\d.]+)", out).group(1))
    bad = re.search(r"Non-2xx or 3xx responses: (\d+)", out)
    value, unit = re.search(r"99%\s+([\d.]+)(us|ms|s)", out).groups()
    errors = re.search(r"Socket errors: (.*)", out)
    if errors:
        print("  wrk: socket errors:", errors.group(1))
    return Answered(requests, rate, int(bad.group(1)) if bad else 0,
                    float(value) * {"us": 0.001, "ms": 1, "s": 1000}[unit], out)


def pgbench(postgres, script, seconds, clients=1, **variables):
    """What it prints. One statement after the other, prepared."""
    defines = [word for name, value in variables.items() for word in ("-D", f"{name}={value}")]
    command = [PGBENCH, "-n", "-M", "prepared", "-f", script, *defines, "-c", clients, "-j", min(clients, 2), "-T", seconds,
               postgres.uri]
    return subprocess.run([str(c) for c in command], capture_output=True, text=True, check=True).stdout


def verify_load(port, connections, seconds, keys):
    """Random keys of seed.keys without rest: requests, requests a second, wrong answers."""
    return [int(word) for word in measure.run_helper("verify_load", port, connections, seconds, keys)[0]]


class OfferedLoad:
    """Random keys of seed.keys at a rate, however late the answers are. It runs from now on."""

    def __init__(self, port, connections, seconds, keys, rate):
        words = (measure.helper("verify_load"), port, connections, seconds, keys, rate)
        self.process = subprocess.Popen([str(w) for w in words], stdout=subprocess.PIPE, text=True)

    def is_over(self):
        return self.process.poll() is not None

    def result(self):
        return Offered(*map(float, self.process.communicate()[0].split()))


def openssl_speed(algorithm, seconds=1):
    """Microseconds to sign, and to verify, on the server's core. The line +F... ends with signatures and
    verifications a second."""
    names = {"RS256": "rsa2048", "ES256": "ecdsap256", "EdDSA": "ed25519"}
    command = ["taskset", "-c", measure.SERVER_CORE, "openssl", "speed", "-seconds", seconds, "-mr", names[algorithm]]
    out = subprocess.run([str(c) for c in command], check=True, capture_output=True, text=True).stdout
    figures = next(line for line in out.splitlines() if line.startswith("+F")).split(":")
    return 1e6 / float(figures[-2]), 1e6 / float(figures[-1])
