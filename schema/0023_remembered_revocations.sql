-- What is revoked stays revoked, though the database forgets it: a fail-over or a restore may lose
-- commits that the nodes have obeyed. They remember what they obeyed, and one of them writes back what
-- is missing (latchkey.reassert).

-- step: tables and functions
-- What was written back. A credential or an organization that stands here is refused, whatever its own
-- row says: those may belong to the older service.
create table latchkey.holds (
    kind text collate "C" not null check (kind in
        ('api_key', 'device', 'disabled_organization', 'token', 'subject', 'organization')),
    issuer text collate "C" not null default '',
    value text collate "C" not null,
    revoked_at timestamptz not null,
    reasserted_at timestamptz not null default clock_timestamp(),
    reasserted_by text,
    era text collate "C",
    -- Of tokens: the row in latchkey.revocations that was there before.
    had_row boolean not null default false,
    former_issued_before timestamptz,
    former_expires_at timestamptz,
    primary key (kind, issuer, value)
);
comment on table latchkey.holds is
    'revocations that this database had lost and a node has written back; what stands here is refused';

-- What is good again: a node that comes back late does not revoke that. Kinds as above.
create table latchkey.restorations (
    kind text collate "C" not null,
    issuer text collate "C" not null default '',
    value text collate "C" not null,
    era text collate "C" default latchkey.current_era(),
    xid xid8 not null default pg_current_xact_id(),
    at timestamptz not null default clock_timestamp(),
    primary key (kind, issuer, value)
);
create index restorations_at_idx on latchkey.restorations (at);

-- The eras in which an operator has said that the database counts as it is.
create table latchkey.accepted_eras (
    era text collate "C" primary key,
    accepted_at timestamptz not null default clock_timestamp()
);

-- Of which database (server, timeline and era) the process has nothing left to write back; '': it is about
-- to. NULL: it remembers nothing.
alter table latchkey.nodes add column settled text collate "C";

create function latchkey.note_restored(of_kind text, of_issuers text[], ids text[]) returns void
language sql set search_path = pg_catalog, pg_temp as $$
    insert into latchkey.restorations (kind, issuer, value)
        select distinct of_kind, issuer collate "C", id collate "C"
        from unnest(of_issuers, ids) as e (issuer, id) where id is not null order by 2, 3
    on conflict (kind, issuer, value) do update set
        era = excluded.era, xid = excluded.xid, at = excluded.at
$$;

-- As before. What is revoked by its own row needs no hold any more.
create or replace function latchkey.revoke_credentials(of_kind text, ids text[], why text)
returns void
language plpgsql set search_path = pg_catalog, pg_temp as $$
begin
    if exists (select from latchkey.holds) then
        delete from latchkey.holds where kind = of_kind and issuer = '' and value = any (ids);
    end if;
    insert into latchkey.revocations as r (kind, value, reason, credential_kind)
        select distinct 'credential', id collate "C", why, of_kind
        from unnest(ids) as id where id is not null order by 2
    on conflict (kind, issuer, value) do update set
        issued_before = null, expires_at = null, reason = excluded.reason,
        created_at = excluded.created_at,
        credential_kind = case when r.credential_kind = of_kind then of_kind end;
end
$$;

-- As before. A credential that rises, as its trigger tells, is not held any more. Whoever calls this
-- outside of a trigger only reads what is there, and does not know better than the hold.
create or replace function latchkey.restore_credentials(of_kind text, ids text[]) returns void
language plpgsql
set search_path = pg_catalog, pg_temp set plan_cache_mode = force_custom_plan as $$
declare
    rises constant boolean := pg_trigger_depth() > 0;
    has_holds constant boolean := exists (select from latchkey.holds);
    risen text[] := ids;
    found_ids text[];
begin
    if has_holds and not rises then
        risen := array(
            select id from unnest(ids) as id
            where not exists (select from latchkey.holds h
                              where h.kind = of_kind and h.issuer = '' and h.value = id));
    end if;
    found_ids := array(
        select value from latchkey.revocations
        where kind = 'credential' and issuer = '' and value = any (risen) order by value for update);
    if has_holds and rises then
        found_ids := found_ids || array(
            select h.value from latchkey.holds h
            where h.kind = of_kind and h.issuer = '' and h.value = any (risen)
              and h.value <> all (found_ids));
    end if;
    if found_ids = '{}' then
        return;
    end if;
    if rises then
        perform latchkey.note_restored(
            of_kind, array_fill(''::text, array[cardinality(found_ids)]), found_ids);
        -- After that note: whoever was writing a hold of it has finished.
        if exists (select from latchkey.holds) then
            delete from latchkey.holds
                where kind = of_kind and issuer = '' and value = any (found_ids);
        end if;
    end if;
    delete from latchkey.revocations
        where kind = 'credential' and issuer = '' and value = any (found_ids)
          and credential_kind = of_kind;
    update latchkey.revocations
        set credential_kind = case of_kind when 'api_key' then 'device' else 'api_key' end
        where kind = 'credential' and issuer = '' and value = any (found_ids)
          and credential_kind is null;
