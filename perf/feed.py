#!/usr/bin/env python3
"""What a poll of the change feed costs PostgreSQL: in a quiet cluster with 100,000 rows in the feed,
and the same with a transaction open that began before all of them. Interleaved rounds."""

import ast
import pathlib
import re
import statistics
import tempfile

import loads
import measure
import seed
import servers

options = measure.arguments(__doc__, rows=100_000, rounds=5, seconds=2, limit=1.5)


def texts_of(*headers):
    """The query texts of some headers: literals, and what joined() makes of them."""
    known = {}
    for header in headers:
        source = (measure.SOURCE / "src/pg" / header).read_text()
        for name, body in re.findall(r"inline constexpr (?:char|auto) (\w+)(?:\[\])? =\s*(.*?);\n", source, re.S):
            parts = re.findall(r'("(?:[^"\\]|\\.)*")|\b(?!joined\b|text\b)(\w+)', body)
            known[name] = "".join(ast.literal_eval(text) if text else known[other] for text, other in parts)
    return known


POLL = texts_of("connection/identity_statements.hpp", "feed/feed_statements.hpp")["poll_changes_text"]
POLL = POLL.replace("$2", "gen_random_uuid()").replace("$3", "1000000")


def milliseconds(postgres, folder):
    snapshot = postgres.value("select pg_current_snapshot()")
    script = pathlib.Path(folder) / "poll.sql"
    script.write_text(POLL.replace("$1", f"'{snapshot}'") + ";\n")
    out = loads.pgbench(postgres, script, options.seconds)
    return float(re.search(r"latency average = ([\d.]+) ms", out).group(1))


with servers.Postgres() as postgres, tempfile.TemporaryDirectory() as folder:
    postgres.migrated(options.bin)
    times = {"quiet": [], "old transaction": []}
    for n in range(options.rounds):
        for name in times:
            held = servers.OpenTransaction(postgres, "select pg_current_xact_id()") if name == "old transaction" else None
            seed.changes(postgres, options.rows)
            times[name].append(milliseconds(postgres, folder))
            print(f"round {n + 1}: {name:<16} {times[name][-1]:.3f} ms a poll")
            if held:
                held.end()

ratio = statistics.median(times["old transaction"]) / statistics.median(times["quiet"])
measure.verdict(ratio <= options.limit,
                f"a poll takes {statistics.median(times['quiet']):.3f} ms, and {ratio:.2f} x that beside a transaction "
                f"older than the whole feed (at most {options.limit})")
