#!/usr/bin/env python3
"""Limits and credits of three nodes together: what a decision by a lease costs beside one of the node's own limiter;
how much of a limit is usable when the nodes ask for more than it; whether anybody is refused, or waits, when they ask
for less; and how exactly credits are spent, also when a node is killed meanwhile."""

import contextlib
import http.client
import json
import os
import signal
import statistics
import tempfile
import threading
import time

import measure
import servers

options = measure.arguments(__doc__, helpers=["lease_check"], ratio=3.0, usable=0.98, windows=5, credits=20000)
WINDOW_S = 4
LIMIT = 800
POLICY = (f'[[rate_limit.policies]]\nname = "all"\ncounts = "organization"\nscope = "fleet"\nquantity = {LIMIT}\n'
          f'window = "{WINDOW_S}s"\n')


class Asker(threading.Thread):
    """Asks one node about a key, `rate` times a second (None: without pause), until `end` (seconds since 1970) or until
    `refused` refusals came in a row."""

    def __init__(self, node, key, rate, end, refused=None):
        super().__init__()
        self.node, self.rate, self.end, self.refused = node, rate, end, refused
        self.body = json.dumps({"api_key": key})
        self.answers = {}
        self.is_away = False

    def run(self):
        connection = http.client.HTTPConnection("127.0.0.1", self.node.port, timeout=10)
        begun, asked, in_a_row = time.time(), 0, 0
        while time.time() < self.end and (self.refused is None or in_a_row < self.refused):
            if self.rate:
                time.sleep(max(0, begun + asked / self.rate - time.time()))
            try:
                connection.request("POST", "/api/v1/auth/verify-api-key", self.body, {"Content-Type": "application/json"})
                answer = connection.getresponse()
                text = json.loads(answer.read())
            except (OSError, http.client.HTTPException):
                self.is_away = True
                return
            asked += 1
            code = text.get("code", str(answer.status))
            in_a_row = 0 if code == "VALID" else in_a_row + 1
            self.answers[code] = self.answers.get(code, 0) + 1


def ask_all(nodes, key, rates, end, refused=None):
    crew = [Asker(node, key, rate, end, refused) for node, rate in zip(nodes, rates)]
    for one in crew:
        one.start()
    return crew


def totals(crew):
    out = {}
    for one in crew:
        one.join()
        for code, count in one.answers.items():
            out[code] = out.get(code, 0) + count
    return out


def begin_window():
    """Waits for the beginning of a window: the database's clock is this machine's."""
    time.sleep(WINDOW_S - time.time() % WINDOW_S)
    return time.time() // WINDOW_S * WINDOW_S


def lease_metric(nodes, name, of="limits"):
    return sum(node.metrics()[f'auth_lease_{name}{{of="{of}"}}'] for node in nodes)


def decisions():
    rows = measure.run_helper("lease_check")
    figures = {name: [float(row[-1]) for row in rows if row[0] == name] for name in ("limiter", "lease", "spent", "shared")}
    cores = next(row[1] for row in rows if row[0] == "shared")
    print(f"a decision on one thread: by a lease {measure.spread(figures['lease'])} ns, refused {measure.spread(figures['spent'])} ns; "
          f"by the node's own limiter {measure.spread(figures['limiter'])} ns")
    print(f"{cores} threads on one bucket: {measure.spread(figures['shared'])} ns a decision and thread")
    return statistics.median(figures["lease"]) / statistics.median(figures["limiter"])


class Fleet(contextlib.ExitStack):
    """Three nodes."""

    def __init__(self, uri, more=""):
        super().__init__()
        self.nodes = [self.enter_context(servers.Latchkey(
            options.bin, self.enter_context(tempfile.TemporaryDirectory()), uri, more=more)) for _ in range(3)]
        for node in self.nodes:
            node.wait_for("/readyz")

    def key(self, *words):
        organization = self.nodes[0].command("org", "create", "--name", "Acme")["organization_id"]
        return self.nodes[0].command("key", "create", "--organization", organization, "--name", "k", *words)["api_key"]


def limits(uri):
    """The shares of the limit that were used when more was asked for, and what was answered below it. Each node's last
    answer may be of the next window."""
    shares = []
    with Fleet(uri, POLICY) as fleet:
        nodes, key = fleet.nodes, fleet.key()
        totals(ask_all(nodes, key, [20] * 3, begin_window() + WINDOW_S))
        for rates in ([100, 100, 100], [250, 30, 10]):
            begun, before = begin_window(), lease_metric(nodes, "requests_total")
            got = totals(ask_all(nodes, key, rates, begun + options.windows * WINDOW_S))
            requests = lease_metric(nodes, "requests_total") - before
            shares.append(got["VALID"] / (LIMIT * options.windows))
            print(f"a limit of {LIMIT} in {WINDOW_S} s, asked {rates} times a second: {100 * shares[-1]:.2f} % used, {got}; "
                  f"{requests / (options.windows * WINDOW_S):.0f} requests for leases a second", flush=True)
        begun, before = begin_window(), lease_metric(nodes, "waits_total")
        below = totals(ask_all(nodes, key, [60, 60, 60], begun + options.windows * WINDOW_S))
        print(f"asked [60, 60, 60] times a second: {below}, {lease_metric(nodes, 'waits_total') - before:.0f} waited for a "
              "lease", flush=True)
    return shares, below


def spend(postgres, uri, kills):
    """How many answers were VALID, and the account's row."""
    postgres.sql("delete from latchkey.credit_accounts")
    with Fleet(uri) as fleet:
        key = fleet.key("--credits", str(options.credits))
        crew = ask_all(fleet.nodes, key, [None] * 3, time.time() + 600, 200)
        if kills:
            while int(postgres.value("select spent from latchkey.credit_accounts")) < options.credits // 3:
                time.sleep(0.05)
            os.kill(fleet.nodes[2].pid, signal.SIGKILL)
        valid = totals(crew)["VALID"]
        time.sleep(2)  # what was spent is told within a second
        row = postgres.value("select concat_ws(' ', remaining, leased, spent) from latchkey.credit_accounts")
    remaining, leased, spent = (int(n) for n in row.split())
    print(f"{options.credits} credits{', and a node is killed' if kills else ''}: {valid} VALID; {remaining} remain, "
          f"{leased} are leased, {spent} spent", flush=True)
    return valid, leased


ratio = decisions()
with servers.Postgres() as postgres:
    uri = postgres.migrated(options.bin)
    shares, below = limits(uri)
    exact, _ = spend(postgres, uri, False)
    with_kill, lost = spend(postgres, uri, True)

measure.verdict(ratio <= options.ratio and options.usable <= min(shares) and max(shares) <= 1.002 and set(below) == {"VALID"}
                and exact == options.credits and options.credits - lost <= with_kill <= options.credits,
                f"a decision by a lease costs {ratio:.2f} x the limiter's (at most {options.ratio:g}); {100 * min(shares):.2f} % of "
                f"a limit is usable (at least {100 * options.usable:g} %); {exact} of {options.credits} credits were spent, and "
                f"{with_kill} of them beside a killed node that held {lost}")
