-- The tables of the service that Latchkey replaces. On a fresh database they are made; where they
-- exist, only what is missing is added, and no column changes its type: identifiers stay text or
-- uuid, as they are.

create table if not exists public.organizations (
    organization_id text primary key,
    name text,
    api_keys jsonb not null default '[]',
    status text not null default 'active',
    created_at timestamptz not null default now()
);

alter table public.organizations
    add column if not exists name text,
    add column if not exists api_keys jsonb default '[]',
    add column if not exists status text not null default 'active';

do $$
declare
    id_type text := (
        select pg_catalog.format_type(atttypid, atttypmod) from pg_catalog.pg_attribute
        where attrelid = 'public.organizations'::regclass and attname = 'organization_id');
begin
    execute pg_catalog.format(
        'create table if not exists public.device_credentials (
             device_id text primary key,
             device_secret text not null,
             organization_id %s not null,
             status text not null default ''active'',
             created_at timestamptz not null default now())', id_type);
end
$$;

alter table public.device_credentials
    add column if not exists status text not null default 'active';

-- Look-ups join organizations by id: where the old table has no key that leads with it, an index.
do $$
begin
    if not exists (
        select from pg_catalog.pg_index i
        join pg_catalog.pg_attribute a on a.attrelid = i.indrelid and a.attnum = i.indkey[0]
        where i.indrelid = 'public.organizations'::regclass and i.indpred is null
          and a.attname = 'organization_id')
    then
        create index organizations_organization_id_idx on public.organizations (organization_id);
    end if;
end
$$;

-- Of the five indexes that were planned, these serve a query of the old service. They are built
-- inside the transaction: a big table is locked against writers meanwhile.
--
--   api_keys @> '[{"key_hash": "…"}]' is served by gin (api_keys), and by this smaller one.
create index if not exists organizations_api_keys_idx
    on public.organizations using gin (api_keys jsonb_path_ops);
--   device_id = … and status = 'active', with or without device_secret.
create index if not exists device_credentials_active_device_id_idx
    on public.device_credentials (device_id) where status = 'active';
--   organization_id = … and status = …
create index if not exists device_credentials_organization_id_status_idx
    on public.device_credentials (organization_id, status);
--
-- Not made: gin ((api_keys -> 'key_hash')), which on a JSON array indexes nothing but NULLs; and
-- (device_id, device_secret) where status = 'active', which finds no row that the index on
-- device_id does not find as fast, and would keep a second copy of every secret.
