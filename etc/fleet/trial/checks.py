"""What CI checks of the fleet (etc/fleet/try --check): a story, whose each claim is printed with ok or FAILED."""

import json
import time
import urllib.request

from trial import faults, load, losing
from trial.asking import asked, until
from trial.cluster import DATABASES
from trial.network import FRONT_PORT, MACHINES


class Claims:
    def __init__(self):
        self.failed = []

    def hold(self, is_so, what, seen=""):
        print(f"{'ok    ' if is_so else 'FAILED'}  {what}{f': {seen}' if seen != '' and not is_so else ''}", flush=True)
        if not is_so:
            self.failed.append(what)


def code_of(fleet, place, key):
    """The code of the answer about a key."""
    fields = {"Content-Type": "application/json", "X-Latchkey-Key": fleet.nodes.caller}
    question = urllib.request.Request(f"http://{place}/api/v1/auth/verify-api-key",
                                      json.dumps({"api_key": key}).encode(), fields)
    with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(question, timeout=5) as answer:
        return json.load(answer)["code"]


def places(fleet):
    """HAProxy, and each node."""
    front = f"{fleet.network.prefix}{MACHINES['front']}:{FRONT_PORT}"
    return {"HAProxy": front, **{node: fleet.nodes.address(node) for node in DATABASES}}


def a_revocation_is_obeyed_by_all(fleet, claims):
    key = f"trial-key-{load.REVOKED['first']}"
    codes = {name: code_of(fleet, place, key) for name, place in places(fleet).items()}
    claims.hold(set(codes.values()) == {"VALID"}, "a key is VALID through HAProxy and on each node", codes)
    answer = load.revoke(fleet)
    claims.hold('"complete": true' in json.dumps(answer), "all nodes say that they obey its revocation", answer)
    codes = {name: code_of(fleet, place, key) for name, place in places(fleet).items()}
    claims.hold(set(codes.values()) == {"REVOKED"}, "it is REVOKED through HAProxy and on each node", codes)


def cached_keys(fleet, node):
    status, page = asked(f"http://{fleet.nodes.address(node)}/metrics", {"X-Latchkey-Key": fleet.nodes.caller})
    if status != 200:
        raise RuntimeError(f"/metrics of {node} answers {status}: {page[:200]}")
    return next(int(float(line.split()[1])) for line in page.splitlines()
                if line.startswith('auth_cache_entries{cache="api_key"}'))


def each_credential_has_its_node(fleet, claims, count=300):
    """Of keys that were asked about several times, all caches together hold each once."""
    before = {node: cached_keys(fleet, node) for node in DATABASES}
    for number in [*range(501, 501 + count)] * 2:
        code_of(fleet, places(fleet)["HAProxy"], f"trial-key-{number}")
    more = {node: cached_keys(fleet, node) - before[node] for node in DATABASES}
    # The key by which the caller says who it is may be new to each node.
    claims.hold(count <= sum(more.values()) <= count + len(DATABASES), f"of {count} keys, each is in one node's cache",
                more)
    claims.hold(min(more.values()) > count / 6, "each node has its share of them", more)


def a_drained_node_fails_no_request(fleet, claims, node="m2"):
    callers = load.callers(fleet)
    time.sleep(4)
    began = time.time()
    time.sleep(1)
    fleet.nodes.stop(node)
    code = fleet.nodes.running[node].wait(40)
    until(lambda: fleet.nodes.servers()[node]["status"].startswith("DOWN"), 10, "HAProxy sees that it is gone")
    before = fleet.nodes.servers()[node]["stot"]
    time.sleep(1)
    after = fleet.nodes.servers()[node]["stot"]
    fleet.nodes.start(node)
    fleet.nodes.wait_ready(node)
    until(lambda: fleet.nodes.servers()[node]["status"] == "UP", 10, "HAProxy sees that it is back")
    time.sleep(1)
    seen = [one for one in json.loads(callers.end()) if one[0] >= began]
    bad = [(round(one[0] - began, 2), *one[1:]) for one in seen if one[2] not in ("valid", "invalid")]
    claims.hold(code == 0, f"{node} drains and ends by itself", code)
    claims.hold(before == after, "HAProxy sends it nothing then", (before, after))
    claims.hold(not bad and len(seen) > 500, f"none of {len(seen)} requests failed", bad[:5])
    claims.hold(not load.wrong(seen, load.STREAMS), "no answer was wrong", load.wrong(seen, load.STREAMS)[:3])


def a_lost_primary_is_replaced(fleet, claims, lost_s, folder):
    loss = losing.Loss(fleet, faults.kill)
    loss.tell()
    print(f"  the timeline: {loss.write(folder / 'timeline')}")
    figures, promoted = loss.figures(), loss.after(loss.promotion(loss.told))
    cached = figures["cached"]
    claims.hold(figures["wrong"] == 0, "no answer was wrong", load.wrong(loss.seen, load.STREAMS)[:3])
    claims.hold(cached["asked"] > 2000, "cached callers asked all the time", cached)
    is_short = not cached["without_answer"] or promoted - 1 <= cached["from_s"] and cached["to_s"] <= promoted + lost_s
    claims.hold(is_short,
                f"cached callers had answers until the promotion, and again {lost_s:g} s after it", cached)
    claims.hold(figures["cold"]["to_s"] is None or figures["cold"]["to_s"] <= promoted + lost_s + 4,
                f"cold callers had answers {lost_s + 4:g} s after it", figures["cold"])
    return loss


def the_old_primary_returns(fleet, claims, leader):
    fleet.databases.start_patroni(leader)
    roles = losing.is_whole_again(fleet)
    claims.hold(roles[leader] == "t" and sorted(roles.values()) == ["f", "t", "t"], f"{leader} is a standby now", roles)
    revoked = load.REVOKED["first"]
    codes = {name: code_of(fleet, place, f"trial-key-{revoked}") for name, place in places(fleet).items()}
    claims.hold(set(codes.values()) == {"REVOKED"}, "the revoked key is REVOKED everywhere still", codes)


def run(fleet, lost_s, folder):
    claims = Claims()
    a_revocation_is_obeyed_by_all(fleet, claims)
    each_credential_has_its_node(fleet, claims)
    a_drained_node_fails_no_request(fleet, claims)
    loss = a_lost_primary_is_replaced(fleet, claims, lost_s, folder)
    the_old_primary_returns(fleet, claims, loss.leader)
    return claims.failed
