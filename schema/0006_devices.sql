-- Devices, as the older service keeps them, with what Latchkey adds; and how often and when
-- credentials were last used.

-- step: columns of devices
do $$
declare
    missing text := (
        select pg_catalog.string_agg('add column ' || definition, ', ' order by place)
        from (values (1, (pg_catalog.parse_ident('NAME'))[1], 'NAME text'),
                     (2, 'scopes', 'scopes text[] not null default ''{}'''),
                     (3, 'metadata', 'metadata jsonb not null default ''{}'''),
                     (4, 'previous_secret', 'previous_secret text'),
                     (5, 'previous_secret_until', 'previous_secret_until timestamptz'),
                     (6, 'revoked_at', 'revoked_at timestamptz'),
                     (7, 'revoked_reason', 'revoked_reason text')
             ) as wanted (place, named, definition)
        where not exists (
            select from pg_catalog.pg_attribute
            where attrelid = 'public.device_credentials'::regclass and attname = named
              and not attisdropped));
begin
    if missing is not null then
        execute 'alter table public.device_credentials ' || missing;
    end if;
end
$$;

comment on column public.device_credentials.previous_secret is
    'of before the last rotation; good until previous_secret_until';

-- step: tables and functions
-- What a device is looked up by: the SHA-256 of its id, whatever type that has. It is immutable
-- though convert_to is not: conversions into UTF-8 do not change. No settings of its own, which
-- each call would pay for.
create function latchkey.device_key(id text) returns bytea
language sql immutable strict parallel safe as $$
    select pg_catalog.sha256(pg_catalog.convert_to(id, 'UTF8'))
$$;

-- Scopes, where the old table has a column of that name and another type. Inlined; the caller
-- takes NULLs away.
create function latchkey.device_scopes(value text[]) returns text[]
language sql immutable parallel safe as $$ select value $$;
create function latchkey.device_scopes(value jsonb) returns text[]
language sql immutable parallel safe as $$ select latchkey.read_scopes(value) $$;
create function latchkey.device_scopes(value json) returns text[]
language sql immutable parallel safe as $$ select latchkey.read_scopes(value::jsonb) $$;
create function latchkey.device_scopes(value text) returns text[]
language sql immutable parallel safe as $$
    select latchkey.read_scopes(pg_catalog.to_jsonb(value))
$$;

-- Outside the feed: nobody judges by it. Room in the page for updates that stay in it.
create table latchkey.credential_use (
    kind text collate "C" not null,
    credential_id text collate "C" not null,
    uses bigint not null default 0,
    last_used_at timestamptz,
    primary key (kind, credential_id)
) with (fillfactor = 70);

-- Deletes revocations that concern no token any more: past their own date and the longest leeway of
-- an issuer, or older than the longest life of a token; and the counts of tokens that nobody can use
-- any more. Answers with how many revocations went; 100,000 of each at most, so that it ends within
-- a poll's deadline. One caller at a time; another does nothing.
create function latchkey.prune_revocations(token_life interval) returns bigint
language plpgsql set search_path = pg_catalog, pg_temp as $$
declare
    deleted bigint;
begin
    if not pg_try_advisory_xact_lock(7021860473813) then
        return 0;
    end if;
    perform set_config('latchkey.pruning', 'on', true);
    delete from latchkey.revocations where id in (
        select id from latchkey.revocations
        where coalesce(expires_at + interval '1 minute', created_at + token_life)
              < clock_timestamp() limit 100000)
        -- Once more, since a row may have been renewed meanwhile.
        and coalesce(expires_at + interval '1 minute', created_at + token_life) < clock_timestamp();
    get diagnostics deleted = row_count;
    perform set_config('latchkey.pruning', 'off', true);
    delete from latchkey.credential_use where kind = 'token' and credential_id in (
        select credential_id from latchkey.credential_use
        where kind = 'token' and last_used_at + token_life < clock_timestamp() limit 100000)
        and last_used_at + token_life < clock_timestamp();
    return deleted;
end
$$;

-- --- The feed ---

-- What decides about a device; an older service may note in the same row when it was last seen.
-- As JSON: a column of the old table may have a type that cannot be compared. Inlined; its caller
-- fixes the search_path.
create function latchkey.judged_columns(d public.device_credentials) returns jsonb
language sql stable as $$
    select jsonb_build_array(d.DEVICE_ID, d.DEVICE_SECRET, d.ORGANIZATION_ID, d.STATUS, d.NAME,
                             d.scopes, d.metadata, d.previous_secret, d.previous_secret_until,
                             d.revoked_at is not null)
$$;
create or replace function latchkey.devices_updated() returns trigger
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
    perform latchkey.write_changes('devices', null, (
        select array_agg(distinct device_id) from (
            (select o.DEVICE_ID::text, latchkey.judged_columns(o) from old_rows o
             except select n.DEVICE_ID::text, latchkey.judged_columns(n) from new_rows n)
            union all
            (select n.DEVICE_ID::text, latchkey.judged_columns(n) from new_rows n
             except select o.DEVICE_ID::text, latchkey.judged_columns(o) from old_rows o)
        ) as differing (device_id, judged)));
    return null;
end
$$;

-- --- A token falls with the device that it was made from, and rises with it ---

