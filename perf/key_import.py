#!/usr/bin/env python3
"""How long `latchkey key import` takes for 100,000 keys, and how long the same file takes again, when all of them
are there; beside the bare insert of as many rows by psql."""

import hashlib
import pathlib
import tempfile
import time

import measure
import seed
import servers

options = measure.arguments(__doc__, count=100_000, seconds=20.0)


def timed(action):
    begun = time.monotonic()
    result = action()
    return time.monotonic() - begun, result


def line(number):
    key_hash = hashlib.sha256(f"foreign-key-{number}".encode()).hexdigest()
    return (f'{{"key_hash":"{key_hash}","prefix":"sk_live","name":"key {number}","external_id":"user-{number}",'
            f'"scopes":["read","write"],"metadata":{{"plan":"pro"}}}}\n')


with servers.Postgres() as postgres, tempfile.TemporaryDirectory(prefix="lk-import-") as folder:
    postgres.migrated(options.bin)
    postgres.sql(seed.ORGANIZATION)
    file = pathlib.Path(folder) / "keys.jsonl"
    file.write_text("".join(line(n) for n in range(options.count)))
    with servers.Latchkey(options.bin, folder, postgres.uri) as server:
        server.wait_for("/readyz")
        words = ("key", "import", str(file), "--organization", "bench")
        first, told = timed(lambda: server.command(*words))
        again, _ = timed(lambda: server.command(*words))
    stored = int(postgres.value("select count(*) from latchkey.api_keys"))
    bare, _ = timed(lambda: postgres.sql(
        "insert into latchkey.api_keys (key_hash, key_id, organization_id) select sha256(n::text::bytea), 'b' || n, "
        f"'bench' from generate_series(1, {options.count}) as n"))
print(f"{options.count} keys: {first:.1f} s, again {again:.1f} s, bare rows by one statement {bare:.1f} s")
measure.verdict(stored == options.count and first <= options.seconds,
                f"{stored} stored in {first:.1f} s (at most {options.seconds:.0f})")