end
$$;

-- As before. What is disabled by its own row needs no hold any more.
create or replace function latchkey.disable_organizations(ids text[], until timestamptz)
returns void
language plpgsql set search_path = pg_catalog, pg_temp as $$
begin
    if ids is null or ids = '{}' then
        return;
    end if;
    if exists (select from latchkey.holds) then
        delete from latchkey.holds
            where kind = 'disabled_organization' and issuer = '' and value = any (ids);
    end if;
    insert into latchkey.revocations (kind, value, expires_at, reason)
        select distinct 'disabled_organization', id collate "C", until,
               'the organization is not active'
        from unnest(ids) as id where id is not null order by 2
    on conflict (kind, issuer, value) do update set
        issued_before = null, expires_at = excluded.expires_at, created_at = excluded.created_at;
end
$$;

-- As before, and as restore_credentials does it.
create or replace function latchkey.enable_organizations(ids text[]) returns void
language plpgsql
set search_path = pg_catalog, pg_temp set plan_cache_mode = force_custom_plan as $$
declare
    rises constant boolean := pg_trigger_depth() > 0;
    risen text[] := ids;
begin
    if ids is null or ids = '{}' or not exists (
        select from latchkey.revocations where kind = 'disabled_organization' and issuer = '')
    then
        return;
    end if;
    if not rises and exists (select from latchkey.holds) then
        risen := array(
            select id from unnest(ids) as id
            where not exists (select from latchkey.holds h
                              where h.kind = 'disabled_organization' and h.issuer = ''
                                and h.value = id));
    end if;
    perform from latchkey.revocations
        where kind = 'disabled_organization' and issuer = '' and value = any (risen)
        order by value for update;
    delete from latchkey.revocations
        where kind = 'disabled_organization' and issuer = '' and value = any (risen);
    if exists (select from latchkey.holds) then
        delete from latchkey.holds
            where kind = 'disabled_organization' and issuer = '' and value = any (risen);
    end if;
end
$$;

-- Revocations that are withdrawn, and not pruned: what they were of is good again.
create function latchkey.note_withdrawn(gone latchkey.revocations[]) returns void
language plpgsql set search_path = pg_catalog, pg_temp as $$
declare
    of_kind text;
begin
    foreach of_kind in array array['api_key', 'device', 'disabled_organization', 'token', 'subject',
                                   'organization'] loop
        perform latchkey.note_restored(of_kind, array_agg(g.issuer order by g.id),
                                       array_agg(g.value order by g.id))
            from unnest(gone) as g
            where g.kind = case when of_kind in ('api_key', 'device') then 'credential'
                                else of_kind end
              and (g.kind <> 'credential' or coalesce(g.credential_kind, of_kind) = of_kind)
            having count(*) > 0;
    end loop;
    if exists (select from latchkey.holds) then
        delete from latchkey.holds h using unnest(gone) as g
            where h.kind = g.kind and h.issuer = g.issuer and h.value = g.value
              and h.kind in ('token', 'subject', 'organization');
    end if;
end
$$;

-- As before, and note what is good again.
create or replace function latchkey.revocations_deleted() returns trigger
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
    gone latchkey.revocations[];
begin
    if current_setting('latchkey.pruning', true) = 'on' then
        return null;
    end if;
    gone := (select array_agg(o::latchkey.revocations) from old_rows o);
    perform latchkey.tell_revocations('-', gone);
    perform latchkey.note_withdrawn(gone);
    return null;
end
$$;
create or replace function latchkey.revocations_emptied() returns trigger
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
    gone constant latchkey.revocations[] := array(select r from latchkey.revocations r);
begin
    perform latchkey.tell_revocations('-', gone);
    perform latchkey.note_withdrawn(gone);
    return null;
