#!/usr/bin/env python3
"""Look-ups that miss: random keys of a million, verified over HTTP, against pgbench with a prepared
look-up of one key at a time at its best number of clients. Both on the same private PostgreSQL,
without pinning, in interleaved rounds. Every answer is checked to belong to its question."""

import pathlib
import statistics
import tempfile

import loads
import measure
import seed
import servers

options = measure.arguments(__doc__, helpers=["load"], keys=1_000_000, rounds=3, seconds=5, connections=256, limit=1.2)

# The same rows and the same join as statements::find_api_keys.
ONE_KEY = r"""
\set n random(1, :keys)
select k.key_hash, k.key_id, k.organization_id::text, k.name, k.external_id, k.scopes, k.metadata::text,
 k.expires_at, k.enabled, k.revoked_at is not null, coalesce(o.status = 'active', false), k.allowed_networks::text[]
 from latchkey.api_keys k left join public.organizations o on o.organization_id = k.organization_id
 where k.key_hash = sha256(('bench-key-' || :n)::bytea);
"""


def pgbench(postgres, script, clients):
    out = loads.pgbench(postgres, script, options.seconds, clients, keys=options.keys)
    return float(next(line for line in out.splitlines() if line.startswith("tps")).split()[2])


with servers.Postgres() as postgres, tempfile.TemporaryDirectory() as folder:
    script = pathlib.Path(folder) / "one.sql"
    script.write_text(ONE_KEY)
    postgres.migrated(options.bin)
    seed.keys(postgres, options.keys)
    with servers.Latchkey(options.bin, folder, postgres.uri, workers=0) as server:
        server.wait_for("/readyz")
        assert b'"valid":true' in loads.ask(server.port, loads.VERIFY_API_KEY, seed.key_body(7))
        best = max((1, 2, 4, 8, 16), key=lambda clients: pgbench(postgres, script, clients))
        print(f"pgbench's best is with {best} clients; latchkey is asked over {options.connections} connections")
        ours, theirs = [], []
        for n in range(options.rounds):
            theirs.append(pgbench(postgres, script, best))
            found = loads.load(server.port, loads.verify_keys(options.keys, cached=False), connections=options.connections,
                               seconds=options.seconds, core=None, seed=n)
            ours.append(found["rate"])
            print(f"round {n + 1}: pgbench {theirs[-1]:.0f}/s, latchkey {ours[-1]:.0f}/s", flush=True)
        found = server.metrics()
        print(f"keys a query, on average: {found['auth_db_batch_size_sum'] / found['auth_db_batch_size_count']:.1f}")

ratio = statistics.median(measure.ratios(ours, theirs))
measure.verdict(ratio >= options.limit, f"{statistics.median(ours):.0f} look-ups/s over HTTP, {ratio:.2f} x pgbench's "
                f"{statistics.median(theirs):.0f}/s (at least {options.limit})")
