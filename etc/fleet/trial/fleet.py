"""All of it, running."""

import time

from trial import cluster, network, nodes
from trial.asking import until
from trial.starter import Starter


class Fleet:
    def __init__(self, place, program, is_loopback):
        self.place, self.loads, self.warm_up_s = place, 0, 4
        self.starter = Starter(place)
        self.network = network.Loopback() if is_loopback else network.Namespaces(self.starter)
        self.starter.network = self.network
        self.databases = cluster.Cluster(self.starter)
        self.nodes = nodes.Nodes(program, self.databases)

    def start(self, keys=30000, balance=None):
        say = lambda text: print(f"{time.monotonic() - began:6.1f} s  {text}", flush=True)
        began = time.monotonic()
        self.databases.start()
        say(f"etcd, Patroni and a primary on {self.databases.leader()}")
        until(lambda: len(self.databases.members()) == 3 and self.databases.is_whole(), 90, "two standbys follow")
        say("two standbys")
        self.nodes.make_database(keys)
        self.nodes.start_all()
        say("three nodes")
        self.nodes.start_front(balance)
        if balance:
            self.warm_up_s = 15  # each node has to be asked about each key
        say("HAProxy")


def invite(fleet, given):
    place, front, caller = fleet.place, f"{fleet.place}/front.sock", fleet.nodes.caller
    leader = fleet.databases.leader()
    inside = f"nsenter -t {fleet.network.pids['m1']} -n " if not given.loopback else ""
    print(f"""
The fleet runs. Is a key good? (All of trial-key-1 to trial-key-30000 are.)

  curl -s --unix-socket {front} http://fleet/api/v1/auth/verify-api-key -H 'X-Latchkey-Key: {caller}' \\
    -H 'Content-Type: application/json' -d '{{"api_key":"trial-key-1"}}'

Its nodes, and revoking a key until all of them obey:

  LATCHKEY_ADMIN_SOCKET={place}/m1/admin.sock {given.bin} node list
  LATCHKEY_ADMIN_SOCKET={place}/m1/admin.sock {given.bin} key revoke key_1 --wait all

Patroni's members, and a switchover:

  {inside}patronictl -c {place}/m1/patroni.yml list
  {inside}patronictl -c {place}/m1/patroni.yml switchover --master {leader} --force

The primary is {leader}. Lose it (Patroni and PostgreSQL, and look at the list again after 20 s):

  kill -KILL {fleet.databases.patronis[leader].pid} {fleet.databases.postmaster(leader)}

The logs are in {place}/log. Ctrl-C ends all of it.
""", flush=True)