end
$$;
create or replace function latchkey.revocations_row() returns trigger
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
    if tg_op = 'INSERT' then
        perform latchkey.tell_revocations('+', array[new]);
    elsif tg_op = 'DELETE' then
        if current_setting('latchkey.pruning', true) is distinct from 'on' then
            perform latchkey.tell_revocations('-', array[old]);
            perform latchkey.note_withdrawn(array[old]);
        end if;
    else
        if (old.kind, old.issuer, old.value) <> (new.kind, new.issuer, new.value) then
            perform latchkey.tell_revocations('-', array[old]);
        elsif new.credential_kind is not null
              and old.credential_kind is distinct from new.credential_kind then
            perform latchkey.tell_revocations('~', array[new]);
        end if;
        perform latchkey.tell_revocations('+', array[new]);
    end if;
    return null;
end
$$;

-- --- The nodes are told of holds: of what a look-up answers differently ---

create function latchkey.holds_changed() returns trigger
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
    if not exists (select from changed_rows) then
        return null;
    end if;
    perform latchkey.write_changes('api_keys', array(
        select h from (
            select k.key_hash, k.previous_hash from changed_rows c
            join latchkey.api_keys k on k.key_id = c.value collate "default"
            where c.kind = 'api_key') as k
        cross join lateral (values (k.key_hash), (k.previous_hash)) as v (h)
        where h is not null), null);
    perform latchkey.write_changes('devices', null, array(
        select value from changed_rows where kind = 'device'));
    perform latchkey.write_changes('organizations', null, array(
        select value from changed_rows where kind = 'disabled_organization'));
    return null;
end
$$;
create function latchkey.holds_emptied() returns trigger
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
    perform latchkey.write_changes('everything', null, null);
    return null;
end
$$;
create trigger latchkey_feed_insert after insert on latchkey.holds
    referencing new table as changed_rows
    for each statement execute function latchkey.holds_changed();
create trigger latchkey_feed_delete after delete on latchkey.holds
    referencing old table as changed_rows
    for each statement execute function latchkey.holds_changed();
create trigger latchkey_feed_truncate after truncate on latchkey.holds
    for each statement execute function latchkey.holds_emptied();
alter table latchkey.holds enable always trigger latchkey_feed_truncate;

-- --- Writing back ---

-- What a node remembers, as rows: `remembered` is an array of [kind, issuer, value, kind of credential,
-- issued_before, expires_at, created_at]. A time is microseconds since 1970, "infinity", or null. A
-- revocation of a credential whose kind is not known is of both.
create function latchkey.remembered_time(given jsonb) returns timestamptz
language sql immutable set search_path = pg_catalog, pg_temp as $$
    select case jsonb_typeof(given)
        when 'number' then 'epoch'::timestamptz + given::bigint * interval '1 microsecond'
        when 'string' then 'infinity'::timestamptz end
$$;
create function latchkey.remembered(remembered jsonb)
returns table (kind text, issuer text, value text, issued_before timestamptz, expires_at timestamptz,
               created_at timestamptz)
language sql stable set search_path = pg_catalog, pg_temp as $$
    select k.kind collate "C", (e.v ->> 1) collate "C", (e.v ->> 2) collate "C",
           latchkey.remembered_time(e.v -> 4), latchkey.remembered_time(e.v -> 5),
           latchkey.remembered_time(e.v -> 6)
    from jsonb_array_elements(remembered) as e (v)
    cross join lateral unnest(
        case when e.v ->> 0 <> 'credential' then array[e.v ->> 0]
             when e.v ->> 3 is null then array['api_key', 'device']
             else array[e.v ->> 3] end) as k (kind)
$$;

-- Whether it was made good again later than the node knows: `known_eras` are those that it has
-- followed, the last one being that in which it obeyed the revocation, and `last_seen` the snapshot up to
-- which it followed that one. An era that it does not know may be a later one, or long past: there the
-- time decides.
create function latchkey.is_restored(
    of_kind text, of_issuer text, of_value text, revoked_at timestamptz, known_eras text[],
    last_seen text)
returns boolean
language sql stable set search_path = pg_catalog, pg_temp as $$
    select exists (
        select from latchkey.restorations s
        where s.kind = of_kind and s.issuer = of_issuer and s.value = of_value
          and case when s.era is null then s.at > revoked_at
                   when s.era = known_eras[cardinality(known_eras)]
                   then last_seen = '' or not pg_visible_in_snapshot(
                       s.xid, nullif(last_seen, '')::pg_snapshot)
                   else s.era <> all (known_eras) and s.at > revoked_at - interval '5 minutes' end)
