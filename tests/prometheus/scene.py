"""A PostgreSQL, two nodes under load, and a Prometheus that scrapes them, all of them private and on loopback."""
import contextlib
import datetime
import http.client
import json
import os
import pathlib
import random
import re
import resource
import shutil
import signal
import socket
import ssl
import subprocess
import sys
import tempfile
import threading
import time
import urllib.parse
import urllib.request

SOURCE = pathlib.Path(__file__).resolve().parent.parent.parent
RULES = SOURCE / "etc/prometheus/latchkey.rules.yml"
PATIENCE = 60  # seconds for what must happen, on a busy machine too
FASTER = 60    # what the rules' times are divided by


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def soon(what, within=PATIENCE):
    """Asks until the answer is true, and returns it; None if it does not become true in time."""
    end = time.monotonic() + within
    while time.monotonic() < end:
        with contextlib.suppress(OSError, http.client.HTTPException):
            answer = what()
            if answer:
                return answer
        time.sleep(0.1)
    return None


def faster(rules):
    """The rules with every window, every `for` and every limit of an age in seconds divided by FASTER."""
    units = {"ms": 1, "s": 1000, "m": 60_000, "h": 3_600_000, "d": 86_400_000}
    time_span = r"((?:\d+(?:ms|[smhd]))+)\b"

    def shorter(found):
        ms = sum(int(n) * units[unit] for n, unit in re.findall(r"(\d+)(ms|[smhd])", found[2]))
        return f"{found[1]}{ms // FASTER}ms"
    out = re.sub(r"(\[|for: )" + time_span, shorter, rules)
    out = re.sub(r"(_age_seconds > )(\d+)", lambda m: f"{m[1]}{int(m[2]) / FASTER:g}", out)
    left = [x for x in re.findall(r"\[[^\]]*\]|(?<= for: ).*|(?<= offset )\d.*", out) if not re.fullmatch(r"\[?\d+ms\]?", x)]
    assert not left, f"times that are not divided: {left}"
    return out


def certificate(folder, name, lasts):
    """A new pair for 127.0.0.1 that ends in so many seconds, put into place by renaming."""
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec
    from cryptography.x509.oid import NameOID
    import ipaddress
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "127.0.0.1")])
    now = datetime.datetime.utcnow()
    made = (x509.CertificateBuilder().subject_name(subject).issuer_name(subject).public_key(key.public_key())
            .serial_number(x509.random_serial_number()).not_valid_before(now - datetime.timedelta(days=1))
            .not_valid_after(now + datetime.timedelta(seconds=lasts))
            .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), False)
            .add_extension(x509.BasicConstraints(ca=True, path_length=None), True).sign(key, hashes.SHA256()))
    for suffix, text in (("key", key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8,
                                                   serialization.NoEncryption())),
                         ("crt", made.public_bytes(serialization.Encoding.PEM))):
        new = folder / f"{name}.{suffix}.new"
        new.touch(0o600)
        new.write_bytes(text)
        new.rename(folder / f"{name}.{suffix}")


class Issuer:
    """Publishes a key over HTTPS while it is up."""

    def __init__(self, folder):
        certificate(folder, "issuer", 86400)
        self.folder, self.port, self.server = folder, free_port(), None
        self.up()

    def up(self):
        import http.server
        from cryptography.hazmat.primitives.asymmetric import ec
        import base64
        numbers = ec.generate_private_key(ec.SECP256R1()).public_key().public_numbers()

        def text(n):
            return base64.urlsafe_b64encode(n.to_bytes(32, "big")).rstrip(b"=").decode()
        body = json.dumps({"keys": [{"kty": "EC", "crv": "P-256", "kid": "e1", "alg": "ES256", "x": text(numbers.x),
                                     "y": text(numbers.y)}]}).encode()

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                self.send_response(200)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_):
                pass
        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", self.port), Handler)
        # A node that ends in the middle of a fetch is no news.
        self.server.handle_error = lambda *_: None
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.folder / "issuer.crt", self.folder / "issuer.key")
        self.server.socket = context.wrap_socket(self.server.socket, server_side=True)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def down(self):
        self.server.shutdown()
        self.server.server_close()


