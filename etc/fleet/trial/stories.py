"""Several fail-overs, one after the other (etc/fleet/try --long)."""

import json
import time

from trial import faults, load, losing
from trial.checks import Claims
from trial.asking import until

ETCD_AWAY_S = 45  # more than two ttl


def told(fleet, claims, name, loss, found, folder):
    print(f"{name}:")
    loss.tell()
    print(f"  the timeline: {loss.write(folder / name, f'The primary is lost: {name}')}")
    figures = loss.figures()
    found.append({"story": name, **figures})
    claims.hold(figures["wrong"] == 0, "no answer was wrong", load.wrong(loss.seen, load.STREAMS)[:3])
    losing.is_whole_again(fleet)
    claims.hold(True, "the fleet is whole again")


def killed(fleet):
    loss = losing.Loss(fleet, faults.kill)
    fleet.databases.start_patroni(loss.leader)
    return loss


def frozen(fleet):
    """The old primary wakes when another has been promoted: for a moment there are two."""
    return losing.Loss(fleet, faults.freeze, wake=faults.thaw)


def switched_over(fleet):
    return losing.Loss(fleet, faults.switch_over)


def cut_off(fleet):
    """The machine with the primary loses its cable. Its node can ask this primary alone, and nobody can ask the
    node."""
    loss = losing.Loss(fleet, faults.cut, with_node=True)
    fleet.network.mend(loss.leader)
    return loss


def etcd_is_lost(fleet, claims):
    print(f"etcd is away for {ETCD_AWAY_S} s:")
    leader = fleet.databases.leader()
    callers = load.callers(fleet)
    time.sleep(4)
    fleet.databases.lose_etcd()
    time.sleep(ETCD_AWAY_S)
    status = fleet.databases.is_primary(leader)
    fleet.databases.start_all_etcd()
    time.sleep(10)
    seen = json.loads(callers.end())
    bad = [one for one in seen if one[2] not in ("valid", "invalid")]
    claims.hold(status, f"{leader} is the primary all the time (failsafe_mode)")
    claims.hold(not bad, f"none of {len(seen)} requests failed", bad[:5])
    claims.hold(not load.wrong(seen, load.STREAMS), "no answer was wrong")
    until(fleet.databases.is_whole, 60, "the fleet is whole again")


STORIES = {"killed": killed, "killed-again": killed, "killed-a-third-time": killed, "frozen": frozen,
           "switched-over": switched_over, "cut-off": cut_off, "etcd-lost": None}


def run(fleet, folder, names=None):
    """All stories, or those named; each leaves its timeline in the folder, and figures.json has the figures."""
    claims, found = Claims(), []
    load.revoke(fleet)
    for name in names or STORIES:
        if name == "etcd-lost":
            etcd_is_lost(fleet, claims)
        elif name != "cut-off" or fleet.network.can_be_cut:
            told(fleet, claims, name, STORIES[name](fleet), found, folder)
    (folder / "figures.json").write_text(json.dumps(found) + "\n", encoding="utf-8")
    return claims.failed
