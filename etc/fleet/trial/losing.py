"""A fail-over under load: the primary's machine is lost, and what callers see of it is told."""

import collections
import json
import time

from trial import load, timeline
from trial.asking import until
from trial.cluster import DATABASES

CALM_S = 4  # how long callers must have been answered again


class Loss:
    """`lose(databases, leader)` (faults.py) makes the fleet lose its primary, and with it its node if `with_node`.
    `wake` brings the old primary back as soon as another is promoted."""

    def __init__(self, fleet, lose, with_node=False, wake=None):
        self.fleet = fleet
        self.leader = fleet.databases.leader()
        self.nodes = [node for node in fleet.nodes.running if not with_node or node != self.leader]
        callers, watch = load.callers(fleet), load.watchers(fleet)
        time.sleep(fleet.warm_up_s)  # caches fill, and the page shows how it was before
        self.began = time.time()
        lose(fleet.databases, self.leader)
        self.follow(watch, wake)
        self.told = load.changes(watch)
        watch.end()
        self.seen = sorted(json.loads(callers.end()))

    def follow(self, watch, wake):
        """Until another is promoted, each node reads its feed, and callers have had some seconds of calm."""
        until(lambda: self.promotion(load.changes(watch)), 90, "a standby is promoted (log/patroni.*)")
        if wake:
            wake(self.fleet.databases, self.leader)
        until(lambda: set(self.nodes) <= set(load.first_polls(self.fleet, self.began)), 60,
              "each node reads the new primary's feed (log/latchkey.*)")
        time.sleep(CALM_S)

    def promotion(self, told):
        return next((one["at"] for one in told if one["is"] == "primary" and one["at"] > self.began
                     and one["what"].startswith("database ") and one["what"] != f"database {self.leader}"), None)

    def expiry(self):
        return next((one["at"] for one in self.told if one["what"] == "leader" and one["is"] != self.leader
                     and one["at"] > self.began), None)

    def demotion(self):
        """When the old one was a primary no more, or did not answer."""
        return next((one["at"] for one in self.told if one["what"] == f"database {self.leader}"
                     and one["is"] != "primary" and one["at"] > self.began), None)

    def unready(self):
        """When nodes said that they are not ready, and when they were again."""
        return [(one["at"], one["what"].removeprefix("ready "), one["is"]) for one in self.told
                if one["what"].startswith("ready ") and one["at"] > self.began]

    def marks(self):
        polls = load.first_polls(self.fleet, self.began)
        out = [(self.began, f"the primary {self.leader} is lost"), (self.promotion(self.told), "a standby is promoted")]
        if self.expiry():
            out.append((self.expiry(), "the leader's key in etcd has expired"))
        return out + [(at, f"node {node} reads the new primary's feed") for node, at in sorted(polls.items())]

    def figures(self):
        """Seconds after the loss, and how many requests of each stream had no answer, from when to when."""
        out = {"old_primary_ends_s": self.after(self.demotion()), "key_expired_s": self.after(self.expiry()),
               "promoted_s": self.after(self.promotion(self.told)),
               "polls_s": {node: self.after(at) for node, at in load.first_polls(self.fleet, self.began).items()},
               "unready": [(self.after(at), node, status) for at, node, status in self.unready()],
               "wrong": len(load.wrong(self.seen, load.STREAMS))}
        return {**out, "cached": self.unanswered(load.CACHED), "cold": self.unanswered(load.COLD)}

    def unanswered(self, stream):
        asked = [one for one in self.seen if one[1] == stream and one[0] >= self.began]
        bad = [one for one in asked if one[2] not in ("valid", "invalid")]
        when = [self.after(bad[n][0]) for n in (0, -1)] if bad else [None, None]
        kinds = dict(collections.Counter(one[2] for one in bad))
        return {"asked": len(asked), "without_answer": len(bad), "by": kinds, "from_s": when[0], "to_s": when[1]}

    def after(self, at):
        return None if at is None else round(at - self.began, 2)

    def write(self, file, title="A primary is lost"):
        found = timeline.counted(self.seen, load.STREAMS, self.began, self.marks())
        return timeline.write({**found, "figures": self.figures()}, file, title)

    def tell(self):
        for at, text in sorted(self.marks()):
            print(f"  {self.after(at):6.2f} s  {text}")
        figures = self.figures()
        for name in ("cached", "cold"):
            one = figures[name]
            when = f", between {one['from_s']} s and {one['to_s']} s" if one["without_answer"] else ""
            print(f"  {name} keys: {one['without_answer']} of {one['asked']} requests without an answer{when} "
                  f"{one['by'] or ''}")
        print(f"  wrong answers: {figures['wrong']}; nodes not ready: {figures['unready'] or 'never'}")


def is_whole_again(fleet, seconds=90):
    until(fleet.databases.is_whole, seconds, "the old primary follows as a standby (log/patroni.*)")
    return {m: fleet.databases.sql("select pg_is_in_recovery()", m) for m in DATABASES}