$$;

-- What this database lacks of `remembered`, as holds. What is older than 20 hours is not judged, since
-- by then what is known of restorations may have been deleted.
create function latchkey.find_lost(
    by_node text, known_eras text[], last_seen text, remembered jsonb)
returns table (lost latchkey.holds, is_good boolean, issued_before timestamptz,
               expires_at timestamptz)
language sql stable set search_path = pg_catalog, pg_temp as $$
    with given as materialized (
        select distinct on (r.kind, r.issuer, r.value) r.*
        from latchkey.remembered(remembered) r
        where r.created_at > latchkey.trusted_now() - interval '20 hours'
          and (r.expires_at is null or r.expires_at > latchkey.trusted_now())
          and not latchkey.is_restored(r.kind, r.issuer, r.value, r.created_at, known_eras, last_seen)
        order by r.kind, r.issuer, r.value, r.created_at desc),
    organizations as materialized (
        select o."organization_id"::text collate "C" as id,
               bool_or(coalesce(latchkey.is_active(o."status"), false)) as is_active
        from public.organizations o
        where exists (select from given g where g.kind = 'disabled_organization')
        group by 1),
    known as materialized (
        select g.*, r.issued_before as row_issued_before, r.expires_at as row_expires_at,
               r.id is not null as has_row,
               exists (select from latchkey.holds h
                       where h.kind = g.kind and h.issuer = g.issuer and h.value = g.value
                         and g.kind in ('api_key', 'device', 'disabled_organization')) as is_held,
               coalesce(r.id is not null
                        and (r.kind <> 'credential' or r.credential_kind is null
                             or r.credential_kind = g.kind)
                        and (r.issued_before is null or r.issued_before >= g.issued_before)
                        and (r.expires_at is null or r.expires_at = 'infinity'
                             or r.expires_at >= least(g.expires_at, '2262-01-01')),
                        false) as is_revoked,
               -- Whether its own row says that it is good; NULL: there is none.
               case g.kind
                   when 'api_key' then (
                       select bool_or(k.enabled and k.revoked_at is null) from latchkey.api_keys k
                       where k.key_id = g.value collate "default")
                   when 'device' then (
                       select bool_or(coalesce(latchkey.is_active(d.STATUS), false)
                                      and d.revoked_at is null)
                       from public.device_credentials d
                       where latchkey.device_key(d.DEVICE_ID::text) = latchkey.device_key(g.value))
                   when 'disabled_organization' then o.is_active
               end as is_good
        from given g
        left join organizations o on g.kind = 'disabled_organization' and o.id = g.value
        left join latchkey.revocations r
            on r.kind = case when g.kind in ('api_key', 'device') then 'credential' else g.kind end
            and r.issuer = g.issuer and r.value = g.value)
    select row(k.kind, k.issuer, k.value, k.created_at, clock_timestamp(), by_node,
               latchkey.current_era(), k.has_row, k.row_issued_before, k.row_expires_at
               )::latchkey.holds,
           k.is_good, k.issued_before, k.expires_at
    from known k where not k.is_held and (coalesce(k.is_good, false) or not k.is_revoked)
    order by k.kind, k.issuer, k.value
$$;

-- Writes back what this database lacks of `remembered`, with holds. Arguments as above. `accepted`: an
-- operator wants the database as it is, and nothing was written. NULL: another node is at it. It waits for
-- writers shortly, and fails then; whoever restores what is written at that moment waits for its end.
create function latchkey.reassert(
    by_node text, known_eras text[], last_seen text, remembered jsonb,
    out accepted boolean, out written bigint)
language plpgsql security definer
set search_path = pg_catalog, pg_temp set lock_timeout = '100ms' set jit = off as $$
declare
    before constant text := current_setting('latchkey.actor', true);
    why constant text := 'reasserted: the database had lost it';
    one record;
    is_new boolean;