-- An old table may hold an id twice, or a NULL, which no token names.
create function latchkey.devices_came() returns trigger
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
    perform latchkey.restore_credentials(array(
        select DEVICE_ID::text from new_rows where STATUS = 'active' and revoked_at is null));
    return null;
end
$$;
create function latchkey.devices_fell() returns trigger
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
    fallen text[];
    risen text[];
begin
    fallen := array(
        select DEVICE_ID::text from old_rows
            where STATUS = 'active' and revoked_at is null and DEVICE_ID is not null
        except select DEVICE_ID::text from new_rows where STATUS = 'active' and revoked_at is null);
    risen := array(
        select DEVICE_ID::text from new_rows where STATUS = 'active' and revoked_at is null
        except select DEVICE_ID::text from old_rows where STATUS = 'active' and revoked_at is null);
    if fallen <> '{}' then
        perform latchkey.revoke_credentials(fallen, 'the device is revoked or disabled');
    end if;
    if risen <> '{}' then
        perform latchkey.restore_credentials(risen);
    end if;
    return null;
end
$$;
create function latchkey.devices_gone() returns trigger
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
    perform latchkey.revoke_credentials(
        array(select distinct DEVICE_ID::text from old_rows where DEVICE_ID is not null),
        'the device is deleted');
    return null;
end
$$;
create function latchkey.devices_emptied() returns trigger
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
    perform latchkey.revoke_credentials(
        array(select distinct DEVICE_ID::text from public.device_credentials
              where DEVICE_ID is not null),
        'the device is deleted');
    return null;
end
$$;

-- --- The operator's changes ---

-- Takes devices in: an array of objects with the columns' names. Answers with one row for each that
-- was not taken: its id, and why ('taken', 'organization' when there is none, 'unreadable'). All
-- others go in by one statement, and are one change of the feed.
create function latchkey.import_devices(given jsonb) returns table (id text, problem text)
language plpgsql set search_path = pg_catalog, pg_temp as $$
declare
    element jsonb;
    one public.device_credentials;
    good jsonb[] := '{}';
    seen bytea[] := '{}';
begin
    for element in select e from jsonb_array_elements(given) as e loop
        id := element ->> 'device_id';
        begin
            one := jsonb_populate_record(null::public.device_credentials, element);
            problem := case
                when not exists (select from public.organizations o
                                 where o."organization_id" = one.ORGANIZATION_ID)
                then 'organization'
                when latchkey.device_key(one.DEVICE_ID::text) = any (seen)
                     or exists (select from public.device_credentials d
                                where latchkey.device_key(d.DEVICE_ID::text)
                                    = latchkey.device_key(one.DEVICE_ID::text))
                then 'taken' end;
        exception when data_exception then
            problem := 'unreadable';
        end;
        if problem is null then
            good := good || element;
            seen := seen || latchkey.device_key(one.DEVICE_ID::text);
        else
            return next;
        end if;
    end loop;

    -- Another one may have been quicker.
    return query
        with inserted as (
            insert into public.device_credentials as d
                (DEVICE_ID, DEVICE_SECRET, ORGANIZATION_ID, NAME, scopes, metadata)
                select g.DEVICE_ID, g.DEVICE_SECRET, g.ORGANIZATION_ID, g.NAME, g.scopes, g.metadata
                from jsonb_populate_recordset(null::public.device_credentials, to_jsonb(good)) as g
                order by latchkey.device_key(g.DEVICE_ID::text)
            on conflict do nothing
            returning d.DEVICE_ID::text)
        select e ->> 'device_id', 'taken' from unnest(good) as e
        where not exists (
            select from inserted i
            where i.DEVICE_ID::text = ((jsonb_populate_record(
                null::public.device_credentials, e)).DEVICE_ID)::text);
end
$$;

revoke execute on all functions in schema latchkey from public;
-- Whoever writes the old table keeps its index up to date, and needs this right for it.
grant execute on function latchkey.device_key(text) to public;
-- These compute, and read no table.
grant execute on function
    latchkey.device_scopes(text[]), latchkey.device_scopes(jsonb), latchkey.device_scopes(json),
    latchkey.device_scopes(text), latchkey.read_scopes(jsonb) to public;

-- step: index on the keys of devices, outside a transaction
create index concurrently device_credentials_device_key_idx
    on public.device_credentials (latchkey.device_key(DEVICE_ID::text));

-- step: triggers of devices
create trigger latchkey_tokens_insert after insert on public.device_credentials
    referencing new table as new_rows
    for each statement execute function latchkey.devices_came();
create trigger latchkey_tokens_update after update on public.device_credentials
    referencing old table as old_rows new table as new_rows
    for each statement execute function latchkey.devices_fell();
create trigger latchkey_tokens_delete after delete on public.device_credentials
    referencing old table as old_rows
    for each statement execute function latchkey.devices_gone();
create trigger latchkey_tokens_truncate before truncate on public.device_credentials
    for each statement execute function latchkey.devices_emptied();

-- Also in a session that replays a replica's or a restore's changes.
alter table public.device_credentials enable always trigger latchkey_tokens_insert;
alter table public.device_credentials enable always trigger latchkey_tokens_update;
alter table public.device_credentials enable always trigger latchkey_tokens_delete;
alter table public.device_credentials enable always trigger latchkey_tokens_truncate;
