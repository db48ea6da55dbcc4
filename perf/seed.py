"""The rows that the programs ask for. The names are fixed: loads.verify_keys and any_loop.cpp ask for
bench-key-N too."""

import json

import measure

ORGANIZATION = "insert into public.organizations (organization_id, name) values ('bench', 'Bench') on conflict do nothing;\n"


def keys(postgres, count=1, first=1):
    """API keys bench-key-FIRST to bench-key-COUNT, with the ids key_FIRST to key_COUNT, of the organization bench."""
    if count > 1000:
        print(f"seeding {count} keys", flush=True)
    postgres.sql(ORGANIZATION + f"""
insert into latchkey.api_keys (key_hash, key_id, organization_id, name, scopes)
 select sha256(('bench-key-' || n)::bytea), 'key_' || n, 'bench', 'bench', '{{devices:read,devices:write}}'
 from generate_series({first}, {count}) n;
vacuum analyze latchkey.api_keys;
vacuum analyze public.organizations;
""")


def key_body(n=1):
    return json.dumps({"api_key": f"bench-key-{n}"})


GENERATED_SECRET = "'sha256:' || encode(sha256(('bench-secret-' || n)::bytea), 'hex')"
# Of no secret that anybody knows.
CHOSEN_SECRET = "'scrypt:ln=15,r=8,p=1$' || repeat('A', 22) || '$' || repeat('A', 43)"


def devices(postgres, count=1, secret=GENERATED_SECRET):
    """Devices dev_1 to dev_COUNT; the secret of dev_N is bench-secret-N, unless another SQL expression is given."""
    postgres.sql(ORGANIZATION + f"""
insert into public.device_credentials (device_id, device_secret, organization_id, status, name, scopes)
 select 'dev_' || n, {secret}, 'bench', 'active', 'bench', '{{devices:read,devices:write}}'
 from generate_series(1, {count}) n;
""")


def device_body(n=1):
    return json.dumps({"device_id": f"dev_{n}", "device_secret": f"bench-secret-{n}"})


def made_key(server):
    """The body that asks for a key which Latchkey itself made, in its own form, with a checksum."""
    organization = server.command("org", "create", "--name", "Perf")["organization_id"]
    key = server.command("key", "create", "--organization", organization, "--name", "perf", "--scopes",
                         "devices:read,devices:write")["api_key"]
    return json.dumps({"api_key": key})


def caller_key(server):
    """A key that may ask about every organization's credentials."""
    organization = server.command("org", "create", "--name", "Callers")["organization_id"]
    return server.command("key", "create", "--organization", organization, "--name", "caller", "--scopes",
                          "latchkey:verify:*")["api_key"]


def issuer(folder):
    """A token (ES256) of an issuer, and the section of the configuration that names the issuer. Needs token_verify."""
    (published,), (token,) = measure.run_helper("token_verify", "ES256", "mint")
    (folder / "jwks.json").write_text(published)
    return token, (f'[[issuers]]\nissuer = "https://issuer.example"\naudiences = "api"\n'
                   f'jwks_file = "{folder}/jwks.json"\n')


def changes(postgres, rows):
    """So many rows in the feed, and no others; ten in a transaction."""
    postgres.sql(f"""
truncate latchkey.changes;
create or replace procedure fill_changes(rows int) language plpgsql as $$ begin
 for n in 1..rows loop
  insert into latchkey.changes (kind) values ('api_keys');
  if n % 10 = 0 then commit; end if;
 end loop; end $$;
call fill_changes({rows});
analyze latchkey.changes;
""")


def older_service(postgres, organizations, keys_each, devices=10_000):
    """The older service's tables before `latchkey migrate`: org-1 to org-N, each with an array of keys."""
    postgres.sql(f"""
create table public.organizations (organization_id text primary key, plan text, api_keys jsonb default '[]');
create table public.device_credentials (device_id text primary key, device_secret text, organization_id text);
insert into public.organizations (organization_id, api_keys)
 select 'org-' || o, (select jsonb_agg(jsonb_build_object('key_hash', encode(sha256((o || '/' || k)::bytea), 'hex'),
   'key_id', 'k' || o || '-' || k, 'name', 'key ' || k, 'scopes', jsonb_build_array('read'), 'is_active', true))
  from generate_series(1, {keys_each}) k)
 from generate_series(1, {organizations}) o;
insert into public.device_credentials
 select 'd' || n, 'sha256:x', 'org-' || n % 100 from generate_series(1, {devices}) n;
analyze;
""")
