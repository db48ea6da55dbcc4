"""The same credentials in both layouts, and an issuer whose tokens both sides accept.

Organizations org_1 to org_N have K keys each, bench-key-1 to bench-key-N*K with the ids key_1 to key_N*K: as elements
of public.organizations.api_keys, where the older service searches them, and as rows of latchkey.api_keys. Both
services share public.device_credentials: dev_1 to dev_D with the secrets bench-secret-1 to bench-secret-D. Two more
organizations hold credentials that are refused (odd)."""

import json
import pathlib
import subprocess

import seed

DEBIAN_PYTHON = "/usr/bin/python3"  # the one that sees Debian's modules
HERE = pathlib.Path(__file__).parent

# The mirror trigger takes a minute for a million elements, so these rows are written beside it. Triggers are put back
# as they were; nothing is mirrored later, since both layouts agree. Arrays are read from text, which takes half the time
# of building them.
FILL = """
begin;
create temporary table kept as select tgname, tgenabled from pg_trigger
 where tgrelid = 'public.organizations'::regclass and not tgisinternal;
alter table public.organizations disable trigger user;
insert into public.organizations (organization_id, name, api_keys)
 select 'org_' || o, 'Organization ' || o, (
  select ('[' || string_agg('{{"key_id":"key_' || n || '","key_hash":"'
    || encode(sha256(('bench-key-' || n)::bytea), 'hex') || '","name":"bench","scopes":["devices:read","devices:write"],'
    || '"is_active":true,"expires_at":null,"created_at":"2026-01-01T00:00:00Z"}}', ',') || ']')::jsonb
  from generate_series((o - 1) * {each} + 1, o * {each}) n)
 from generate_series(1, {organizations}) o;
do $$ declare t record; begin
 for t in select * from kept loop
  execute format('alter table public.organizations enable %s trigger %I',
                 case t.tgenabled when 'A' then 'always' when 'R' then 'replica' else '' end, t.tgname);
 end loop; end $$;
insert into latchkey.api_keys (key_hash, key_id, organization_id, name, scopes, origin, created_at)
 select sha256(('bench-key-' || n)::bytea), 'key_' || n, 'org_' || (n - 1) / {each} + 1, 'bench',
  '{{devices:read,devices:write}}', 'organization_array', '2026-01-01T00:00:00Z'
 from generate_series(1, {organizations} * {each}) n;
insert into public.device_credentials (device_id, device_secret, organization_id, status, name, scopes)
 select 'dev_' || n, {secret}, 'org_' || (n - 1) % {organizations} + 1, 'active', 'bench',
  '{{devices:read,devices:write}}'
 from generate_series(1, {devices}) n;
commit;
vacuum analyze public.organizations, public.device_credentials, latchkey.api_keys;
"""

# Few, so the mirror trigger writes Latchkey's rows.
ODD = """
insert into public.organizations (organization_id, name, api_keys, status)
 select organization, organization, jsonb_agg(jsonb_build_object('key_id', 'key_' || called, 'key_hash',
   encode(sha256(('bench-key-' || called)::bytea), 'hex'), 'name', 'odd', 'scopes', jsonb_build_array('devices:read'),
   'is_active', active, 'expires_at', expires)), status
 from (values ('org_odd', 'active', 'disabled', false, null),
              ('org_odd', 'active', 'expired', true, '2020-01-01T00:00:00Z'),
              ('org_odd', 'active', 'later', true, '2099-01-01T00:00:00Z'), ('org_off', 'disabled', 'off', true, null))
  as odd (organization, status, called, active, expires) group by organization, status;
insert into public.device_credentials (device_id, device_secret, organization_id, status, name, scopes)
 select 'dev_' || n, {secret}, organization, status, 'odd', '{{devices:read}}'
 from (values ('disabled', 'org_odd', 'disabled'), ('off', 'org_off', 'active')) as odd (n, organization, status);
"""

INDEXES = {None: None, "gin": "gin (api_keys)", "jsonb_path_ops": "gin (api_keys jsonb_path_ops)",
           # As it was planned once. On an array it indexes nothing, so it serves no query.
           "gin_key_hash": "gin ((api_keys -> 'key_hash'))"}
SERVING = ("gin", "jsonb_path_ops")
# The planner does not know what it costs to unpack an array, so without this it reads a small table from end to end. It
# counts such a reading as so expensive then that it would compile each query.
PREFER_INDEX = {"enable_seqscan": "off", "jit": "off"}

# Latchkey's migrations make an index on public.organizations, so each way to search has a copy of its own; and several
# contenders can take turns.
COPY = """
create schema {schema};
create table {schema}.organizations (organization_id text primary key, name text, status text, api_keys jsonb);
insert into {schema}.organizations select organization_id, name, status, api_keys from public.organizations;
"""


def fill(postgres, organizations=10, keys_each=100, devices=1000):
    """After Postgres.migrated; in place of what was there."""
    postgres.sql("set client_min_messages = warning;"
                 "truncate public.organizations, public.device_credentials, latchkey.api_keys;"
                 + "".join(f"drop schema if exists older_{name or 'plain'} cascade;" for name in INDEXES))
    values = {"organizations": organizations, "each": keys_each, "devices": devices, "secret": seed.GENERATED_SECRET}
    postgres.sql(FILL.format(**values) + ODD.format(**values))


def layout(postgres, index=None):
    """The schema of a copy of public.organizations that has this index (of INDEXES) and no other. Made when first
    asked for."""
    schema = f"older_{index or 'plain'}"
    if not postgres.value(f"select to_regnamespace('{schema}')"):
        made = f"create index on {schema}.organizations using {INDEXES[index]};" if INDEXES[index] else ""
        postgres.sql(COPY.format(schema=schema) + made)
        postgres.sql(f"vacuum analyze {schema}.organizations;")
    return schema


class Issuer:
    """A key pair and tokens of it, in a folder: signing-key, verifying-key, jwks.json, tokens.json ({"good",
    "expired", "forged", …}). HS256 is what the older service used; ES256 and RS256 are what Latchkey issues."""

    issuer = "https://issuer.example"
    audience = "api"
    subject = "5f0c8f3a-user"

    def __init__(self, folder, algorithm="ES256"):
        self.folder = pathlib.Path(folder)
        self.algorithm = algorithm
        subprocess.run([DEBIAN_PYTHON, HERE / "mint.py", algorithm, folder, self.issuer, self.audience, self.subject],
                       check=True)
        self.tokens = json.loads((self.folder / "tokens.json").read_text())

    def section(self):
        """Of Latchkey's configuration, to accept its tokens."""
        keys = ("secret_file", "signing-key") if self.algorithm == "HS256" else ("jwks_file", "jwks.json")
        return (f'[[issuers]]\nissuer = "{self.issuer}"\naudiences = "{self.audience}"\n'
                f'algorithms = "{self.algorithm}"\n{keys[0]} = "{self.folder}/{keys[1]}"\n')