class Node:
    """`tls`: it speaks HTTPS, and its log goes into a pipe that is read while `reads_log`."""

    def __init__(self, scene, name, tls):
        self.scene, self.name, self.tls, self.port = scene, name, tls, free_port()
        self.folder = scene.folder / name
        self.folder.mkdir()
        self.address = f"127.0.0.1:{self.port}"
        self.config = self.folder / "latchkey.toml"
        self.reads_log = threading.Event()
        self.reads_log.set()
        self.log = open(self.folder / "log", "wb")
        self.process = None
        if tls:
            certificate(self.folder, "node", 90 * 86400)
        self.start()

    def text(self):
        tls = f'[tls]\ncertificate_file = "{self.folder}/node.crt"\nkey_file = "{self.folder}/node.key"\n' if self.tls else ""
        return f'''[server]
listen = "{self.address}"
workers = 1
connections_max = 150
check_interval = "1s"
[admin]
socket = "{self.folder}/admin.sock"
[database]
uri = "{self.scene.uri}"
[cache]
max_staleness = "4s"
revocations_max = 1000
[breaker]
calls_min = 5
[tokens]
issuer = "https://auth.example"
key_encryption_key_file = "{self.scene.folder}/key-encryption-key"
{tls}[[issuers]]
issuer = "https://issuer.example"
audiences = "api"
allow_private_addresses = true
jwks_url = "https://127.0.0.1:{self.scene.issuer.port}/keys"
ca_file = "{self.scene.folder}/issuer.crt"
jwks_refresh = "10s"
jwks_cooldown = "1s"
jwks_timeout = "1s"
jwks_keep = "75s"
[[rate_limit.policies]]
name = "addresses"
counts = "address"
quantity = 1000000
window = "1s"
'''

    def start(self, *words, environment=None):
        self.config.write_text(self.text())
        read, write = os.pipe()
        self.process = subprocess.Popen([self.scene.binary, "serve", "--config", self.config, *words],
                                        stderr=write, stdin=subprocess.DEVNULL, env={**os.environ, **(environment or {})})
        os.close(write)
        threading.Thread(target=self.read, args=(read,), daemon=True).start()
        if not soon(lambda: self.process.poll() is not None or self.get("/readyz")) or self.process.poll() is not None:
            raise RuntimeError(f"{self.name} does not become ready:\n" + (self.folder / "log").read_text()[-2000:])

    def read(self, pipe):
        with open(pipe, "rb") as lines:
            while True:
                self.reads_log.wait()
                part = lines.read1(65536)
                if not part:
                    return
                self.log.write(part)
                self.log.flush()

    def stop(self, number=signal.SIGTERM):
        if self.process and self.process.poll() is None:
            self.process.send_signal(number)
            try:
                self.process.wait(20)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()

    def restart(self, *words, **options):
        self.stop()
        self.start(*words, **options)

    def reload(self):
        self.process.send_signal(signal.SIGHUP)

    def connect(self):
        if not self.tls:
            return http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)
        return http.client.HTTPSConnection("127.0.0.1", self.port, timeout=10, context=ssl._create_unverified_context())

    def get(self, path):
        """The body, if the status is 200."""
        connection = self.connect()
        try:
            connection.request("GET", path)
            answer = connection.getresponse()
            body = answer.read()
            return body if answer.status == 200 else None
        finally:
            connection.close()

    def command(self, *words):
        done = subprocess.run([self.scene.binary, *words, "--json", "--socket", self.folder / "admin.sock"],
                              capture_output=True, text=True)
        if done.returncode:
            raise RuntimeError(f"latchkey {' '.join(words)}: {done.stderr}")
        return json.loads(done.stdout) if done.stdout.strip() else None


