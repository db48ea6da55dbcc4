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

-- Under which place (server, database and timeline) the process has nothing left to write back. NULL: it
-- remembers nothing.
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
language sql set search_path = pg_catalog, pg_temp as $$
    delete from latchkey.holds where kind = of_kind and issuer = '' and value = any (ids);
    insert into latchkey.revocations as r (kind, value, reason, credential_kind)
        select distinct 'credential', id collate "C", why, of_kind
        from unnest(ids) as id where id is not null order by 2
    on conflict (kind, issuer, value) do update set
        issued_before = null, expires_at = null, reason = excluded.reason,
        created_at = excluded.created_at,
        credential_kind = case when r.credential_kind = of_kind then of_kind end
$$;

-- As before, and what was written back goes with it.
create or replace function latchkey.restore_credentials(of_kind text, ids text[]) returns void
language plpgsql
set search_path = pg_catalog, pg_temp set plan_cache_mode = force_custom_plan as $$
declare
    found_ids text[] := array(
        select value from latchkey.revocations
        where kind = 'credential' and issuer = '' and value = any (ids) order by value for update);
begin
    with lifted as (
        delete from latchkey.holds where kind = of_kind and issuer = '' and value = any (ids)
        returning value)
    select found_ids || array(select value from lifted where value <> all (found_ids))
        into found_ids;
    if found_ids = '{}' then
        return;
    end if;
    delete from latchkey.revocations
        where kind = 'credential' and issuer = '' and value = any (found_ids)
          and credential_kind = of_kind;
    update latchkey.revocations
        set credential_kind = case of_kind when 'api_key' then 'device' else 'api_key' end
        where kind = 'credential' and issuer = '' and value = any (found_ids)
          and credential_kind is null;
    perform latchkey.note_restored(of_kind, array_fill(''::text, array[cardinality(found_ids)]),
                                   found_ids);
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
    delete from latchkey.holds
        where kind = 'disabled_organization' and issuer = '' and value = any (ids);
    insert into latchkey.revocations (kind, value, expires_at, reason)
        select distinct 'disabled_organization', id collate "C", until,
               'the organization is not active'
        from unnest(ids) as id where id is not null order by 2
    on conflict (kind, issuer, value) do update set
        issued_before = null, expires_at = excluded.expires_at, created_at = excluded.created_at;
end
$$;

-- As before, and what was written back goes with it.
create or replace function latchkey.enable_organizations(ids text[]) returns void
language plpgsql
set search_path = pg_catalog, pg_temp set plan_cache_mode = force_custom_plan as $$
begin
    if ids is null or ids = '{}' then
        return;
    end if;
    delete from latchkey.holds
        where kind = 'disabled_organization' and issuer = '' and value = any (ids);
    if not exists (
        select from latchkey.revocations where kind = 'disabled_organization' and issuer = '')
    then
        return;
    end if;
    perform from latchkey.revocations
        where kind = 'disabled_organization' and issuer = '' and value = any (ids)
        order by value for update;
    delete from latchkey.revocations
        where kind = 'disabled_organization' and issuer = '' and value = any (ids);
end
$$;

-- As before, and notes that it is good again. Credentials are noted by restore_credentials, and by this
-- only where somebody deletes their row.
create or replace function latchkey.revocations_deleted() returns trigger
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
    of_kind text;
begin
    if current_setting('latchkey.pruning', true) = 'on' then
        return null;
    end if;
    perform latchkey.tell_revocations('-', (
        select array_agg(o::latchkey.revocations) from old_rows o));
    foreach of_kind in array array['api_key', 'device', 'disabled_organization', 'token', 'subject',
                                   'organization'] loop
        perform latchkey.note_restored(of_kind, array_agg(issuer order by id),
                                       array_agg(value order by id))
            from old_rows
            where kind = case when of_kind in ('api_key', 'device') then 'credential'
                              else of_kind end
              and (kind <> 'credential' or coalesce(credential_kind, of_kind) = of_kind)
            having count(*) > 0;
    end loop;
    delete from latchkey.holds h using old_rows o
        where h.kind = o.kind and h.issuer = o.issuer and h.value = o.value
          and h.kind in ('token', 'subject', 'organization');
    return null;
end
$$;

-- --- The nodes are told of holds: of what a look-up answers differently ---

create function latchkey.holds_changed() returns trigger
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
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
-- issued_before, expires_at, created_at], times in microseconds since 1970 or null. A revocation of a
-- credential whose kind is not known is of both.
create function latchkey.remembered(remembered jsonb)
returns table (kind text, issuer text, value text, issued_before timestamptz, expires_at timestamptz,
               created_at timestamptz)