begin
    -- One node at a time. The others ask again soon.
    if not pg_try_advisory_xact_lock(7021860473823) then
        return;
    end if;
    written := 0;
    accepted := exists (
        select from latchkey.accepted_eras a
        where a.era = latchkey.current_era()
           or (a.era <> all (known_eras) and a.accepted_at > clock_timestamp() - interval '2 days'));
    if accepted then
        return;
    end if;
    perform set_config('synchronous_commit', 'local', true); -- it waits for no standby
    perform set_config('latchkey.actor',
                       jsonb_build_object('kind', 'server', 'node', by_node)::text, true);
    for one in
        select (f.lost).*, f.is_good, f.issued_before, f.expires_at
        from latchkey.find_lost(by_node, known_eras, last_seen, remembered) as f
    loop
        -- One at a time writes it or restores it, and each sees what the other has done.
        insert into latchkey.restorations as s (kind, issuer, value)
            values (one.kind, one.issuer, one.value)
            on conflict (kind, issuer, value) do update set at = s.at
            returning s.xid = pg_current_xact_id() into is_new;
        if is_new then
            delete from latchkey.restorations s
                where s.kind = one.kind and s.issuer = one.issuer and s.value = one.value;
        end if;
        continue when latchkey.is_restored(one.kind, one.issuer, one.value, one.revoked_at,
                                           known_eras, last_seen)
            or exists (select from latchkey.holds h
                       where h.kind = one.kind and h.issuer = one.issuer and h.value = one.value
                         and one.kind in ('api_key', 'device', 'disabled_organization'));
        if one.kind in ('api_key', 'device') then
            perform latchkey.revoke_credentials(one.kind, array[one.value], why);
        elsif one.kind = 'disabled_organization' then
            perform latchkey.disable_organizations(array[one.value], 'infinity');
        else
            insert into latchkey.revocations as r
                (kind, issuer, value, issued_before, expires_at, reason)
                values (one.kind, one.issuer, one.value, one.issued_before, one.expires_at, why)
            on conflict (kind, issuer, value) do update set
                issued_before = case
                    when r.issued_before is not null and excluded.issued_before is not null
                    then greatest(r.issued_before, excluded.issued_before) end,
                expires_at = case when r.expires_at = 'infinity' then r.expires_at
                    when r.expires_at is not null and excluded.expires_at is not null
                    then greatest(r.expires_at, excluded.expires_at) end,
                reason = excluded.reason, created_at = clock_timestamp();
        end if;
        -- What its own row refuses needs no hold.
        if one.is_good is distinct from false then
            insert into latchkey.holds as h
                values (one.kind, one.issuer, one.value, one.revoked_at, one.reasserted_at,
                        one.reasserted_by, one.era, one.had_row, one.former_issued_before,
                        one.former_expires_at)
            on conflict (kind, issuer, value) do update set
                revoked_at = excluded.revoked_at, reasserted_at = excluded.reasserted_at,
                reasserted_by = excluded.reasserted_by, era = excluded.era;
        end if;
        perform latchkey.record_event(
            latchkey.audited_kind(one.kind) || '.reasserted', latchkey.audited_kind(one.kind),
            one.value,
            case when one.kind in ('organization', 'disabled_organization') then one.value
                 when one.kind = 'api_key' then (
                     select k.organization_id::text from latchkey.api_keys k
                     where k.key_id = one.value collate "default") end,
            null,
            jsonb_strip_nulls(jsonb_build_object(
                'kind', one.kind, 'issuer', nullif(one.issuer, ''), 'value', one.value,
                'revoked_at', one.revoked_at)));
        written := written + 1;
    end loop;
    perform set_config('latchkey.actor', coalesce(before, ''), true);
end
$$;
create function latchkey.audited_kind(of_kind text) returns text
language sql immutable set search_path = pg_catalog, pg_temp as $$
    select case of_kind when 'disabled_organization' then 'organization'
                        when 'api_key' then 'api_key' when 'device' then 'device'
                        else 'revocation' end
$$;

-- A node has found out that this database is a copy from before, in the era of the one that it replaced.
-- It gets an era of its own, unless another node was quicker. Nobody reads the feed's rows of an era that
-- is left: whoever is writing them commits first, or is waited for in vain, and then the node tries again
-- (before the server calls it a deadlock).
create function latchkey.leave_era(of_copy text) returns boolean
language plpgsql security definer
set search_path = pg_catalog, pg_temp set lock_timeout = '500ms' as $$
begin
    lock table latchkey.changes in share row exclusive mode;
    perform from latchkey.era for update;
    if latchkey.current_era() is distinct from of_copy then
        return false;
    end if;
    -- Here its transactions have the numbers of others there: the time tells which came later.
    update latchkey.restorations set era = null where era = of_copy;
    update latchkey.era set id = gen_random_uuid();
    return true;
