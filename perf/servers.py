"""Processes that the programs start and end: latchkey, a private PostgreSQL, nginx."""

import contextlib
import copy
import http.client
import json
import os
import pathlib
import re
import shutil
import signal
import socket
import ssl
import subprocess
import sys
import tempfile
import time
import urllib.request

import loads
import measure

NO_DATABASE = "postgresql:///none?host=/nonexistent"
# Lines of [database] for loads whose every answer counts: on a busy machine nothing is refused for being late.
PATIENT = 'acquire_timeout = "2s"\nquery_timeout = "2s"\noverload_after = "2s"\nwait_target = "1s"\n'


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def user_ns(pid):
    """CPU time in the process's own code, without the kernel's part; in steps of 10 ms."""
    return ticks_ns(pid, 11, 12)


def ended_ns(pid):
    """CPU time of its children that have ended, in steps of 10 ms."""
    return ticks_ns(pid, 13, 15)


def ticks_ns(pid, first, end):
    fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return sum(map(int, fields[first:end])) * 1_000_000_000 // os.sysconf("SC_CLK_TCK")


def wait_for_port(port):
    for _ in range(500):
        try:
            return socket.create_connection(("127.0.0.1", port)).close()
        except OSError:
            time.sleep(0.01)
    sys.exit(f"nothing listens on port {port}")


class Process:
    """A process that we started, on a core of its own if one is named. Leaving the block ends it."""

    def __init__(self, command, core=None, **options):
        if core is not None:
            command = ["taskset", "-c", core, *command]
        self.process = subprocess.Popen([str(c) for c in command], **options)
        self.pid = self.process.pid

    def __enter__(self):
        return self

    def listening(self, port):
        """Itself, once somebody listens there. If nobody does, it is ended."""
        try:
            wait_for_port(port)
        except BaseException:
            self.__exit__()
            raise
        self.port = port
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
        return user_ns(self.pid)

    def rss_bytes(self):
        pages = int(pathlib.Path(f"/proc/{self.pid}/statm").read_text().split()[1])
        return pages * os.sysconf("SC_PAGE_SIZE")


class Latchkey(Process):
    """server, database_lines: for the sections [server] and [database]; more: further sections; places: further addresses
    to listen on; environment: further variables of the process."""

    def __init__(self, binary, folder, database=NO_DATABASE, workers=1, core=None, more="", server="", places="",
                 database_lines="", environment=None):
        self.binary = binary
        self.port = free_port()
        self.to = f"127.0.0.1:{self.port}"
        self.url = f"http://{self.to}"
        self.trust = None  # for https
        self.admin_socket = f"{folder}/admin.sock"
        self.config = pathlib.Path(folder) / "latchkey.toml"
        self.config.write_text(f'[server]\nlisten = "127.0.0.1:{self.port}{places}"\nworkers = {workers}\n{server}'
                               f'[admin]\nsocket = "{self.admin_socket}"\n[database]\nuri = "{database}"\n{database_lines}{more}')
        super().__init__([binary, "serve", "--config", self.config], core=core, stderr=subprocess.DEVNULL,
                         env={**os.environ, **(environment or {})})

    def wait_for(self, path):
        for _ in range(500):
            try:
                return urllib.request.urlopen(self.url + path, timeout=2, context=self.trust).read()
            except OSError:
                time.sleep(0.02)
        sys.exit(f"latchkey does not answer {path}")

    def command(self, *words):
        """What an operator's command answers; None if it fails."""
        out = subprocess.run([str(self.binary), *words, "--json", "--socket", self.admin_socket],
                             capture_output=True, text=True).stdout
        return json.loads(out) if out else None

    def metrics(self):
        """{name with labels: value}"""
        lines = self.wait_for("/metrics").decode().splitlines()
        return {name: float(value) for name, value in (line.rsplit(" ", 1) for line in lines if not line.startswith("#"))}


class AdminConnection(http.client.HTTPConnection):
    """A connection to the admin socket, which is kept open."""

    def __init__(self, path):
        super().__init__("localhost")
        self.path = path

    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.connect(self.path)

    def ask(self, method, path, body=None):
        self.request(method, path, json.dumps(body) if body is not None else None, {"Content-Type": "application/json"})
        answer = self.getresponse()
        text = answer.read()
        if answer.status not in (200, 201):
            sys.exit(f"{method} {path}: {answer.status} {text.decode()}")
        return json.loads(text)


