"""The database alone: pgbench looks up random keys of latchkey.api_keys, with prepared statements and the rows and the
join of Latchkey's own look-up. One look-up at a time on each connection (single), or 32 on their way at once
(pipelined)."""

import pathlib
import tempfile

import loads

PIPELINE = 32
CLIENTS = (1, 2, 4, 8, 16)

# The rows and the join of statements::find_api_keys.
ONE_KEY = """
select k.key_hash, k.key_id, k.organization_id::text, k.name, k.external_id, k.scopes, k.metadata::text,
 k.expires_at, k.enabled, k.revoked_at is not null, coalesce(o.status = 'active', false), k.allowed_networks::text[]
 from latchkey.api_keys k left join public.organizations o on o.organization_id = k.organization_id
 where k.key_hash = sha256(('bench-key-' || :{name})::bytea);
"""


def draw(name):
    return f"\\set {name} random(1, :keys)\n"


def single_script():
    return draw("n") + ONE_KEY.format(name="n")


def pipelined_script():
    names = [f"n{i}" for i in range(PIPELINE)]
    return ("".join(map(draw, names)) + "\\startpipeline\n" + "".join(ONE_KEY.format(name=name) for name in names)
            + "\\endpipeline\n")


def run(postgres, script, look_ups, keys, seconds, clients):
    with tempfile.TemporaryDirectory() as folder:
        file = pathlib.Path(folder) / "script.sql"
        file.write_text(script)
        out = loads.pgbench(postgres, file, seconds, clients, keys=keys)
    return look_ups * float(next(line for line in out.splitlines() if line.startswith("tps")).split()[2])


def single(postgres, keys, seconds, clients):
    """Look-ups a second."""
    return run(postgres, single_script(), 1, keys, seconds, clients)


def pipelined(postgres, keys, seconds, clients):
    """Look-ups a second."""
    return run(postgres, pipelined_script(), PIPELINE, keys, seconds, clients)


def best_clients(way, postgres, keys, seconds=2, tried=CLIENTS):
    """With so many connections `way` (single or pipelined) is fastest. The best two run once more, since a short run
    may be disturbed."""
    rates = {clients: way(postgres, keys, seconds, clients) for clients in tried}
    for clients in sorted(rates, key=rates.get)[-2:]:
        rates[clients] += way(postgres, keys, seconds, clients)
    return max(rates, key=rates.get)
