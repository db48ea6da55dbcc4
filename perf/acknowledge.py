#!/usr/bin/env python3
"""How long an acknowledged revocation takes on two nodes: from sending POST …/revoke?wait=all to its complete answer,
with both nodes on one machine. Prints p50 and p99, and the same without waiting."""

import statistics
import tempfile
import time

import measure
import servers

options = measure.arguments(__doc__, count=500, limit_ms=100.0)


def revoke_all(admin, ids, query):
    """Milliseconds of each."""
    took = []
    for key_id in ids:
        begun = time.perf_counter()
        told = admin.ask("POST", f"/admin/v1/api-keys/{key_id}/revoke{query}", {})
        took.append((time.perf_counter() - begun) * 1000)
        if query and not told["complete"]:
            measure.verdict(False, f"{key_id}: {told}")
    return sorted(took)


def shown(name, took):
    p50, p99 = statistics.median(took), took[len(took) * 99 // 100]
    print(f"{name:<22} p50 {p50:7.3f} ms   p99 {p99:7.3f} ms   most {took[-1]:7.3f} ms", flush=True)
    return p99


with servers.Postgres() as postgres, tempfile.TemporaryDirectory() as one, tempfile.TemporaryDirectory() as two:
    uri = postgres.migrated(options.bin)
    with servers.Latchkey(options.bin, one, uri) as first, servers.Latchkey(options.bin, two, uri) as second:
        first.wait_for("/readyz")
        second.wait_for("/readyz")
        organization = first.command("org", "create", "--name", "Acme")["organization_id"]
        postgres.sql(f"insert into latchkey.api_keys (key_hash, key_id, organization_id) select sha256(n::text::bytea), "
                     f"'key-' || n, '{organization}' from generate_series(1, {2 * options.count}) n;")
        admin = servers.AdminConnection(first.admin_socket)
        ids = [f"key-{n}" for n in range(1, 2 * options.count + 1)]
        revoke_all(admin, ids[:1], "?wait=all")  # opens the connection
        shown("revoke", revoke_all(admin, ids[1::2], ""))
        p99 = shown("revoke?wait=all", revoke_all(admin, ids[2::2], "?wait=all"))

measure.verdict(p99 <= options.limit_ms, f"p99 of a complete acknowledgement by two nodes is {p99:.1f} ms "
                                         f"(at most {options.limit_ms:g} ms)")