end
$$;

-- --- The operator's word ---

-- Ends holds. What they concern is as its own row says, and as its revocation was before.
create function latchkey.lift_holds(lifted latchkey.holds[]) returns void
language plpgsql set search_path = pg_catalog, pg_temp as $$
declare
    of_kind text;
    ids text[];
    one latchkey.holds;
begin
    foreach of_kind in array array['api_key', 'device', 'disabled_organization', 'token', 'subject',
                                   'organization'] loop
        ids := array(select l.value from unnest(lifted) as l where l.kind = of_kind order by l.value);
        continue when ids = '{}';
        perform latchkey.note_restored(of_kind, array_agg(l.issuer), array_agg(l.value))
            from unnest(lifted) as l where l.kind = of_kind;
        delete from latchkey.holds h using unnest(lifted) as l
            where h.kind = of_kind and l.kind = of_kind and h.issuer = l.issuer and h.value = l.value;
        if of_kind in ('api_key', 'device') then
            perform latchkey.restore_credentials(of_kind, ids);
        elsif of_kind = 'disabled_organization' then
            perform latchkey.enable_organizations(ids);
        else
            update latchkey.revocations r
                set issued_before = l.former_issued_before, expires_at = l.former_expires_at
                from unnest(lifted) as l
                where l.kind = of_kind and l.had_row and r.kind = l.kind and r.issuer = l.issuer
                  and r.value = l.value;
            delete from latchkey.revocations r using unnest(lifted) as l
                where l.kind = of_kind and not l.had_row and r.kind = l.kind
                  and r.issuer = l.issuer and r.value = l.value;
        end if;
    end loop;
    foreach one in array lifted loop
        perform latchkey.record_event(
            latchkey.audited_kind(one.kind) || '.accepted', latchkey.audited_kind(one.kind), one.value,
            null, null,
            jsonb_strip_nulls(jsonb_build_object('kind', one.kind,
                                                 'issuer', nullif(one.issuer, ''))));
    end loop;
end
$$;
-- One of them. Answers whether there was one.
create function latchkey.lift_hold(of_kind text, of_issuer text, of_value text) returns boolean
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
    found_ones constant latchkey.holds[] := array(
        select h from latchkey.holds h
        where h.kind = of_kind and h.issuer = of_issuer and h.value = of_value);
begin
    perform latchkey.lift_holds(found_ones);
    return found_ones <> '{}';
end
$$;

-- This database counts as it is: nodes forget what it does not know, and what they have written back
-- since it became this one, or within the last hour, is taken away. Answers how many holds that were,
-- and the era.
create function latchkey.accept_database(out lifted bigint, out here text)
language plpgsql security definer
set search_path = pg_catalog, pg_temp set lock_timeout = '500ms' as $$
declare
    theirs latchkey.holds[];
begin
    if pg_is_in_recovery() then
        raise exception 'this server is a standby';
    end if;
    perform pg_advisory_xact_lock(7021860473823);
    -- An era of its own, so that no node takes it for the one that was replaced by it.
    insert into latchkey.era default values on conflict do nothing;
    here := latchkey.current_era();
    perform latchkey.leave_era(here);
    theirs := array(select h from latchkey.holds h
                    where h.era = here or h.reasserted_at > clock_timestamp() - interval '1 hour');
    here := latchkey.current_era();
    insert into latchkey.accepted_eras (era) values (here)
        on conflict (era) do update set accepted_at = excluded.accepted_at;
    perform latchkey.lift_holds(theirs);
    lifted := cardinality(theirs);
    perform latchkey.record_event('database.accepted', 'database', here, null, null,
                                  jsonb_build_object('lifted', lifted));
end
$$;

-- As before, but rows of other eras stay for a day. A promoted server has inherited those of the era
-- before, and a node that goes on with what it has cached reads them there.
create or replace function latchkey.prune_changes(keep interval, margin interval) returns bigint
language plpgsql set search_path = pg_catalog, pg_temp as $$
declare
    most constant int := 100000; -- so that it ends within a poll's deadline
    here text;
    horizon xid8;
    oldest_applied xid8;
    highest xid8;
    deleted bigint;