class Load(threading.Thread):
    """Asks one node all kinds of questions, at a steady pace. `cold`: which part asks for keys that nobody has."""

    def __init__(self, scene, node):
        super().__init__(daemon=True)
        self.scene, self.node, self.cold, self.ends, self.pace = scene, node, 0.05, False, 60

    def run(self):
        connection = None
        while not self.ends:
            try:
                connection = connection or self.node.connect()
                for _ in range(20):
                    self.ask(connection)
                    time.sleep(1 / self.pace)
            except Exception:  # noqa: BLE001: whatever a node in trouble does, the load goes on
                if connection:
                    connection.close()
                connection = None
                time.sleep(0.1)
        if connection:
            connection.close()

    def ask(self, connection):
        made, fields = self.scene.credentials, {"Content-Type": "application/json"}
        chance = random.random()
        api = "/api/v1/auth/"
        if chance < self.cold:
            path, body = "verify-api-key", {"api_key": f"unknown-{random.getrandbits(64)}"}
        elif chance < 0.80:
            path, body = "verify-api-key", {"api_key": made["api_key"]}
        elif chance < 0.86:
            path, body = "verify-token", {"token": made["token"]}
        elif chance < 0.91:
            path, body = "authenticate-device", {"device_id": made["device_id"], "device_secret": made["device_secret"]}
        elif chance < 0.95:
            path, body = "generate-token", {"api_key": made["api_key"]}
        elif chance < 0.98:
            path, body = "verify-batch", {"items": [{"type": "api_key", "api_key": made["api_key"]}] * 3}
        else:
            # Every other time somebody without a credential, who gets 401.
            headers = {"Authorization": f"Bearer {made['token']}"} if random.random() < 0.5 else {}
            connection.request("GET", "/forward-auth", headers=headers)
            connection.getresponse().read()
            return
        connection.request("POST", api + path, json.dumps(body), fields)
        connection.getresponse().read()


class Prometheus:
    def __init__(self, scene, nodes, rules):
        self.folder, self.port = scene.folder / "prometheus", free_port()
        self.folder.mkdir()
        (self.folder / "rules.yml").write_text(rules)
        targets = [{"targets": [n.address], "labels": {"__scheme__": "https" if n.tls else "http"}} for n in nodes]
        (self.folder / "prometheus.yml").write_text(json.dumps({
            "global": {"scrape_interval": "500ms", "scrape_timeout": "500ms", "evaluation_interval": "500ms"},
            "rule_files": [str(self.folder / "rules.yml")],
            "scrape_configs": [{"job_name": "latchkey", "tls_config": {"insecure_skip_verify": True},
                                "static_configs": targets}]}))
        self.log = open(self.folder / "log", "wb")
        self.process = subprocess.Popen(
            ["prometheus", f"--config.file={self.folder}/prometheus.yml", f"--storage.tsdb.path={self.folder}/data",
             f"--web.listen-address=127.0.0.1:{self.port}", "--log.level=warn"], stdout=self.log, stderr=self.log)
        if not soon(lambda: urllib.request.urlopen(f"http://127.0.0.1:{self.port}/-/ready", timeout=2)):
            raise RuntimeError("Prometheus does not start: " + (self.folder / "log").read_text())

    def api(self, path, **parameters):
        url = f"http://127.0.0.1:{self.port}/api/v1/{path}?{urllib.parse.urlencode(parameters)}"
        try:
            return json.load(urllib.request.urlopen(url, timeout=30))["data"]
        except urllib.error.HTTPError as error:
            raise RuntimeError(f"{parameters}: {error.read().decode()}") from error

    def query(self, expression):
        return self.api("query", query=expression)["result"]

    def firing(self, alert, instance=None):
        where = f',instance="{instance}"' if instance else ""
        return self.query(f'ALERTS{{alertname="{alert}",alertstate="firing"{where}}}')

    def rules(self):
        return [rule for group in self.api("rules")["groups"] for rule in group["rules"]]

    def stop(self):
        self.process.terminate()
        self.process.wait(30)