class Postgres:
    """A private cluster (etc/private-postgres)."""

    def __enter__(self):
        self.folder = tempfile.mkdtemp(prefix="lk-perf-", dir="/tmp")
        try:
            # A million keys and their index fit into memory, as they would on a server.
            self.script("start", "--fast", "shared_buffers=1GB")
            self.uri = self.noted("DATABASE_URL")
            self.postmaster = int(self.noted("POSTGRES_PID"))
        except BaseException:  # an interruption too
            self.__exit__()
            raise
        return self

    def __exit__(self, *_):
        try:
            self.script("stop")
        finally:
            shutil.rmtree(self.folder, ignore_errors=True)

    def noted(self, name):
        text = (pathlib.Path(self.folder) / "postgres.env").read_text()
        return re.search(name + r"='?([^'\n]*)", text).group(1)

    def migrated(self, binary):
        """Its URI, with Latchkey's schema behind it."""
        subprocess.run([binary, "migrate"], check=True, stderr=subprocess.DEVNULL,
                       env={**os.environ, "LATCHKEY_DATABASE__URI": self.uri})
        return self.uri

    def database(self, name):
        """Another database of this cluster, which ends with it."""
        self.sql(f"create database {name}")
        other = copy.copy(self)
        other.uri = self.uri.replace("/latchkey?", f"/{name}?")
        return other

    def script(self, *words):
        """In a session of its own: Ctrl-C does not break it off, so that what it starts is known and can be stopped."""
        command = ["bash", measure.SOURCE / "etc/private-postgres", words[0], self.folder, *words[1:]]
        process = subprocess.Popen(command, start_new_session=True)
        try:
            code = process.wait()
        except BaseException:
            process.wait(timeout=60)
            raise
        if code:
            raise subprocess.CalledProcessError(code, command)

    def sql(self, text):
        subprocess.run(["psql", "-q", "-v", "ON_ERROR_STOP=1", self.uri], input=text, text=True, check=True)

    def value(self, query):
        return subprocess.run(["psql", "-At", self.uri, "-c", query], capture_output=True, text=True, check=True).stdout.strip()

    def signal(self, number):
        """To all processes of the cluster."""
        children = pathlib.Path(f"/proc/{self.postmaster}/task/{self.postmaster}/children").read_text().split()
        for pid in [self.postmaster, *map(int, children)]:
            os.kill(pid, number)

    @contextlib.contextmanager
    def stopped(self):
        self.signal(signal.SIGSTOP)
        try:
            yield
        finally:
            self.signal(signal.SIGCONT)


class OpenTransaction:
    """A transaction that has run one query and then does nothing."""

    def __init__(self, postgres, query):
        self.psql = subprocess.Popen(["psql", "-q", "-A", "-t", postgres.uri], stdin=subprocess.PIPE,
                                     stdout=subprocess.PIPE, text=True)
        self.psql.stdin.write(f"begin; {query};\n")
        self.psql.stdin.flush()
        self.psql.stdout.readline()

    def end(self):
        self.psql.stdin.close()
        self.psql.wait()


def epoll_floor(folder, answer):
    """A bare epoll loop that sends these bytes for every request: a Process with a port."""
    file = pathlib.Path(folder) / "answer"
    file.write_bytes(answer)
    port = free_port()
    return Process([measure.helper("epoll_floor"), port, file], core=measure.SERVER_CORE).listening(port)


NGINX = """
daemon off; master_process off; worker_processes 1; pid {folder}/nginx.pid; error_log stderr crit;
events {{ worker_connections 20000; }}
http {{
    access_log off; keepalive_requests 1000000000; keepalive_timeout 75s; server_tokens off;
    client_body_temp_path {folder}/b; proxy_temp_path {folder}/p; fastcgi_temp_path {folder}/f;
    uwsgi_temp_path {folder}/u; scgi_temp_path {folder}/s;
    server {{
        listen 127.0.0.1:{port}{tls};
        location / {{ default_type application/json; {fields} return 200 '{body}'; }}
    }}
}}
"""


def nginx(folder, answer, trust=None, core=measure.SERVER_CORE):
    """nginx with `return 200` and our answer's body. A header field makes up for what our header is longer.
    A Process with a port, and the bytes of its answer. trust: it speaks TLS, with make_certificate's pair."""
    pathlib.Path(folder).chmod(0o755)
    port = free_port()
    with start_nginx(folder, port, answer, "", trust, core):
        missing = len(answer) - len(loads.ask(port, "/", "{}", trust))
    name = "X-Fill: \r\n"
    fill = f"add_header X-Fill {'x' * (missing - len(name))};" if missing > len(name) else ""
    server = start_nginx(folder, port, answer, fill, trust, core)
    try:
        server.answer_bytes = len(loads.ask(port, "/", "{}", trust))
    except BaseException:
        server.__exit__()
        raise
    return server


def start_nginx(folder, port, answer, fields, trust, core):
    body = answer.decode().split("\r\n\r\n", 1)[1]
    tls = (f" ssl; ssl_certificate {folder}/server.pem; ssl_certificate_key {folder}/key.pem; ssl_protocols TLSv1.3"
           if trust else "")
    config = pathlib.Path(folder) / "nginx.conf"
    config.write_text(NGINX.format(folder=folder, port=port, tls=tls, fields=fields, body=body))
    return Process(["nginx", "-c", config, "-p", folder], core=core, stderr=subprocess.DEVNULL).listening(port)


def make_certificate(folder):
    """FOLDER/server.pem and FOLDER/key.pem for localhost (ECDSA P-256); the section [tls] that names them."""
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
                    "-keyout", f"{folder}/key.pem", "-out", f"{folder}/server.pem", "-days", "2",
                    "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1"],
                   check=True, stderr=subprocess.DEVNULL)
    return f'[tls]\ncertificate_file = "{folder}/server.pem"\nkey_file = "{folder}/key.pem"\n'


def trust_in(folder):
    return ssl.create_default_context(cafile=f"{folder}/server.pem")