begin
    if not pg_try_advisory_xact_lock(7021860473811) then
        return 0;
    end if;
    select concat(e.id, '.', e.tableoid, '.', e.xmin) into here from latchkey.era e;
    update latchkey.feed_state set pruned_below = '0'
        where pruned_below > pg_snapshot_xmin(pg_current_snapshot());

    delete from latchkey.nodes
        where heartbeat_at < clock_timestamp() - (max_staleness + margin) - interval '1 day';
    select pg_snapshot_xmin(applied) into oldest_applied from latchkey.nodes
        where applied is not null and heartbeat_at > clock_timestamp() - (max_staleness + margin)
        order by 1 limit 1;
    horizon := least(pg_snapshot_xmin(pg_current_snapshot()), oldest_applied);
    delete from latchkey.changes where seq in (
        select seq from latchkey.changes
        where ((era <> here and xid < horizon) or xid >= pg_snapshot_xmax(pg_current_snapshot()))
          and at < clock_timestamp() - interval '1 day' limit most);
    with gone as (
        delete from latchkey.changes where seq in (
            select seq from latchkey.changes
            where xid < horizon and at < clock_timestamp() - keep order by xid limit most)
        returning xid)
    select count(*), (select xid from gone order by xid desc limit 1) into deleted, highest
        from gone;
    if deleted > 0 then
        update latchkey.feed_state set pruned_below =
            greatest(pruned_below, ((highest::text::numeric + 1)::text)::xid8);
    end if;
    return deleted;
end
$$;

-- As before, and deletes what is too old to matter (latchkey.reassert).
create or replace function latchkey.prune_revocations(
    issuers jsonb, others float8, organizations float8, own float8)
returns bigint
language plpgsql set search_path = pg_catalog, pg_temp as $$
begin
    if pg_try_advisory_xact_lock(7021860473813) then
        perform latchkey.prune_generations();
        perform latchkey.prune_restorations();
    end if;
    return latchkey.prune_by_lives(issuers, others, organizations, own);
end
$$;
create function latchkey.prune_restorations() returns void
language sql security definer set search_path = pg_catalog, pg_temp as $$
    delete from latchkey.restorations where (kind, issuer, value) in (
        select kind, issuer, value from latchkey.restorations
        where at < latchkey.trusted_now() - interval '2 days' limit 10000);
    delete from latchkey.holds h
        where h.kind in ('token', 'subject', 'organization') and not exists (
            select from latchkey.revocations r
            where r.kind = h.kind and r.issuer = h.issuer and r.value = h.value)
$$;

revoke execute on function
    latchkey.remembered(jsonb), latchkey.remembered_time(jsonb),
    latchkey.is_restored(text, text, text, timestamptz, text[], text),
    latchkey.find_lost(text, text[], text, jsonb), latchkey.audited_kind(text),
    latchkey.note_restored(text, text[], text[]), latchkey.note_withdrawn(latchkey.revocations[]),
    latchkey.holds_changed(), latchkey.holds_emptied(),
    latchkey.reassert(text, text[], text, jsonb), latchkey.lift_holds(latchkey.holds[]),
    latchkey.lift_hold(text, text, text), latchkey.accept_database(), latchkey.leave_era(text)
    from public;
-- Whoever prunes deletes these, too, and only what is old.
grant execute on function latchkey.prune_restorations() to public;

-- The roles of servers, those that may prune.
do $$
declare
    server text;
begin
    for server in
        select pg_catalog.quote_ident(r.rolname)
        from pg_catalog.pg_proc p
        cross join lateral pg_catalog.aclexplode(p.proacl) as a
        join pg_catalog.pg_roles r on r.oid = a.grantee
        where p.oid = 'latchkey.prune_changes(interval, interval)'::regprocedure
          and a.privilege_type = 'EXECUTE' and a.grantee <> p.proowner
    loop
        execute 'grant select on latchkey.holds, latchkey.restorations, latchkey.accepted_eras to '
                || server;
        execute 'grant execute on function latchkey.reassert, latchkey.lift_hold,'
                ' latchkey.accept_database, latchkey.leave_era to ' || server;
    end loop;
end
$$;

-- step: expected triggers
insert into latchkey.expected_triggers
    select pg_catalog.format('%I.%I', n.nspname, c.relname), t.tgname,
           pg_catalog.pg_get_triggerdef(t.oid)
    from pg_catalog.pg_trigger t
    join pg_catalog.pg_class c on c.oid = t.tgrelid
    join pg_catalog.pg_namespace n on n.oid = c.relnamespace
    where not t.tgisinternal and c.oid = 'latchkey.holds'::regclass
    on conflict (of_table, trigger_name) do update set definition = excluded.definition;
