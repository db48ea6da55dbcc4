"""etcd, Patroni and PostgreSQL of three machines."""

import json
import os

from trial import processes, shipped
from trial.asking import asked, until
from trial.network import MACHINES, PORTS

DATABASES = ("m1", "m2", "m3")
CLIENT = "/usr/lib/postgresql/15/bin/psql"


class Cluster:
    def __init__(self, starter):
        self.starter, self.network, self.folder = starter, starter.network, starter.folder
        self.patronis, self.etcds = {}, {}

    def address(self, machine, service):
        return f"{self.network.prefix}{MACHINES[machine]}:{PORTS[service]}"

    def data(self, machine):
        return f"{self.folder}/{machine}/data"

    def make_folders(self):
        for machine in DATABASES:
            for name in (machine, f"{machine}/etcd", f"{machine}/socket"):
                path = f"{self.folder}/{name}"
                os.mkdir(path, 0o700)
                os.chmod(path, 0o755 if name == machine else 0o700)
                self.starter.give_to_owner(path)

    def start_etcd(self, machine):
        given = shipped.of_machine("etcd.env", self.network, machine, MACHINES[machine], ("ETCD_INITIAL_CLUSTER",))
        given["ETCD_DATA_DIR"] = f"{self.folder}/{machine}/etcd"
        if not self.network.can_be_cut:  # 127.0.0.1 is everybody's there
            given["ETCD_LISTEN_CLIENT_URLS"] = given["ETCD_ADVERTISE_CLIENT_URLS"]
        self.etcds[machine] = self.starter.start(f"etcd.{machine}", ["/usr/bin/etcd"], machine, True, given)

    def write_configuration(self, machine):
        here = f"{self.folder}/{machine}"
        # A watchdog would reset the machine of whoever tries this.
        text = shipped.shipped("patroni.yml", self.network, {
            "/var/lib/postgresql/15/latchkey": self.data(machine), "/var/lib/postgresql/latchkey": f"{here}/latchkey",
            "/var/run/postgresql": f"{here}/socket", "mode: automatic": "mode: off"})
        with open(f"{here}/patroni.yml", "w", encoding="utf-8") as file:
            file.write(text)

    def start_patroni(self, machine):
        given = shipped.of_machine("patroni.env", self.network, machine, MACHINES[machine])
        self.patronis[machine] = self.starter.start(
            f"patroni.{machine}", ["/usr/bin/patroni", f"{self.folder}/{machine}/patroni.yml"], machine, True, given)

    def start(self):
        self.make_folders()
        for machine in DATABASES:
            self.write_configuration(machine)
        self.start_all_etcd()
        for machine in DATABASES:
            self.start_patroni(machine)
        until(self.leader, 60, "Patroni has made a cluster (log/patroni.m1)")

    def etcd_answers(self):
        return any('"health":"true"' in asked(f"http://{self.address(m, 'etcd')}/health")[1] for m in DATABASES)

    def members(self):
        """What Patroni says of each: {"name", "role", "state", "timeline", …}."""
        for machine in DATABASES:
            status, text = asked(f"http://{self.address(machine, 'patroni')}/cluster")
            if status == 200:
                return json.loads(text)["members"]
        return []

    def leader(self):
        """The machine whose PostgreSQL is the primary, by Patroni's word."""
        named = [m["name"] for m in self.members() if m["role"] == "leader" and m["state"] == "running"]
        return named[0] if named and asked(f"http://{self.address(named[0], 'patroni')}/primary")[0] == 200 else None

    def is_primary(self, machine):
        return self.sql("select pg_is_in_recovery()", machine) == "f"

    def is_whole(self):
        """One primary, and two standbys that follow it."""
        members = self.members()
        running = [m for m in members if m["state"] in ("running", "streaming")]
        lagging = [m for m in members if m["role"] != "leader" and m.get("lag") != 0]
        lines = {m.get("timeline") for m in members}
        return len(running) == len(DATABASES) and self.leader() and not lagging and len(lines) == 1

    def sql(self, text, machine=None, database="postgres"):
        """As the superuser, on the primary."""
        password = {"PGPASSWORD": shipped.PASSWORDS["change-me-1"]}
        where = f"{self.folder}/{machine or self.leader()}/socket"
        return self.starter.run([CLIENT, "-XqAt", "-v", "ON_ERROR_STOP=1", "-h", where, "-U", "postgres",
                                 "-d", database, "-c", text], environment=password).strip()

    def wait_replayed(self, standbys=2, seconds=20):
        """Until the standbys show what the primary has now."""
        position = self.sql("select pg_current_wal_insert_lsn()")
        question = f"select count(*) from pg_stat_replication where replay_lsn >= '{position}'"
        until(lambda: self.sql(question) == str(standbys), seconds, f"{standbys} standbys have replayed {position}")

    def postmaster(self, machine):
        """The pid of its PostgreSQL; None if it does not run."""
        return next((pid for pid in processes.marked(self.folder)
                     if processes.is_postmaster(pid) and self.data(machine) in processes.words_of(pid)), None)

    def lose_etcd(self):
        for etcd in self.etcds.values():
            etcd.kill()
            etcd.wait()

    def start_all_etcd(self):
        for machine in DATABASES:
            self.start_etcd(machine)
        until(self.etcd_answers, 30, "etcd has a leader (log/etcd.m1)")
