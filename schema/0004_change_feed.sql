-- The feed of changes: whatever alters how a credential is judged leaves a row in latchkey.changes,
-- written by triggers in the transaction that alters it. Each node reads the rows that it has not
-- seen and drops what it has cached of them.

-- step: tables and functions
create table latchkey.changes (
    seq bigint generated always as identity primary key,
    xid xid8 not null default pg_current_xact_id(),
    at timestamptz not null default clock_timestamp(),
    kind text not null check (kind in ('api_keys', 'organizations', 'devices', 'everything')),
    keys bytea[] not null default '{}',
    names text[] not null default '{}'
);
create index changes_xid_idx on latchkey.changes (xid);

-- Survives a clean restart; a crash or a promotion empties it, and by that is found out.
create unlogged table latchkey.era (
    one boolean primary key default true check (one),
    id uuid not null default gen_random_uuid()
);
insert into latchkey.era default values;

-- Changes of transactions below this one may have been deleted.
create table latchkey.feed_state (
    one boolean primary key default true check (one),
    pruned_below xid8 not null
);
insert into latchkey.feed_state (pruned_below) values ('0');

-- One row per process. Room in the page, so that an update each second stays in it.
create table latchkey.nodes (
    instance_id uuid primary key,
    node text not null,
    version text not null,
    started_at timestamptz not null,
    heartbeat_at timestamptz not null default clock_timestamp(),
    max_staleness interval not null,
    applied pg_snapshot
) with (fillfactor = 50, autovacuum_vacuum_threshold = 500, autovacuum_vacuum_scale_factor = 0);

-- Rows of at most 1000 elements each, and the wake-up: equal notifications of one transaction
-- collapse into one.
create function latchkey.write_changes(what text, hashes bytea[], ids text[]) returns void
language plpgsql set search_path = pg_catalog, pg_temp as $$
declare
    most constant int := 1000;
    elements constant int := greatest(coalesce(cardinality(hashes), 0), coalesce(cardinality(ids), 0));
begin
    if elements = 0 and what <> 'everything' then
        return;
    end if;
    insert into latchkey.changes (kind, keys, names)
        select what, coalesce(hashes[first : first + most - 1], '{}'),
               coalesce(ids[first : first + most - 1], '{}')
        from generate_series(1, greatest(elements, 1), most) as first;
    perform pg_notify('latchkey_changes', '');
end
$$;

-- What decides about a key: all that an answer is made of. Not: when and why.
create function latchkey.api_keys_inserted() returns trigger
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
    perform latchkey.write_changes('api_keys', (select array_agg(key_hash) from new_rows), null);
    return null;
end
$$;
create function latchkey.api_keys_deleted() returns trigger
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
    perform latchkey.write_changes('api_keys', (select array_agg(key_hash) from old_rows), null);
    return null;
end
$$;
create function latchkey.api_keys_updated() returns trigger
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
    perform latchkey.write_changes('api_keys', (
        select array_agg(distinct key_hash) from (
            (select key_hash, key_id, organization_id, name, external_id, scopes, metadata,
                    expires_at, enabled, revoked_at, allowed_networks from old_rows
             except
             select key_hash, key_id, organization_id, name, external_id, scopes, metadata,
                    expires_at, enabled, revoked_at, allowed_networks from new_rows)
            union all
            (select key_hash, key_id, organization_id, name, external_id, scopes, metadata,
                    expires_at, enabled, revoked_at, allowed_networks from new_rows
             except
             select key_hash, key_id, organization_id, name, external_id, scopes, metadata,
                    expires_at, enabled, revoked_at, allowed_networks from old_rows)
        ) as differing), null);
    return null;
end
$$;

create function latchkey.organizations_inserted() returns trigger
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
    perform latchkey.write_changes('organizations', null,
        (select array_agg("organization_id"::text) from new_rows));
    return null;
end
$$;
create function latchkey.organizations_deleted() returns trigger
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
    perform latchkey.write_changes('organizations', null,
        (select array_agg("organization_id"::text) from old_rows));
    return null;
end
$$;
create function latchkey.organizations_updated() returns trigger
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
    perform latchkey.write_changes('organizations', null, (
        select array_agg(distinct "organization_id"::text) from (
            (select "organization_id", "status" from old_rows
             except select "organization_id", "status" from new_rows)
            union all
            (select "organization_id", "status" from new_rows
             except select "organization_id", "status" from old_rows)
        ) as differing));
    return null;
end
$$;

-- Of the old service's table any column may matter one day: whole rows are compared.
create function latchkey.devices_inserted() returns trigger
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
    perform latchkey.write_changes('devices', null,
        (select array_agg(DEVICE_ID::text) from new_rows));
    return null;
end
$$;
create function latchkey.devices_deleted() returns trigger
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
    perform latchkey.write_changes('devices', null,
        (select array_agg(DEVICE_ID::text) from old_rows));
    return null;