language sql stable set search_path = pg_catalog, pg_temp as $$
    select k.kind collate "C", (e.v ->> 1) collate "C", (e.v ->> 2) collate "C",
           'epoch'::timestamptz + (e.v ->> 4)::bigint * interval '1 microsecond',
           'epoch'::timestamptz + (e.v ->> 5)::bigint * interval '1 microsecond',
           'epoch'::timestamptz + (e.v ->> 6)::bigint * interval '1 microsecond'
    from jsonb_array_elements(remembered) as e (v)
    cross join lateral unnest(
        case when e.v ->> 0 <> 'credential' then array[e.v ->> 0]
             when e.v ->> 3 is null then array['api_key', 'device']
             else array[e.v ->> 3] end) as k (kind)
$$;

-- Writes back what this database lacks of `remembered`, with holds. `known_eras`: those that the node
-- has followed, the last one being that in which it obeyed this; `last_seen`: the snapshot up to which
-- it followed that one. What was restored later than that counts: it is not written back. What is older
-- than `too_old` is not judged, since by then what is known of restorations has been deleted.
--
-- One node writes at a time; who waits for its lock in vain tries again. Whoever restores waits for it
-- as shortly. `accepted`: an operator wants the database as it is, and nothing was written.
create function latchkey.reassert(
    by_node text, known_eras text[], last_seen text, remembered jsonb,
    out accepted boolean, out written bigint)
language plpgsql security definer
set search_path = pg_catalog, pg_temp set lock_timeout = '100ms' set jit = off as $$
declare
    too_old constant interval := '20 hours';
    here constant text := latchkey.current_era();
    last_era constant text := known_eras[cardinality(known_eras)];
    before constant text := current_setting('latchkey.actor', true);
    lost latchkey.holds[];
    one latchkey.holds;
begin
    written := 0;
    accepted := exists (select from latchkey.accepted_eras a where a.era = here);
    if accepted then
        return;
    end if;
    perform set_config('synchronous_commit', 'local', true); -- it waits for no standby
    lock table latchkey.restorations in share row exclusive mode;
    perform set_config('latchkey.actor',
                       jsonb_build_object('kind', 'server', 'node', by_node)::text, true);

    with given as materialized (
        select distinct on (r.kind, r.issuer, r.value) r.*
        from latchkey.remembered(reassert.remembered) r
        where r.created_at > latchkey.trusted_now() - too_old
          and (r.expires_at is null or r.expires_at > latchkey.trusted_now())
          and not exists (
            select from latchkey.restorations s
            where s.kind = r.kind and s.issuer = r.issuer and s.value = r.value
              and case when s.era is null then s.at > r.created_at
                       when s.era = last_era
                       then not pg_visible_in_snapshot(s.xid, last_seen::pg_snapshot)
                       else s.era <> all (known_eras) end)
        order by r.kind, r.issuer, r.value, r.created_at desc),
    organizations as materialized (
        select o."organization_id"::text collate "C" as id,
               coalesce(latchkey.is_active(o."status"), false) as is_active
        from public.organizations o
        where exists (select from given where kind = 'disabled_organization')),
    known as materialized (
        select g.*,
               exists (select from latchkey.holds h
                       where h.kind = g.kind and h.issuer = g.issuer and h.value = g.value) as is_held,
               exists (select from latchkey.revocations r
                       where r.kind = case when g.kind in ('api_key', 'device') then 'credential'
                                           else g.kind end
                         and r.issuer = g.issuer and r.value = g.value
                         and (r.kind <> 'credential' or r.credential_kind is null
                              or r.credential_kind = g.kind)
                         and (r.issued_before is null or r.issued_before >= g.issued_before)
                         and (r.expires_at is null or r.expires_at >= g.expires_at)) as is_revoked,
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
                   when 'disabled_organization' then (
                       select bool_or(o.is_active) from organizations o where o.id = g.value)
               end as is_good
        from given g),
    missing as (
        select k.* from known k where not k.is_held and coalesce(k.is_good, not k.is_revoked)),
    -- Of tokens, a row of their own is all that it takes.
    tokens as (
        insert into latchkey.revocations as r
            (kind, issuer, value, issued_before, expires_at, reason)
            select m.kind, m.issuer, m.value, m.issued_before, m.expires_at,
                   'reasserted: the database had lost it'
            from missing m where m.kind in ('token', 'subject', 'organization')
            order by m.kind, m.issuer, m.value
        on conflict (kind, issuer, value) do update set
            issued_before = case when r.issued_before is not null and excluded.issued_before is not null
                then greatest(r.issued_before, excluded.issued_before) end,
            expires_at = case when r.expires_at is not null and excluded.expires_at is not null
                then greatest(r.expires_at, excluded.expires_at) end,
            reason = excluded.reason, created_at = clock_timestamp())
    select coalesce(array_agg(row(m.kind, m.issuer, m.value, m.created_at, clock_timestamp(), by_node,
                                  here)::latchkey.holds
                              order by m.kind, m.issuer, m.value), '{}')
        into lost from missing m;

    if lost <> '{}' then
        perform latchkey.revoke_credentials(of_kind.name, of_kind.ids,
                                            'reasserted: the database had lost it')
            from (select l.kind as name, array_agg(l.value) as ids from unnest(lost) as l
                  where l.kind in ('api_key', 'device') group by l.kind) as of_kind;
        perform latchkey.disable_organizations(array(
            select l.value from unnest(lost) as l where l.kind = 'disabled_organization'), 'infinity');
        insert into latchkey.holds select l.* from unnest(lost) as l
            on conflict (kind, issuer, value) do update set
                revoked_at = excluded.revoked_at, reasserted_at = excluded.reasserted_at,
                reasserted_by = excluded.reasserted_by, era = excluded.era;
        foreach one in array lost loop
            perform latchkey.record_event(
                case one.kind when 'disabled_organization' then 'organization'
                              when 'api_key' then 'api_key' when 'device' then 'device'
                              else 'revocation' end || '.reasserted',
                case one.kind when 'disabled_organization' then 'organization'
                              when 'api_key' then 'api_key' when 'device' then 'device'
                              else 'revocation' end,
                one.value,
                case when one.kind in ('organization', 'disabled_organization') then one.value
                     when one.kind = 'api_key' then (
                         select k.organization_id::text from latchkey.api_keys k
                         where k.key_id = one.value collate "default") end,
                null,
                jsonb_strip_nulls(jsonb_build_object(
                    'kind', one.kind, 'issuer', nullif(one.issuer, ''), 'value', one.value,
                    'revoked_at', one.revoked_at)));
        end loop;
    end if;
    written := cardinality(lost);
    perform set_config('latchkey.actor', coalesce(before, ''), true);
