-- The tables of the service that Latchkey replaces. On a fresh database they are made; where they
-- exist, only what is missing is added, and no column changes its type: identifiers stay text or
-- uuid, as they are.
--
-- The older service goes on meanwhile: one of its tables is locked at a time, briefly, and not at all
-- where nothing is missing.

-- step: tables
create table if not exists public.organizations (
    "organization_id" text primary key,
    "name" text,
    "api_keys" jsonb not null default '[]',
    "status" text not null default 'active',
    created_at timestamptz not null default now()
);

do $$
declare
    id_type text := (
        select pg_catalog.format_type(atttypid, atttypmod) from pg_catalog.pg_attribute
        where attrelid = 'public.organizations'::regclass
          and attname = (pg_catalog.parse_ident('"organization_id"'))[1]);
begin
    execute pg_catalog.format(
        'create table if not exists public.device_credentials (
             DEVICE_ID text primary key,
             DEVICE_SECRET text not null,
             ORGANIZATION_ID %s not null,
             STATUS text not null default ''active'',
             created_at timestamptz not null default now())', id_type);
end
$$;

-- step: columns of organizations
do $$
declare
    missing text := (
        select pg_catalog.string_agg('add column ' || definition, ', ' order by place)
        from (values (1, (pg_catalog.parse_ident('"name"'))[1], '"name" text'),
                     (2, (pg_catalog.parse_ident('"api_keys"'))[1],
                      '"api_keys" jsonb default ''[]'''),
                     (3, (pg_catalog.parse_ident('"status"'))[1],
                      '"status" text not null default ''active''')
             ) as wanted (place, named, definition)
        where not exists (
            select from pg_catalog.pg_attribute
            where attrelid = 'public.organizations'::regclass and attname = named
              and not attisdropped));
begin
    if missing is not null then
        execute 'alter table public.organizations ' || missing;
    end if;
end
$$;

-- step: columns of devices
do $$
begin
    if not exists (
        select from pg_catalog.pg_attribute
        where attrelid = 'public.device_credentials'::regclass
          and attname = (pg_catalog.parse_ident('STATUS'))[1]
          and not attisdropped)
    then
        alter table public.device_credentials
            add column STATUS text not null default 'active';
    end if;
end
$$;

-- Look-ups join organizations by id: where the old table has no key that leads with it, an index.
-- step: index on organization_id, outside a transaction
-- unless: select exists (
--   select from pg_catalog.pg_index i
--   join pg_catalog.pg_attribute a on a.attrelid = i.indrelid and a.attnum = i.indkey[0]
--   where i.indrelid = 'public.organizations'::regclass and i.indpred is null and i.indisvalid
--     and a.attname = (pg_catalog.parse_ident('"organization_id"'))[1])
create index concurrently organizations_organization_id_idx
    on public.organizations ("organization_id");

-- Of the five indexes that were planned, these serve a query of the old service.
--
--   api_keys @> '[{"key_hash": "…"}]' is served by gin (api_keys), and by this smaller one. Its list
--   of what is not sorted in yet is short: one writer or another has to do that, and with the usual
--   4 MB it takes a second.
-- step: index on api_keys, outside a transaction
create index concurrently organizations_api_keys_idx
    on public.organizations using gin ("api_keys" jsonb_path_ops)
    with (gin_pending_list_limit = 256);
--   device_id = … and status = 'active', with or without device_secret.
-- step: index on active devices, outside a transaction
create index concurrently device_credentials_active_device_id_idx
    on public.device_credentials (DEVICE_ID) where STATUS = 'active';
--   organization_id = … and status = …
-- step: index on devices of organizations, outside a transaction
create index concurrently device_credentials_organization_id_status_idx
    on public.device_credentials (ORGANIZATION_ID, STATUS);
--
-- Not made: gin ((api_keys -> 'key_hash')), which on a JSON array indexes nothing but NULLs; and
-- (device_id, device_secret) where status = 'active', which finds no row that the index on
-- device_id does not find as fast, and would keep a second copy of every secret.
