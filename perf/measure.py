"""What the measurement programs share: servers that are started and ended, loads, CPU time."""

import argparse
import os
import pathlib
import platform
import re
import shutil
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request

SOURCE = pathlib.Path(__file__).resolve().parent.parent
BUILD = SOURCE / "build" / "perf"
SERVER_CORE, LOAD_CORE = "0", "1"


def arguments(description, **defaults):
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("--bin", help="the latchkey to measure (default: built here)")
    for name, value in defaults.items():
        parser.add_argument("--" + name.replace("_", "-"), type=type(value), default=value)
    parsed = parser.parse_args()
    build()
    parsed.bin = parsed.bin or str(BUILD / "latchkey")
    return parsed


def build():
    BUILD.mkdir(parents=True, exist_ok=True)
    subprocess.run(["bash", SOURCE / "etc/install-packages", BUILD / "install.log", "build", "run", "perf"], check=True)
    subprocess.run(["cmake", "-S", SOURCE, "-B", BUILD, "-G", "Ninja", "-DCMAKE_BUILD_TYPE=Release",
                    "-DLATCHKEY_TESTS=OFF", "-DLATCHKEY_PERF=ON"], check=True, stdout=subprocess.DEVNULL)
    subprocess.run(["cmake", "--build", BUILD], check=True, stdout=subprocess.DEVNULL)


def describe_machine():
    with open("/proc/cpuinfo") as f:
        model = next((line.split(":")[1].strip() for line in f if line.startswith("model name")), "?")
    print(f"machine: {model}, {os.cpu_count()} cores, Linux {platform.release()}")


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


class Process:
    """A process of ours, pinned where asked, ended at the end."""

    def __init__(self, command, core=None, **options):
        if core is not None:
            command = ["taskset", "-c", core, *command]
        self.process = subprocess.Popen([str(c) for c in command], **options)
        self.pid = self.process.pid

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.send_signal(signal.SIGTERM)
        try:
            self.process.wait(timeout=10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()

    def cpu_ns(self):
        total = 0
        for task in pathlib.Path(f"/proc/{self.pid}/task").iterdir():
            total += int((task / "schedstat").read_text().split()[0])
        return total

    def user_ns(self):
        """CPU time in the process's own code, without the kernel's part; in steps of 10 ms."""
        fields = pathlib.Path(f"/proc/{self.pid}/stat").read_text().rsplit(")", 1)[1].split()
        return int(fields[11]) * 1_000_000_000 // os.sysconf("SC_CLK_TCK")

    def rss_bytes(self):
        pages = int(pathlib.Path(f"/proc/{self.pid}/statm").read_text().split()[1])
        return pages * os.sysconf("SC_PAGE_SIZE")


class Latchkey(Process):
    def __init__(self, binary, folder, database="postgresql:///none?host=/nonexistent", workers=1, core=None, more="",
                 server="", places=""):
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.trust = None  # for https
        self.config = pathlib.Path(folder) / "latchkey.toml"
        self.config.write_text(f'[server]\nlisten = "127.0.0.1:{self.port}{places}"\nworkers = {workers}\n{server}'
                               f'[admin]\nsocket = "{folder}/admin.sock"\n[database]\nuri = "{database}"\n{more}')
        super().__init__([binary, "serve", "--config", self.config], core=core, stderr=subprocess.DEVNULL)

    def wait_for(self, path):
        for _ in range(500):
            try:
                return urllib.request.urlopen(self.url + path, timeout=2, context=self.trust).read()
            except OSError:
                time.sleep(0.02)
        sys.exit(f"latchkey does not answer {path}")


class Postgres:
    """A private cluster (etc/private-postgres)."""

    def __enter__(self):
        self.folder = tempfile.mkdtemp(prefix="lk-perf-", dir="/tmp")
        # The million keys and their index fit into memory, as they would on a server.
        self.script("start", "--fast", "shared_buffers=1GB")
        text = (pathlib.Path(self.folder) / "postgres.env").read_text()
        self.uri = re.search(r"DATABASE_URL='([^']*)'", text).group(1)
        return self

    def __exit__(self, *_):
        self.script("stop")
        shutil.rmtree(self.folder, ignore_errors=True)

    def migrated(self, binary):
        """Its URI, with Latchkey's schema behind it."""
        subprocess.run([binary, "migrate"], check=True, stderr=subprocess.DEVNULL,
                       env={**os.environ, "LATCHKEY_DATABASE__URI": self.uri})
        return self.uri

    def script(self, *words):
        subprocess.run(["bash", SOURCE / "etc/private-postgres", words[0], self.folder, *words[1:]], check=True)

    def sql(self, text):
        subprocess.run(["psql", "-q", "-v", "ON_ERROR_STOP=1", self.uri], input=text, text=True, check=True)


def wait_for_port(port):
    for _ in range(500):
        try:
            return socket.create_connection(("127.0.0.1", port)).close()
        except OSError:
            time.sleep(0.01)
    sys.exit(f"nothing listens on port {port}")


def wrk(url, seconds, connections, script=None):
    """Requests answered, requests per second, and how many were not 2xx."""
    command = ["taskset", "-c", LOAD_CORE, "wrk", "-t", 1, "-c", connections, "-d", f"{seconds}s"]
    if script:
        command += ["-s", script]
    out = subprocess.run([str(c) for c in [*command, url]], capture_output=True, text=True, check=True).stdout
    requests = int(re.search(r"(\d+) requests in", out).group(1))
    rate = float(re.search(r"Requests/sec:\s*([\d.]+)", out).group(1))
    bad = re.search(r"Non-2xx or 3xx responses: (\d+)", out)
    errors = re.search(r"Socket errors: (.*)", out)
    if errors:
        print("  wrk: socket errors:", errors.group(1))
    return requests, rate, int(bad.group(1)) if bad else 0


def spread(values):
    return f"{statistics.median(values):.3f} ({min(values):.3f} to {max(values):.3f})"


def verdict(good, text):
    print(("PASS  " if good else "FAIL  ") + text)
    sys.exit(0 if good else 1)


def ask(port, path, body):
    """One POST; the whole answer."""
    with socket.create_connection(("127.0.0.1", port)) as s:
        s.sendall((f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nContent-Type: application/json\r\n"
                   f"Content-Length: {len(body)}\r\n\r\n{body}").encode())
        return s.recv(65536)


def post_script(folder, body):
    """wrk's script that posts the body."""
    script = pathlib.Path(folder) / "post.lua"
    script.write_text(f"wrk.method = 'POST'\nwrk.body = '{body}'\n"
                      "wrk.headers['Content-Type'] = 'application/json'\n")
    return script


def interleave(contenders, path, script, options, scheme="http"):
    """CPU us per request of each {name: (process, port)}, round by round; prints them."""
    costs = {name: [] for name in contenders}
    print(f"{'round':>5} {'server':<13} {'requests/s':>11} {'CPU us/request':>15}")
    for n in range(options.rounds):
        for name, (process, port) in contenders.items():
            before = process.cpu_ns()
            requests, rate, bad = wrk(f"{scheme}://127.0.0.1:{port}{path}", options.seconds, options.connections, script)
            cost = (process.cpu_ns() - before) / requests / 1000
            costs[name].append(cost)
            print(f"{n + 1:>5} {name:<13} {rate:>11.0f} {cost:>15.3f}" + (f"  {bad} not 2xx" if bad else ""))
    for name, values in costs.items():
        print(f"{name:<13} CPU us/request: {spread(values)}")
    return costs
