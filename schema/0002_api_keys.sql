-- API keys, by the SHA-256 of the whole key. organization_id has the type that it has in
-- public.organizations. A NULL among scopes or networks could not be read, nor, with that row in
-- it, the answer to anyone who asked in the same query.

create schema if not exists latchkey;

do $$
declare
    id_type text := (
        select pg_catalog.format_type(atttypid, atttypmod) from pg_catalog.pg_attribute
        where attrelid = 'public.organizations'::regclass
          and attname = (pg_catalog.parse_ident('"organization_id"'))[1]);
begin
    execute pg_catalog.format(
        'create table latchkey.api_keys (
             key_hash bytea primary key check (octet_length(key_hash) = 32),
             key_id text not null unique,
             organization_id %s not null,
             name text,
             external_id text,
             scopes text[] not null default ''{}'' check (array_position(scopes, null) is null),
             metadata jsonb not null default ''{}'' check (jsonb_typeof(metadata) = ''object''),
             allowed_networks inet[] not null default ''{}''
                 check (array_position(allowed_networks, null) is null),
             enabled boolean not null default true,
             expires_at timestamptz,
             revoked_at timestamptz,
             revoked_reason text,
             origin text not null default ''latchkey''
                 check (origin in (''latchkey'', ''organization_array'')),
             created_at timestamptz not null default now())', id_type);
end
$$;

create index api_keys_organization_id_idx on latchkey.api_keys (organization_id);

comment on column latchkey.api_keys.origin is
    'who owns the row: latchkey, or the array public.organizations.api_keys that it mirrors';
