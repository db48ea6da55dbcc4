#!/usr/bin/env python3
"""How long the older service's statements wait while `latchkey migrate` runs: a reader and a writer of its
tables, beside transactions that have read organizations and stay open. First one of these stays open for good, and
migrate gives up; then they come and go, and migrate succeeds. No statement may wait for longer than the limit, in
milliseconds."""

import os
import pathlib
import subprocess
import tempfile
import threading
import time

import loads
import measure
import seed
import servers

options = measure.arguments(__doc__, organizations=2000, keys=2000, limit=100.0, quiet=10)

READER = f"""\\set o random(1, {options.organizations})
select plan from public.organizations where organization_id = 'org-' || :o;
"""
# Not of the array: what its mirror costs a writer is another question.
WRITER = f"""\\set o random(1, {options.organizations})
update public.organizations set plan = 'p' || :o where organization_id = 'org-' || :o;
"""


class Load:
    """One session of the older service, 200 statements a second at most; each statement's time is noted."""

    def __init__(self, postgres, folder, name, script):
        self.name, self.prefix = name, pathlib.Path(folder) / f"{name}.log"
        path = pathlib.Path(folder) / f"{name}.sql"
        path.write_text(script)
        self.process = subprocess.Popen(
            [loads.PGBENCH, "-n", "-f", path, "-c", "1", "-T", "86400", "-R", "200", "-l",
             f"--log-prefix={self.prefix}", postgres.uri], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)

    def end(self):
        """Milliseconds of each statement; pgbench ends at the first that fails."""
        failed = self.process.poll() is not None
        self.process.terminate()
        talk = self.process.communicate()[1]
        if failed:
            print(f"the {self.name} ended: {talk.strip()}")
        out = []
        for file in self.prefix.parent.glob(self.prefix.name + ".*"):
            for line in file.read_text().splitlines():
                fields = line.split()
                if len(fields) >= 7:  # with -R: how late it began is part of the time, and no wait for a lock
                    out.append((int(fields[2]) - int(fields[6])) / 1000)
        return failed, out


def resting_transaction(postgres):
    return servers.OpenTransaction(postgres, "select count(*) from public.organizations")


def migrate(postgres, lock_wait):
    began = time.monotonic()
    done = subprocess.run([options.bin, "migrate", "--lock-wait", lock_wait],
                          env={**os.environ, "LATCHKEY_DATABASE__URI": postgres.uri}, stderr=subprocess.PIPE, text=True)
    print(f"migrate ended with {done.returncode} after {time.monotonic() - began:.1f} s: "
          f"{done.stderr.strip().splitlines()[-1]}")
    return done.returncode


def come_and_go(postgres, stop):
    while not stop.is_set():
        resting = resting_transaction(postgres)
        stop.wait(2)
        resting.end()
        stop.wait(1)


def histogram(name, times):
    bounds = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, float("inf")]
    print(f"{name}: {len(times)} statements, the longest {max(times):.1f} ms")
    low = 0
    for high in bounds:
        count = sum(low < t <= high for t in times)
        if count:
            print(f"  {low:>5} to {high:>5} ms {count:>8}")
        low = high


def beside(postgres, what):
    with tempfile.TemporaryDirectory() as folder:
        loads = [Load(postgres, folder, "reader", READER), Load(postgres, folder, "writer", WRITER)]
        try:
            what()
        finally:
            ended = [load.end() for load in loads]
    for load, (_, times) in zip(loads, ended):
        histogram(load.name, times)
    return any(failed for failed, _ in ended), max(max(times) for _, times in ended)


def all_of_it(postgres):
    resting = resting_transaction(postgres)
    assert migrate(postgres, "10s") == 69
    resting.end()
    stop = threading.Event()
    others = threading.Thread(target=come_and_go, args=(postgres, stop))
    others.start()
    try:
        assert migrate(postgres, "120s") == 0
    finally:
        stop.set()
        others.join()


with servers.Postgres() as postgres:
    seed.older_service(postgres, options.organizations, options.keys)
    print("alone:")
    beside(postgres, lambda: time.sleep(options.quiet))
    print("beside migrate:")
    failed, longest = beside(postgres, lambda: all_of_it(postgres))
    measure.verdict(not failed and longest <= options.limit,
                    f"no statement of the older service's failed, and none waited longer than {longest:.1f} ms "
                    f"(at most {options.limit})")