end
$$;

-- A node has found out that this database is a copy from before, in the era of the one that it replaced.
-- It gets an era of its own, unless another node was quicker.
create function latchkey.leave_era(of_copy text) returns boolean
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
    update latchkey.era set id = gen_random_uuid() where latchkey.current_era() = of_copy;
    return found;
end
$$;

-- --- The operator's word ---

-- Ends one hold. What it concerns is as its own row says. Answers whether there was one.
create function latchkey.lift_hold(of_kind text, of_issuer text, of_value text) returns boolean
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
    if not exists (select from latchkey.holds h
                   where h.kind = of_kind and h.issuer = of_issuer and h.value = of_value) then
        return false;
    end if;
    if of_kind in ('api_key', 'device') then
        perform latchkey.restore_credentials(of_kind, array[of_value]);
    else
        delete from latchkey.revocations r
            where r.kind = of_kind and r.issuer = of_issuer and r.value = of_value;
    end if;
    delete from latchkey.holds h where h.kind = of_kind and h.issuer = of_issuer and h.value = of_value;
    perform latchkey.record_event(
        'hold.lifted', case of_kind when 'disabled_organization' then 'organization'
                                    when 'api_key' then 'api_key' when 'device' then 'device'
                                    else 'revocation' end, of_value, null, null,
        jsonb_strip_nulls(jsonb_build_object('kind', of_kind, 'issuer', nullif(of_issuer, ''))));
    return true;
end
$$;

-- This database counts as it is: nodes forget what it does not know, and what they have written back
-- since it became this one is taken away. Answers how many holds that were, and the era.
create function latchkey.accept_database(out lifted bigint, out here text)
language plpgsql security definer
set search_path = pg_catalog, pg_temp set lock_timeout = '2s' as $$
declare
    one latchkey.holds;
begin
    if pg_is_in_recovery() then
        raise exception 'this server is a standby';
    end if;
    lifted := 0;
    insert into latchkey.era default values on conflict do nothing;
    here := latchkey.current_era();
    lock table latchkey.restorations in share row exclusive mode;
    insert into latchkey.accepted_eras (era) values (here) on conflict do nothing;
    for one in select * from latchkey.holds h where h.era = here loop
        perform latchkey.lift_hold(one.kind, one.issuer, one.value);
        lifted := lifted + 1;
    end loop;
    perform latchkey.record_event('database.accepted', 'database', here, null, null,
                                  jsonb_build_object('lifted', lifted));
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
    latchkey.remembered(jsonb), latchkey.note_restored(text, text[], text[]), latchkey.holds_changed(), latchkey.holds_emptied(),
    latchkey.reassert(text, text[], text, jsonb), latchkey.lift_hold(text, text, text),
    latchkey.accept_database(), latchkey.leave_era(text) from public;
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
