"""Latchkey's nodes, and HAProxy before them."""

import json
import os
import signal
import socket

from trial import processes, shipped
from trial.asking import asked, until
from trial.cluster import DATABASES
from trial.network import FRONT_PORT, MACHINES, PORTS

ROLE_PASSWORD = "trial-role"
KEYS = """
insert into public.organizations (organization_id, name) values ('trial', 'Trial') on conflict do nothing;
insert into latchkey.api_keys (key_hash, key_id, organization_id, name, scopes)
 select sha256(('trial-key-' || n)::bytea), 'key_' || n, 'trial', 'trial', '{devices:read}'
 from generate_series(1, %d) n;
"""


class Nodes:
    def __init__(self, program, databases):
        self.program, self.databases = program, databases
        self.starter, self.network, self.folder = databases.starter, databases.network, databases.folder
        self.running, self.front = {}, None
        self.caller = None  # the key by which callers say who they are

    def address(self, node):
        return f"{self.network.prefix}{MACHINES[node]}:{PORTS['latchkey']}"

    def socket(self, node):
        return f"{self.folder}/{node}/admin.sock"

    def make_database(self, keys):
        """The role and its database, the schema, and keys trial-key-1 to trial-key-KEYS."""
        self.databases.sql(f"create role latchkey login password '{ROLE_PASSWORD}' in role pg_read_all_stats")
        self.databases.sql("create database latchkey owner latchkey")
        # libpq asks the hosts in their order, and a standby that does not know the role yet ends that.
        self.databases.wait_replayed()
        self.write_configuration()
        self.starter.run([self.program, "migrate", "--config", self.configuration()], DATABASES[0],
                         environment=self.environment(DATABASES[0]))
        self.databases.sql(KEYS % keys, database="latchkey")
        self.databases.wait_replayed()

    def configuration(self):
        return f"{self.folder}/latchkey.toml"

    def write_configuration(self):
        with open(self.configuration(), "w", encoding="utf-8") as file:
            file.write(shipped.shipped("latchkey.toml", self.network))

    def environment(self, node):
        """What differs between nodes that one machine holds."""
        return {"PGPASSWORD": ROLE_PASSWORD, "LATCHKEY_SERVER__LISTEN": self.address(node),
                "LATCHKEY_SERVER__NODE": node, "LATCHKEY_ADMIN__SOCKET": self.socket(node),
                "LATCHKEY_SERVER__WORKERS": "1"}

    def start(self, node, more=()):
        os.makedirs(f"{self.folder}/{node}", exist_ok=True)
        self.running[node] = self.starter.start(
            f"latchkey.{node}", [self.program, "serve", "--config", self.configuration()], node,
            environment={**self.environment(node), **dict(more)})

    def start_all(self):
        for node in DATABASES:
            self.start(node)
        for node in DATABASES:
            self.wait_ready(node)
        self.caller = self.command(DATABASES[0], "key", "create", "--organization", "trial", "--name", "caller",
                                   "--scopes", "latchkey:verify:*,latchkey:metrics")["api_key"]

    def wait_ready(self, node, seconds=30):
        until(lambda: self.is_ready(node), seconds, f"{node} is ready (log/latchkey.{node})")

    def is_ready(self, node):
        return asked(f"http://{self.address(node)}/readyz")[0] == 200

    def start_front(self, balance=None):
        """balance: another law of HAProxy than the file's."""
        text = shipped.shipped("haproxy.cfg", self.network, {
            "    bind :8000\n": f"    bind {self.network.prefix}{MACHINES['front']}:{FRONT_PORT}\n"
                                f"    bind unix@{self.folder}/front.sock mode 666\n",
            "maxconn 20000": "maxconn 2000",  # for the usual limits of descriptors
            "/run/haproxy/admin.sock mode 660": f"{self.folder}/haproxy.sock mode 600"})
        if balance:
            text = text.replace("balance hash var(txn.about)", f"balance {balance}")
        path = f"{self.folder}/haproxy.cfg"
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)
        self.front = self.starter.start("haproxy", ["/usr/sbin/haproxy", "-db", "-f", path], "front")
        until(lambda: all(row["status"] == "UP" for row in self.servers().values()), 20,
              "HAProxy sees all nodes (log/haproxy)")

    def servers(self):
        """HAProxy's statistics of each node."""
        try:
            with socket.socket(socket.AF_UNIX) as s:
                s.connect(f"{self.folder}/haproxy.sock")
                s.sendall(b"show stat\n")
                text = b"".join(iter(lambda: s.recv(65536), b"")).decode()
        except OSError:
            return {name: {"status": "no HAProxy"} for name in DATABASES}
        names, *rows = [line.split(",") for line in text.lstrip("# ").splitlines() if line]
        found = [dict(zip(names, row)) for row in rows]
        return {row["svname"]: row for row in found if row["pxname"] == "nodes" and row["svname"] != "BACKEND"}

    def command(self, node, *words):
        return json.loads(self.starter.run([self.program, *words, "--json"], environment={
            "LATCHKEY_ADMIN_SOCKET": self.socket(node)}))

    def stop(self, node, what=signal.SIGTERM):
        processes.send(self.running[node].pid, what)