class Scene:
    """Leaving the block ends everything that was started."""

    def __init__(self, binary, rules=None):
        self.binary, self.given_rules = str(pathlib.Path(binary).resolve()), rules
        self.cleanup = contextlib.ExitStack()

    def __enter__(self):
        try:
            return self.begin()
        except BaseException:
            self.cleanup.close()
            raise

    def begin(self):
        soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        resource.setrlimit(resource.RLIMIT_NOFILE, (min(max(soft, 4096), hard), hard))
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="lk-prometheus-", dir="/tmp"))
        self.cleanup.callback(shutil.rmtree, self.folder, ignore_errors=True)
        self.start_postgres()
        key = self.folder / "key-encryption-key"
        key.touch(0o600)
        key.write_bytes(os.urandom(32).hex().encode()[:32])
        subprocess.run(["openssl", "rand", "-base64", "-out", key, "32"], check=True)
        self.issuer = Issuer(self.folder)
        subprocess.run([self.binary, "migrate"], check=True, capture_output=True,
                       env={**os.environ, "LATCHKEY_DATABASE__URI": self.uri})
        self.nodes = []
        for name, tls in (("one", False), ("two", True)):
            node = Node(self, name, tls)
            self.cleanup.callback(node.stop)
            self.nodes.append(node)
        self.one, self.two = self.nodes
        self.make_credentials()
        self.loads = [Load(self, n) for n in self.nodes]
        for load in self.loads:
            load.start()
        self.cleanup.callback(self.end_loads)
        self.prometheus = Prometheus(self, self.nodes, self.given_rules or faster(RULES.read_text()))
        self.cleanup.callback(self.prometheus.stop)
        return self

    def __exit__(self, *_):
        self.cleanup.close()

    def end_loads(self):
        for load in self.loads:
            load.ends = True
        for load in self.loads:
            load.join(15)

    def start_postgres(self):
        script = ["bash", SOURCE / "etc/private-postgres"]
        home = self.folder / "postgres"
        subprocess.run([*script, "start", home, "--fast"], check=True, capture_output=True)
        self.cleanup.callback(lambda: (self.signal_postgres(signal.SIGCONT),
                                       subprocess.run([*script, "stop", home], capture_output=True)))
        noted = (home / "postgres.env").read_text()
        self.uri = re.search(r"DATABASE_URL='([^']*)'", noted)[1]
        self.postmaster = int(re.search(r"POSTGRES_PID='([^']*)'", noted)[1])

    def signal_postgres(self, number):
        """To all processes of this cluster, and to no other's."""
        def children():
            path = pathlib.Path(f"/proc/{self.postmaster}/task/{self.postmaster}/children")
            return [int(pid) for pid in path.read_text().split()]
        with contextlib.suppress(OSError):
            for pid in [self.postmaster, *children()]:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, number)

    def sql(self, text):
        done = subprocess.run(["psql", "-X", "-q", "-At", "-v", "ON_ERROR_STOP=1", self.uri], input=text, text=True,
                              capture_output=True)
        if done.returncode:
            raise RuntimeError(done.stderr)
        return done.stdout.strip()

    def make_credentials(self):
        self.one.command("org", "create", "--id", "acme", "--name", "Acme")
        key = self.one.command("key", "create", "--organization", "acme", "--name", "load")
        device = self.one.command("device", "register", "--organization", "acme", "--name", "load", "--id", "door-7")
        connection = self.one.connect()
        connection.request("POST", "/api/v1/auth/generate-token", json.dumps({"api_key": key["api_key"], "expires_in": 3600}),
                           {"Content-Type": "application/json"})
        token = json.load(connection.getresponse())["access_token"]
        connection.close()
        self.credentials = {"api_key": key["api_key"], "device_id": device["device_id"],
                            "device_secret": device["device_secret"], "token": token}


def series_of(prometheus, expression):
    """What an expression of a dashboard or of an alert returns, with the comparisons made into 0 and 1."""
    plain = re.sub(r" (==|!=|>=|<=|>|<) (?!bool)", r" \1 bool ", expression)
    return prometheus.query(plain)


if __name__ == "__main__":
    sys.exit("this is a module: see tests/prometheus/night")
