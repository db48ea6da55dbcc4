"""What the comparisons of perf/run share: databases with credentials in them, servers, rounds, progress."""

import contextlib
import functools
import os
import pathlib
import tempfile

import measure
import seed
import servers
from comparisons import contenders
from peers import data, peer


class Bench:
    """options: bin, rounds, seconds (of one load), quick, long. `with` it: leaving ends all that it started."""

    def __init__(self, options, progress):
        self.options, self.progress = options, progress
        self.bin, self.rounds, self.seconds = options.bin, options.rounds, options.seconds
        self.quick, self.long = options.quick, options.long
        self.keys = options.keys
        self.roots = {os.getpid()}
        self.rounds_done = self.rounds  # of the comparison that is under way

    def __enter__(self):
        self.stack = contextlib.ExitStack()
        self.home = pathlib.Path(self.stack.enter_context(tempfile.TemporaryDirectory(prefix="lk-run-", dir="/tmp")))
        self.home.chmod(0o755)
        return self

    def __exit__(self, *what):
        return self.stack.__exit__(*what)

    @functools.cached_property
    def postgres(self):
        """A cluster for the whole run: bench-key-1 to bench-key-KEYS and dev_1 to dev_KEYS/10 (seed.py)."""
        self.progress.note(f"a PostgreSQL with {self.keys:,} keys")
        postgres = self.new_postgres()
        seed.keys(postgres, self.keys)
        seed.devices(postgres, self.devices)
        postgres.sql("vacuum analyze public.device_credentials; checkpoint;")
        return postgres

    def new_postgres(self):
        postgres = self.stack.enter_context(servers.Postgres())
        self.roots.add(postgres.postmaster)
        postgres.migrated(self.bin)
        return postgres

    @functools.cached_property
    def peers_postgres(self):
        """Another one, with the same credentials in Latchkey's tables and in the older service's."""
        self.progress.note("a PostgreSQL with the older service's tables")
        postgres = self.new_postgres()
        contenders.fill(postgres)
        return postgres

    @functools.cached_property
    def issuer(self):
        """Of tokens that Latchkey and the older service accept."""
        return data.Issuer(self.folder("issuer"))

    @property
    def devices(self):
        return max(self.keys // 10, 1000)

    def folder(self, name):
        """A new one, which others may enter."""
        path = pathlib.Path(tempfile.mkdtemp(prefix=name + "-", dir=self.home))
        path.chmod(0o755)
        return path

    @contextlib.contextmanager
    def latchkey(self, core=measure.SERVER_CORE, workers=1, database=None, ready=True, environment=None, **sections):
        """One on the run's database that is ready. sections: more, server and places of servers.Latchkey."""
        folder = self.folder("latchkey")
        sections = {"database_lines": servers.PATIENT} | sections
        with servers.Latchkey(
            self.bin, folder, database or self.postgres.uri, workers, core, environment=environment, **sections
        ) as server:
            server.folder = folder
            if ready:
                server.wait_for("/readyz")
            yield server

    def each_round(self, rounds=None):
        self.rounds_done = rounds or self.rounds
        for n in range(rounds or self.rounds):
            self.progress.round(n + 1, rounds or self.rounds)
            yield n

    def interleave(self, contenders, rounds=None):
        """contenders: {name: (process, load)}. Each round asks all, every second one in the opposite order. Returns
        {name: {"cpu_us": [by round], …}} with all that measured() returns, own_us of all rounds together,
        and the last round's "curve"."""
        found = {name: {} for name in contenders}
        for n in self.each_round(rounds):
            for name, (process, load) in list(contenders.items())[:: -1 if n % 2 else 1]:
                values, curve = measured(process, load)
                for what, value in values.items():
                    found[name].setdefault(what, []).append(value)
                found[name]["curve"] = curve
        return {name: whole_own(one) for name, one in found.items()}


def whole_own(one):
    """With own_us over all rounds: the kernel accounts it in steps of 10 ms, which are too coarse for a single one."""
    own, right = sum(one.pop("own_ns")), sum(one.pop("right"))
    return one | {"own_us": [own / right / 1000]}


def measured(process, load):
    """What one load cost its process, per request, and its curve of latencies. load() returns what loads.load does."""
    before, own = process.cpu_ns(), user_ns(process)
    answered = load()
    latency = answered["latency_us"]
    return {
        "cpu_us": (process.cpu_ns() - before) / answered["right"] / 1000,
        "own_ns": user_ns(process) - own,
        "right": answered["right"],
        "rate": answered["rate"],
        "mean_us": latency["mean"],
        "p50_us": latency["p50"],
        "p95_us": latency["p95"],
        "p99_us": latency["p99"],
        "errors": answered["errors"],
    }, thinned(latency["curve"])


def thinned(curve, most=40):
    """No more points than a drawing shows."""
    step = max(len(curve) // most, 1)
    return curve[::step] + ([curve[-1]] if curve and (len(curve) - 1) % step else [])


def user_ns(process):
    """CPU in its own code, without the kernel's part; in steps of 10 ms."""
    pids = process.pids() if hasattr(process, "pids") else [process.pid]
    return sum(servers.user_ns(pid) for pid in pids)


def postgres_ns(postgres):
    """CPU of the cluster, by the scheduler's account; what those of its processes had used that have ended, by the
    postmaster's."""
    return peer.tree_cpu_ns(postgres.postmaster) + servers.ended_ns(postgres.postmaster)