end
$$;
create function latchkey.devices_updated() returns trigger
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
    perform latchkey.write_changes('devices', null, (
        select array_agg(distinct device_id) from (
            (select o.DEVICE_ID::text, to_jsonb(o) from old_rows o
             except select n.DEVICE_ID::text, to_jsonb(n) from new_rows n)
            union all
            (select n.DEVICE_ID::text, to_jsonb(n) from new_rows n
             except select o.DEVICE_ID::text, to_jsonb(o) from old_rows o)
        ) as differing (device_id, whole)));
    return null;
end
$$;

create function latchkey.table_truncated() returns trigger
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
    perform latchkey.write_changes('everything', null, null);
    return null;
end
$$;

-- Deletes changes that are older than `keep` and that every live node has applied, and nodes that
-- have been silent for a day. Answers with how many changes went. One caller at a time; another
-- does nothing.
create function latchkey.prune_changes(keep interval, margin interval) returns bigint
language plpgsql set search_path = pg_catalog, pg_temp as $$
declare
    horizon xid8;
    highest xid8;
    deleted bigint;
begin
    if not pg_try_advisory_xact_lock(7021860473811) then
        return 0;
    end if;
    delete from latchkey.nodes
        where heartbeat_at < clock_timestamp() - (max_staleness + margin) - interval '1 day';
    select least(pg_snapshot_xmin(pg_current_snapshot()), min(pg_snapshot_xmin(applied)))
        into horizon from latchkey.nodes
        where applied is not null and heartbeat_at > clock_timestamp() - (max_staleness + margin);
    with gone as (
        delete from latchkey.changes where xid < horizon and at < clock_timestamp() - keep
        returning xid)
    select count(*), max(xid) into deleted, highest from gone;
    if deleted > 0 then
        update latchkey.feed_state set pruned_below =
            greatest(pruned_below, ((highest::text::numeric + 1)::text)::xid8);
    end if;
    return deleted;
end
$$;

revoke execute on all functions in schema latchkey from public;

-- The triggers act also in a session that replays a replica's or a restore's changes.
-- step: triggers of keys
create trigger latchkey_feed_insert after insert on latchkey.api_keys
    referencing new table as new_rows
    for each statement execute function latchkey.api_keys_inserted();
create trigger latchkey_feed_update after update on latchkey.api_keys
    referencing old table as old_rows new table as new_rows
    for each statement execute function latchkey.api_keys_updated();
create trigger latchkey_feed_delete after delete on latchkey.api_keys
    referencing old table as old_rows
    for each statement execute function latchkey.api_keys_deleted();
create trigger latchkey_feed_truncate after truncate on latchkey.api_keys
    for each statement execute function latchkey.table_truncated();
alter table latchkey.api_keys enable always trigger latchkey_feed_insert;
alter table latchkey.api_keys enable always trigger latchkey_feed_update;
alter table latchkey.api_keys enable always trigger latchkey_feed_delete;
alter table latchkey.api_keys enable always trigger latchkey_feed_truncate;

-- step: triggers of organizations
create trigger latchkey_feed_insert after insert on public.organizations
    referencing new table as new_rows
    for each statement execute function latchkey.organizations_inserted();
create trigger latchkey_feed_update after update on public.organizations
    referencing old table as old_rows new table as new_rows
    for each statement execute function latchkey.organizations_updated();
create trigger latchkey_feed_delete after delete on public.organizations
    referencing old table as old_rows
    for each statement execute function latchkey.organizations_deleted();
create trigger latchkey_feed_truncate after truncate on public.organizations
    for each statement execute function latchkey.table_truncated();
alter table public.organizations enable always trigger latchkey_feed_insert;
alter table public.organizations enable always trigger latchkey_feed_update;
alter table public.organizations enable always trigger latchkey_feed_delete;
alter table public.organizations enable always trigger latchkey_feed_truncate;

-- step: triggers of devices
create trigger latchkey_feed_insert after insert on public.device_credentials
    referencing new table as new_rows
    for each statement execute function latchkey.devices_inserted();
create trigger latchkey_feed_update after update on public.device_credentials
    referencing old table as old_rows new table as new_rows
    for each statement execute function latchkey.devices_updated();
create trigger latchkey_feed_delete after delete on public.device_credentials
    referencing old table as old_rows
    for each statement execute function latchkey.devices_deleted();
create trigger latchkey_feed_truncate after truncate on public.device_credentials
    for each statement execute function latchkey.table_truncated();
alter table public.device_credentials enable always trigger latchkey_feed_insert;
alter table public.device_credentials enable always trigger latchkey_feed_update;
alter table public.device_credentials enable always trigger latchkey_feed_delete;
alter table public.device_credentials enable always trigger latchkey_feed_truncate;
