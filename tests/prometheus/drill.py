"""What a person would see of a fault, and when: the alert, `latchkey status`, and the node's log.

The nodes' checks come each second in a scene, and cached answers end after four: see scene.Node.text.
"""
import json
import re
import subprocess
import threading
import time

import scene as scenes

LOOKS = 0.25  # seconds between two looks
SECONDS = {"s": 1, "m": 60}
# The line with the code may be among those that were lost.
TOLD_OTHERWISE = {"LOG_LINES_DROPPED": "log lines were dropped"}
AT_MOST = 30  # a state waits so long for the next scrape and the next evaluation (etc/prometheus/prometheus.yml)


def rules():
    """{alert: (codes of health in its expression, seconds of its `for`)}"""
    out = {}
    for name, body in re.findall(r"- alert: (\w+)\n(.*?)(?=\n +- alert|\Z)", scenes.RULES.read_text(), re.DOTALL):
        codes = "|".join(re.findall(r'auth_degraded\{code=~?"([^"]+)"', body)).split("|")
        waits = re.search(r"^ +for: (\d+)([sm])$", body, re.MULTILINE)
        out[name] = [c for c in codes if c], int(waits[1]) * SECONDS[waits[2]] if waits else 0
    # Counted by the rule; /health has a code for it, too.
    out["ConnectionsFull"] = ["CONNECTIONS_FULL"], out["ConnectionsFull"][1]
    return out


class Sign:
    """One alert of a fault. Times are seconds since the fault began, and None until they are known."""

    def __init__(self, alert, node, codes, waits):
        self.alert, self.node, self.codes, self.waits = alert, node, codes, waits
        self.fires = self.status = self.logged = None
        self.code, self.message, self.incomplete = "", "", []
        self.read = node.log.tell() if node else 0

    def look(self, scene, since, checks):
        passed = time.monotonic() - since
        if self.fires is None and scene.prometheus.firing(self.alert, self.node.address if self.node else None):
            self.fires = passed
        if not self.codes:
            return
        for check in checks:
            if self.status is None and check.get("code") in self.codes:
                self.status, self.code = passed, check["code"]
                self.incomplete = [name for name in ("mend", "since") if not check.get(name)]
        if self.logged is None:
            self.look_into_log(passed)

    def look_into_log(self, passed):
        with open(self.node.folder / "log", "rb") as file:
            file.seek(self.read)
            lines = file.read()
        whole = lines[:lines.rfind(b"\n") + 1]
        self.read += len(whole)
        messages = [TOLD_OTHERWISE[code] for code in self.codes if code in TOLD_OTHERWISE]
        for line in whole.splitlines():
            if not any(f'"{text}"'.encode() in line for text in self.codes + messages):
                continue
            said = json.loads(line)
            if said.get("code") in self.codes and said.get("mend") or said.get("message") in messages:
                self.logged, self.message = passed, said["message"]
                return

    def is_complete(self):
        return self.fires is not None and (not self.codes or None not in (self.status, self.logged))

    def missing(self):
        out = [] if self.fires is not None else ["does not fire"]
        if self.codes:
            out += [] if self.status is not None else [f"`latchkey status` has none of {', '.join(self.codes)}"]
            out += [f"`latchkey status` says {self.code} without `{name}`" for name in self.incomplete]
            out += [] if self.logged is not None else ["the log has no line with its code and its mend"]
        return [f"{self.alert}: {what}" for what in out]

    def by_the_rules(self):
        """When the rules as they are would fire, if these are what was measured with all times divided."""
        if self.fires is None:
            return "-"
        # A state waits for its `for`; of other rules the windows are divided, too.
        seconds = self.fires * scenes.FASTER if self.status is None else self.status + self.waits + AT_MOST
        return f"{seconds:.0f}"


class Watch(threading.Thread):
    """Looks for all signs of a fault from its beginning on, until it is told to stop."""

    def __init__(self, scene, fault):
        super().__init__(daemon=True)
        known = rules()
        self.scene, self.fault, self.stops = scene, fault, threading.Event()
        self.signs = [Sign(alert, getattr(scene, node) if node else None, *known[alert])
                      for alert, node in fault.alerts.items()]
        self.since = time.monotonic()
        self.trouble = None

    def run(self):
        try:
            while not self.stops.wait(LOOKS):
                nodes = {s.node for s in self.signs if s.node and s.codes}
                checks = {node: checks_of(self.scene, node) for node in nodes}
                for sign in self.signs:
                    sign.look(self.scene, self.since, checks.get(sign.node, []))
        except Exception as error:  # noqa: BLE001: a test that cannot look must say so
            self.trouble = error

    def wait(self, until, seconds):
        return scenes.soon(lambda: self.trouble or all(until(s) for s in self.signs), seconds)

    def end(self):
        """What was missing."""
        # A log that nobody could read is read after the fault.
        self.wait(Sign.is_complete, scenes.PATIENCE if self.fault.hides_log else 0)
        self.stops.set()
        self.join()
        return ([f"{self.trouble!r}"] if self.trouble else []) + [what for s in self.signs for what in s.missing()]


def checks_of(scene, node):
    """The failing checks of `latchkey status --json`; none if the node is away."""
    done = subprocess.run([scene.binary, "status", "--json", "--socket", node.folder / "admin.sock"], capture_output=True,
                          text=True)
    if done.returncode or not done.stdout.strip():
        return []
    return [check for check in json.loads(done.stdout)["checks"].values() if isinstance(check, dict)]


HEAD = ("fault", "alert", "code in status", "s", "the log's message", "s", f"fires: times / {scenes.FASTER}", "as they are, s")


def table(rows):
    """Markdown."""
    def told(seconds):
        return "-" if seconds is None else f"{seconds:.1f}"
    lines = ["| " + " | ".join(HEAD) + " |", "|" + "---|" * len(HEAD)]
    for fault, s in rows:
        cells = (fault, s.alert, s.code or "-", told(s.status), s.message or "-", told(s.logged), told(s.fires),
                 s.by_the_rules())
        lines.append("| " + " | ".join(cells) + " |")
    return "\n".join(lines)
