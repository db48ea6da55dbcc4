"""Requests: one at a time, and as a load from the generator (load/), wrk or pgbench."""

import collections
import json
import pathlib
import re
import socket
import subprocess
import tempfile

import measure

PGBENCH = "/usr/lib/postgresql/15/bin/pgbench"
VERIFY_API_KEY = "/api/v1/auth/verify-api-key"

# Exit codes of the generator.
GOOD, WRONG_ANSWER, ONLY_REFUSED = 0, 1, 3

Answered = collections.namedtuple("Answered", "requests rate bad p99_ms text errors", defaults=[None])


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
                    float(value) * {"us": 0.001, "ms": 1, "s": 1000}[unit], out,
                    errors.group(1) if errors else None)


def pgbench(postgres, script, seconds, clients=1, **variables):
    """What it prints. One statement after the other, prepared."""
    defines = [word for name, value in variables.items() for word in ("-D", f"{name}={value}")]
    command = [PGBENCH, "-n", "-M", "prepared", "-f", script, *defines, "-c", clients, "-j", min(clients, 2), "-T", seconds,
               postgres.uri]
    return subprocess.run([str(c) for c in command], capture_output=True, text=True, check=True).stdout


def request(name, path, body=None, headers=None, keys=None, weight=1, method=None, status=200, starts=None, contains=(),
            refused=()):
    """One kind of request of a mix (README.md). {n} in path, body, headers, starts and contains is a number out of
    keys. Answers with a status in `refused` are counted apart; others that are not as expected are wrong."""
    expect = {"status": status, "contains": list(contains), "refused": list(refused)}
    if starts is not None:
        expect["starts"] = starts
    optional = {"body": body, "headers": headers, "keys": keys, "method": method}
    given = {field: value for field, value in optional.items() if value is not None}
    return {"name": name, "weight": weight, "path": path, "expect": expect, **given}


def uniform(count, first=1):
    return {"distribution": "uniform", "first": first, "count": count}


def zipf(count, exponent=0.99, first=1):
    """The number `first` comes most often."""
    return {"distribution": "zipf", "first": first, "count": count, "exponent": exponent}


def sequence(count, first=1):
    return {"distribution": "sequence", "first": first, "count": count}


def mix(*requests):
    return {"requests": list(requests)}


def json_headers(**more):
    return {"Host": "localhost", "Content-Type": "application/json", **more}


def verify_keys(count, cached=True, refused=()):
    """A mix that verifies random keys of seed.keys; cached=False: past the cache."""
    headers = json_headers(**({} if cached else {"Cache-Control": "no-store"}))
    return mix(request("key", VERIFY_API_KEY, '{"api_key":"bench-key-{n}"}', headers, uniform(count),
                       starts='{"valid":true,"code":"VALID","key_id":"key_{n}",', refused=refused))


class Load:
    """The generator, which asks from now on. to: HOST:PORT, a port of 127.0.0.1, or unix:/path. rate: requests a second;
    without it, each connection asks without rest. tls: a file with certificates to trust. before_others: on its core
    it comes before other clients (SCHED_FIFO). watch: pids whose CPU is told. under: the words of a program that starts
    it. Leaving its block ends it, whatever happened there."""

    def __init__(self, to, mix, connections=64, seconds=5, rate=None, core=measure.LOAD_CORE, tls=None, threads=1,
                 warm_up=0, arrivals="steady", before_others=False, seed=1, watch=(), under=()):
        to = f"127.0.0.1:{to}" if isinstance(to, int) else to
        words = [*under, *(["chrt", "-f", 1] if before_others else [])]
        words += ["taskset", "-c", core] if core is not None else []
        words += [measure.helper("load"), "--to", to, "--mix", "/dev/stdin", "--json", "--connections", connections,
                  "--seconds", seconds, "--warm-up", warm_up, "--threads", threads, "--seed", seed]
        words += ["--rate", rate, "--arrivals", arrivals] if rate else []
        words += ["--tls", tls] if tls else []
        words += ["--watch", ",".join(map(str, watch))] if watch else []
        # Files, not pipes, which could fill up while nobody reads.
        self.out, self.complaint, what = (tempfile.TemporaryFile("w+") for _ in range(3))
        json.dump(mix, what)
        what.seek(0)
        self.process = subprocess.Popen([str(w) for w in words], stdin=what, stdout=self.out, stderr=self.complaint)
        what.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        """What is over already stays as it is."""
        self.process.kill()
        self.process.wait()

    def is_over(self):
        return self.process.poll() is not None

    def result(self, wrong_ok=False):
        """What it found (README.md). The program ends with the first wrong answer, unless wrong_ok."""
        with self:
            code = self.process.wait()
        for file in (self.out, self.complaint):
            file.seek(0)
        if code not in (GOOD, WRONG_ANSWER, ONLY_REFUSED):
            raise SystemExit(self.complaint.read().strip())
        found = json.load(self.out)
        if found["wrong"] and not wrong_ok:
            raise SystemExit(f"FAIL  {found['wrong']} answers were wrong; the first: {found['first_wrong']}")
        if found["errors"] or found["unanswered"]:
            print(f"  load: {found['lost']} connections lost, {found['timeouts']} timeouts, {found['unanswered']} "
                  f"unanswered at the end; the first error: {found['first_error']}")
        return found


def load(to, mix, wrong_ok=False, **options):
    """Asks, and returns what was found."""
    return Load(to, mix, **options).result(wrong_ok)


def answered(found):
    """What load() found, as interleave() wants it."""
    return Answered(found["requests"], found["rate"], found["wrong"], found["latency_us"]["p99"] / 1000, "")


def openssl_speed(algorithm, seconds=1):
    """Microseconds to sign, and to verify, on the server's core. The line +F... ends with signatures and
    verifications a second."""
    names = {"RS256": "rsa2048", "ES256": "ecdsap256", "EdDSA": "ed25519"}
    command = ["taskset", "-c", measure.SERVER_CORE, "openssl", "speed", "-seconds", seconds, "-mr", names[algorithm]]
    out = subprocess.run([str(c) for c in command], check=True, capture_output=True, text=True).stdout
    figures = next(line for line in out.splitlines() if line.startswith("+F")).split(":")
    return 1e6 / float(figures[-2]), 1e6 / float(figures[-1])
