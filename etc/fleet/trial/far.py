"""A far region: a node whose way to the databases is long, and then lost. What its own callers see is measured."""

import http.client
import json
import pathlib
import signal
import statistics
import time

from trial import load
from trial.asking import until
from trial.cluster import DATABASES
from trial.network import MACHINES, PORTS

SLOW_LINK = pathlib.Path(__file__).parent.parent / "slow_link.py"
HITS = {"name": "cached keys", "rate": 100, "first": 1, "count": 100, "at_random": True, "good": True}
COLD = {"name": "cold keys", "rate": 20, "first": 1001, "count": 9000, "at_random": False, "good": True}
FIRST, REVOCATIONS = 501, 10  # keys to revoke


class FarNode:
    """The node `far` and its link, for as long as the block lasts."""

    def __init__(self, fleet, round_trip_ms):
        self.fleet, prefix = fleet, fleet.network.prefix
        ways = {f"{prefix}{MACHINES['line']}:{5500 + n}": fleet.databases.address(machine, "postgres")
                for n, machine in enumerate(DATABASES)}
        self.link = fleet.starter.start("slow_link", ["/usr/bin/python3", SLOW_LINK, "--delay-ms", round_trip_ms / 2,
                                                      *(f"{a}={b}" for a, b in ways.items())], "line")
        # Opening a connection takes about seven round trips for each server that is tried until one is the primary.
        fleet.nodes.start("far", {"LATCHKEY_DATABASE__CONNECT_TIMEOUT": "10s", "LATCHKEY_DATABASE__URI":
                                  f"postgresql://latchkey@{','.join(ways)}/latchkey?target_session_attrs=primary"})

    def __enter__(self):
        self.fleet.nodes.wait_ready("far")
        return self

    def __exit__(self, *_):
        self.fleet.nodes.stop("far")  # it says that it has ended, so that nobody waits for it
        self.fleet.nodes.running.pop("far").wait(40)
        self.link.terminate()
        self.link.wait()

    def lose(self):
        self.link.send_signal(signal.SIGUSR1)

    def mend(self):
        self.link.send_signal(signal.SIGUSR2)

    def callers(self, *streams):
        here = [f"{self.fleet.network.prefix}{MACHINES['far']}", PORTS["latchkey"]]
        return load.callers(self.fleet, list(streams), here)


class Asker:
    """Asks one node about keys, on one connection."""

    def __init__(self, fleet, node):
        self.caller = fleet.nodes.caller
        self.connection = http.client.HTTPConnection(fleet.nodes.address(node), timeout=5)

    def code(self, number):
        self.connection.request("POST", "/api/v1/auth/verify-api-key", json.dumps({"api_key": f"trial-key-{number}"}),
                                {"Content-Type": "application/json", "X-Latchkey-Key": self.caller})
        return json.loads(self.connection.getresponse().read())["code"]


def latencies(far, seconds=10):
    callers = far.callers(HITS, COLD)
    time.sleep(3)
    since = time.time()
    time.sleep(seconds)
    seen = [one for one in json.loads(callers.end()) if one[0] > since]
    return {name: summary([one for one in seen if one[1] == n]) for n, name in enumerate(("hit", "cold"))}


def summary(seen):
    times = sorted(one[3] for one in seen if one[2] == "valid")
    return {"asked": len(seen), "not_valid": len(seen) - len(times), "median_ms": statistics.median(times),
            "p99_ms": times[int(len(times) * 0.99)]}


def revocations(fleet, first):
    """Milliseconds from the answer to whoever revokes until the far node obeys (the last question that it still answers
    with VALID), and how long ?wait=all takes."""
    asker, lags, waits = Asker(fleet, "far"), [], []
    for number in range(first, first + REVOCATIONS):
        assert asker.code(number) == "VALID"
        fleet.nodes.command(DATABASES[0], "key", "revoke", f"key_{number}")
        answered = time.monotonic()
        last = answered  # when the last answer began that did not obey
        while time.monotonic() < answered + 10:
            asked = time.monotonic()
            if asker.code(number) == "REVOKED":
                break
            last = asked
        lags.append((last - answered) * 1000)
    for number in range(first + REVOCATIONS, first + 2 * REVOCATIONS):
        began = time.monotonic()
        fleet.nodes.command(DATABASES[0], "key", "revoke", f"key_{number}", "--wait", "all")
        waits.append((time.monotonic() - began) * 1000)
    return {"lag_ms": [round(x) for x in sorted(lags)], "wait_all_ms": [round(x) for x in sorted(waits)]}


def lost_link(fleet, far):
    """Seconds after the link is lost, and after it is back."""
    asker, number = Asker(fleet, "far"), FIRST - 1
    callers = far.callers(HITS)
    time.sleep(3)
    assert asker.code(number) == "VALID"
    far.lose()
    lost = time.time()
    fleet.nodes.command(DATABASES[0], "key", "revoke", f"key_{number}")
    revoked = time.time()
    until(lambda: asker.code(number) != "VALID", 90, "cached answers end at cache.max_staleness")
    obeyed = time.time() - revoked
    time.sleep(5)
    far.mend()
    back = time.time()
    until(lambda: asker.code(number) == "REVOKED", 60, "the far node has its database again")
    known = time.time() - back
    time.sleep(3)
    seen = json.loads(callers.end())
    good = [due for due, _, outcome, _ in seen if outcome == "valid" and lost <= due < back]
    bad = [due for due, _, outcome, _ in seen if outcome != "valid" and due >= back]
    return {"cached_end_s": round(max(good) - lost, 1), "revoked_key_valid_for_s": round(obeyed, 1),
            "cached_again_s": round(max(bad) - back, 2), "revocation_known_s": round(known, 2)}


def run(fleet):
    found = {}
    for n, round_trip in enumerate((0, 80, 150)):
        with FarNode(fleet, round_trip) as far:
            found[round_trip] = {**latencies(far), **revocations(fleet, FIRST + 2 * REVOCATIONS * n)}
            print(f"  round trip {round_trip} ms: {json.dumps(found[round_trip])}", flush=True)
    with FarNode(fleet, 80) as far:
        found["lost"] = lost_link(fleet, far)
        print(f"  the link is lost, and back: {json.dumps(found['lost'])}", flush=True)
    return found
