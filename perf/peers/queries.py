#!/usr/bin/python3
"""What one look-up of an API key costs in each layout: the JSONB arrays without an index and with each one, and
Latchkey's table with its b-tree. One connection, prepared statements, one random key after the other.

As a program (it needs Debian's modules): queries.py URI FIRST COUNT SECONDS, which prints a list in JSON, a figure for
each way that standard input names: [{"name", "schema", "plan": "jsonb" | "b-tree", "indexed"}, …]."""

import asyncio
import collections
import json
import pathlib
import random
import statistics
import subprocess
import sys
import time

# The database finds the array, and sends the one element.
JSONB = """select organization_id, status, jsonb_path_query_first(api_keys, '$[*] ? (@.key_hash == $hash)',
 jsonb_build_object('hash', encode(sha256(('bench-key-' || $1::int)::bytea), 'hex'))) from {schema}.organizations
 where api_keys @> jsonb_build_array(jsonb_build_object('key_hash',
  encode(sha256(('bench-key-' || $1::int)::bytea), 'hex')))"""
B_TREE = """select k.key_id, k.organization_id, k.name, k.scopes, k.metadata, k.expires_at, k.enabled, o.status
 from latchkey.api_keys k left join public.organizations o on o.organization_id = k.organization_id
 where k.key_hash = sha256(('bench-key-' || $1::int)::bytea)"""
EXPLAINED_MAX = 200
WAYS = {"JSONB, no index": None, "JSONB, gin ((api_keys -> 'key_hash'))": "gin_key_hash",
        "JSONB, gin (api_keys)": "gin", "JSONB, gin (api_keys jsonb_path_ops)": "jsonb_path_ops"}
OURS = "latchkey.api_keys, b-tree"
ALL_WAYS = (*WAYS, OURS)


Place = collections.namedtuple("Place", "uri size ways")


def fill(postgres, binary, size, organizations=20):
    """A database of the cluster with organizations of so many keys in each layout; what ask_all asks."""
    from peers import data
    one = postgres.database(f"keys_{size}")
    one.migrated(binary)
    data.fill(one, organizations, size, devices=1)
    ways = [{"name": name, "schema": data.layout(one, index), "plan": "jsonb", "indexed": uses_index(name)}
            for name, index in WAYS.items()]
    return Place(one.uri, size, [*ways, {"name": OURS, "schema": "latchkey", "plan": "b-tree", "indexed": True}])


def uses_index(name):
    from peers import data
    return name == OURS or WAYS[name] in data.SERVING


def ask_all(place, organizations=20, seconds=2.0, backwards=False):
    """A list of {"way", "asked", "client_ms": {"p50", "p99"}, "database_ms": {"p50", "p99"}, "read_bytes": median,
    "index_used"}, where read_bytes are the pages that a query looked at, the arrays that it unpacked among them. Where
    an index can serve it is preferred (data.PREFER_INDEX). backwards: in the opposite order."""
    from peers import data
    told = subprocess.run([data.DEBIAN_PYTHON, pathlib.Path(__file__), place.uri, "1", str(organizations * place.size),
                           str(seconds)], input=json.dumps(place.ways[::-1 if backwards else 1]), capture_output=True,
                          text=True)
    if told.returncode != 0:
        raise SystemExit(f"the queries failed:\n{told.stderr}")
    return json.loads(told.stdout)


def percentiles(values):
    values = sorted(values)
    return {"p50": statistics.median(values), "p99": values[min(len(values) - 1, len(values) * 99 // 100)]}


def key_id_of(row):
    """B_TREE's rows begin with it; in JSONB's it is in the element."""
    return row[0] if "key_id" in row.keys() else json.loads(row[2])["key_id"]


async def ask(statement, first, count, seconds):
    """Milliseconds of each, as the client sees them. Every answer must be its question's."""
    took = []
    end = time.perf_counter() + seconds
    while time.perf_counter() < end or len(took) < 20:
        n = random.randrange(first, first + count)
        begun = time.perf_counter()
        row = await statement.fetchrow(n)
        took.append((time.perf_counter() - begun) * 1000)
        if row is None or key_id_of(row) != f"key_{n}":
            raise SystemExit(f"the answer for bench-key-{n} is {row}")
    return took


def pages(plan):
    return plan.get("Shared Hit Blocks", 0) + plan.get("Shared Read Blocks", 0)


async def explain(connection, query, first, count, times):
    """Milliseconds in the database, and pages looked at, of each; whether all used an index."""
    await connection.execute("set plan_cache_mode = force_generic_plan")
    await connection.execute("prepare explained (int) as " + query)
    took, seen, plans = [], [], []
    for _ in range(times):
        n = random.randrange(first, first + count)
        told = await connection.fetchval(f"explain (analyze, buffers, format json) execute explained ({n})")
        told = json.loads(told)[0]
        took.append(told["Execution Time"])
        seen.append(pages(told["Plan"]))
        plans.append("Index" in json.dumps(told["Plan"]))
    await connection.execute("deallocate explained")
    return took, seen, all(plans)


async def one_way(connection, way, first, count, seconds):
    query = B_TREE if way["plan"] == "b-tree" else JSONB.format(schema=way["schema"])
    await connection.execute(f"set enable_seqscan = {'off' if way['indexed'] else 'on'}")
    statement = await connection.prepare(query)
    await ask(statement, first, count, seconds / 10)
    client = await ask(statement, first, count, seconds)
    database, seen, index_used = await explain(connection, query, first, count, min(EXPLAINED_MAX, len(client)))
    return {"way": way["name"], "asked": len(client), "client_ms": percentiles(client),
            "database_ms": percentiles(database), "read_bytes": statistics.median(seen) * 8192,
            "index_used": index_used}


async def main(uri, first, count, seconds):
    import asyncpg
    connection = await asyncpg.connect(uri, server_settings={"jit": "off"})
    ways = json.load(sys.stdin)
    print(json.dumps([await one_way(connection, way, int(first), int(count), float(seconds)) for way in ways]))
    await connection.close()


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
