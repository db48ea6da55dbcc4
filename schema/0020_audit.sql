-- The audit trail: who changed what of credentials, and when. Triggers write it in the transaction of
-- the change, so that there is no change without its record, nor a record of what did not happen.
--
-- * A change that Latchkey makes says who asked for it (latchkey.actor). It fails when its record
--   cannot be written.
-- * Any other change comes past Latchkey: from the older service, or by hand. Its writer gets no error
--   from the trail and waits for no lock longer than a twentieth of a second. What could not be
--   recorded is counted.
-- * Secrets are left out. Of a secret that changes, the trail says that it changed.

-- step: tables and functions
create sequence latchkey.audit_event_ids;
create table latchkey.audit_events (
    event_id bigint not null default nextval('latchkey.audit_event_ids'),
    at timestamptz not null default clock_timestamp(),
    xid xid8 not null default pg_current_xact_id(),
    actor jsonb not null,
    action text collate "C" not null,
    object_kind text collate "C" not null,
    object_id text collate "C",
    organization_id text collate "C",
    request_id text collate "C",
    before jsonb,
    after jsonb,
    primary key (at, event_id)
) partition by range (at);
create index audit_events_xid_idx on latchkey.audit_events (xid, event_id);
create index audit_events_object_idx on latchkey.audit_events (object_id, at, event_id);
create index audit_events_organization_idx
    on latchkey.audit_events (organization_id, at, event_id);
comment on table latchkey.audit_events is
    'who changed what, and when: rows are only added, and dropped by the month after audit.keep';
comment on column latchkey.audit_events.xid is
    'the transaction: whoever follows the trail finds those that committed late by it';

-- Takes what has no partition: while nobody has made one, or after the clock was wrong.
create table latchkey.audit_events_default partition of latchkey.audit_events default;

-- Records that could not be written, and the last of them: seconds since 1970 and SQLSTATE in one
-- number. Sequences, since these are written without a lock, and stay though the transaction does
-- not.
create sequence latchkey.audit_failures;
create sequence latchkey.audit_last_failure;

-- --- Nothing is changed in it ---

-- With one exception, which the stack of calls shows: rows that are moved into their partition, or
-- are over.
create function latchkey.audit_is_kept() returns trigger
language plpgsql set search_path = pg_catalog, pg_temp as $$
declare
    stack text;
begin
    if tg_op = 'DELETE' then
        get diagnostics stack = pg_context;
        if stack ~ 'latchkey\.(make_audit_partition|drop_audit_events)\(' then
            return old;
        end if;
    end if;
    raise exception using errcode = 'insufficient_privilege',
        message = format('latchkey.audit_events is only added to: %s is refused', tg_op),
        hint = 'audit.keep says how long events are kept';
end
$$;
create trigger latchkey_audit_kept before update or delete on latchkey.audit_events
    for each row execute function latchkey.audit_is_kept();
create trigger latchkey_audit_untruncated before truncate on latchkey.audit_events
    for each statement execute function latchkey.audit_is_kept();
create trigger latchkey_audit_untruncated before truncate on latchkey.audit_events_default
    for each statement execute function latchkey.audit_is_kept();

-- --- By whom ---

-- Who asked Latchkey for it; NULL: it came past Latchkey. Believed of those alone who are Latchkey:
-- whoever may record an act that has no row.
create function latchkey.told_actor() returns jsonb
language plpgsql stable set search_path = pg_catalog, pg_temp as $$
declare
    said constant text := current_setting('latchkey.actor', true);
begin
    if coalesce(said, '') = '' or not has_function_privilege(
        coalesce(nullif(current_setting('role'), 'none'), session_user::text),
        'latchkey.record_event(text, text, text, text, jsonb, jsonb)', 'execute')
    then
        return null;
    end if;
    begin
        return case jsonb_typeof(said::jsonb) when 'object' then said::jsonb end;
    exception when data_exception then
        return null;
    end;
end
$$;
-- Who else: the session's role, and where from.
create function latchkey.session_actor() returns jsonb
language sql stable as $$
    select pg_catalog.jsonb_strip_nulls(pg_catalog.jsonb_build_object(
        'kind', 'sql', 'role', session_user,
        'as', nullif(pg_catalog.current_setting('role'), 'none'),
        'address', pg_catalog.host(pg_catalog.inet_client_addr()),
        'application',
        nullif(pg_catalog.left(pg_catalog.current_setting('application_name'), 64), ''),
        'pid', pg_catalog.pg_backend_pid()))
$$;

-- --- What cannot be recorded ---

create function latchkey.refuse_unrecorded(state text, message text) returns void
language plpgsql set search_path = pg_catalog, pg_temp as $$
begin
    if state = 'LK001' then
        raise exception using errcode = 'LK001', message = message;
    end if;
    raise exception using errcode = 'LK001', message = format(
        'its record cannot be written to the audit trail (latchkey.audit_events): %s (SQLSTATE %s)',
        message, state);
end
$$;

-- In a change of Latchkey's own it ends the change. Otherwise it is counted and put into the server's
-- log, and the writer goes on. Of rows that come one by one, no further ones are tried than are
-- recorded.
create function latchkey.tell_unrecorded(state text, message text) returns void
language plpgsql set search_path = pg_catalog, pg_temp as $$
declare
    digits constant text := '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ';
    number bigint := floor(extract(epoch from clock_timestamp()));
    digit text;
begin
    if latchkey.told_actor() is not null then
        perform latchkey.refuse_unrecorded(state, message);
    end if;
    if state = '55P03' then
        perform set_config('latchkey.audit_is_locked', 'on', true);
    end if;
    perform set_config('latchkey.audited_rows', (latchkey.audited_rows() + 1)::text, true);
    begin
        foreach digit in array string_to_array(state, null) loop
            number := number * 36 + strpos(digits, digit) - 1;
        end loop;
        perform nextval('latchkey.audit_failures');
        perform setval('latchkey.audit_last_failure', number);
    exception when others then
        null;
    end;
    raise log 'latchkey: a change is not in the audit trail: % (SQLSTATE %)', message, state;
end
$$;
create function latchkey.audited_rows() returns integer
language sql stable as $$
    select coalesce(nullif(pg_catalog.current_setting('latchkey.audited_rows', true), ''), '0')::integer
$$;

-- Sets how long the trigger's function, which sets it back, may wait for a lock of the trail: after
-- one was waited for in vain, hardly. Answers with how many objects of a set are recorded one by one:
-- of Latchkey's own, all that a request may name.
create function latchkey.begin_audit() returns integer
language plpgsql set search_path = pg_catalog, pg_temp as $$
begin
    if latchkey.told_actor() is not null then
        perform set_config('lock_timeout', '2s', true);
        return 10000;
    end if;
    perform set_config('lock_timeout', case when current_setting('latchkey.audit_is_locked', true) = 'on'
                                       then '1ms' else '50ms' end, true);
    return 100;
end
$$;

-- --- What a record holds ---
--
-- The members that tell of the object, by the columns' names. Those whose names begin with "!" are
-- numbers made from values that are never written: a change of them is told as "changed". These are
-- inlined; their callers fix the search_path.

create function latchkey.hidden(value text) returns jsonb
language sql stable as $$ select to_jsonb(hashtextextended(value, 0)) $$;

-- An element of an array may hold anything, and what is unknown of it is kept as metadata, also of a
-- key that was adopted: those are shown of the keys alone that Latchkey made.
create function latchkey.shown(k latchkey.api_keys) returns jsonb
language sql stable as $$
    select to_jsonb(k) - array['key_hash', 'previous_hash', 'hint', 'created_at', 'metadata']
           || case when k.origin = 'latchkey' and k.adopted_at is null
              then jsonb_build_object('metadata', k.metadata)
              else jsonb_build_object('!metadata', latchkey.hidden(k.metadata::text)) end
           || jsonb_build_object('!key_hash', latchkey.hidden(encode(k.key_hash, 'hex')))
$$;
create function latchkey.shown(r latchkey.revocations) returns jsonb
language sql stable as $$
    select to_jsonb(r) - array['id', 'created_at']
           || jsonb_build_object('revocation_id', r.id)
           || case when r.kind in ('organization', 'disabled_organization')
              then jsonb_build_object('organization_id', r.value) else '{}' end
$$;
create function latchkey.shown(s latchkey.signing_keys) returns jsonb
language sql stable as $$
    select to_jsonb(s) - array['sealed', 'public_jwk', 'created_at']
           || jsonb_build_object('!private_key', latchkey.hidden(encode(s.sealed, 'hex')))
$$;
create function latchkey.shown_organization(id text, name text, standing text) returns jsonb
language sql stable as $$
    select jsonb_build_object('organization_id', id, 'name', name, 'status', standing)
$$;
create function latchkey.secret_form(stored text) returns text
language sql immutable as $$
    select case when stored ~ '^sha256:' then 'sha256' when stored ~ '^scrypt:' then 'scrypt'
           else 'bare' end
$$;
-- Of the older table's columns those that Latchkey knows; metadata where Latchkey changes it.
create function latchkey.shown_device(
    id text, secret text, organization text, standing text, name text, scopes jsonb, metadata jsonb,
    previous_secret text, previous_until timestamptz, revoked_at timestamptz, reason text)
returns jsonb
language sql stable as $$
    select jsonb_build_object(
               'device_id', id, 'organization_id', organization, 'name', name, 'status', standing,
               'scopes', scopes, 'previous_secret_until', previous_until,
               'revoked_at', revoked_at, 'revoked_reason', reason,
               'secret_form', latchkey.secret_form(secret),
               '!device_secret', latchkey.hidden(secret),
               '!previous_secret', latchkey.hidden(previous_secret))
           || case when coalesce(current_setting('latchkey.actor', true), '') = ''
              then jsonb_build_object('!metadata', latchkey.hidden(metadata::text))
              else jsonb_build_object('metadata', metadata) end
$$;

-- What became of an object that stays.
create function latchkey.audit_verb(kind text, b jsonb, a jsonb) returns text
language sql stable as $$
    select case
        when b ->> 'revoked_at' is null and a ->> 'revoked_at' is not null then 'revoke'
        when b ->> 'revoked_at' is not null and a ->> 'revoked_at' is null then 'restore'
        when kind = 'api_key' and b -> 'enabled' is distinct from a -> 'enabled'
        then case a -> 'enabled' when 'true' then 'enable' else 'disable' end
        when kind in ('organization', 'device')
             and (b ->> 'status' = 'active') is distinct from (a ->> 'status' = 'active')
        then case when a ->> 'status' = 'active' then 'enable' else 'disable' end
        when b -> '!device_secret' is distinct from a -> '!device_secret'
             and b ->> 'secret_form' = 'bare' and a ->> 'secret_form' <> 'bare'
             and b -> '!previous_secret' is not distinct from a -> '!previous_secret'
        then 'rehash'
        when b -> '!device_secret' is distinct from a -> '!device_secret'
             or b -> '!key_hash' is distinct from a -> '!key_hash' then 'rotate'
        else 'update' end
$$;
-- As it is written: a value that is too long by its length.
create function latchkey.audit_value(key text, value jsonb) returns jsonb
language sql stable as $$
    select case when left(key, 1) = '!' then '"changed"'
                when octet_length(value::text) > 2048
                then jsonb_build_object('bytes', octet_length(value::text))
                else value end
$$;

-- --- Writing ---

-- A set of changes of one kind: `before` and `after` agree place by place, and one of them may be
-- NULL. Of an object that stays, the members that differ are written; of another, those that are set.
-- These are the first ones of `total` objects (NULL: of any number); that there were more is told by
-- a row of its own.
create function latchkey.write_events(
    kind text, verb text, before jsonb[], after jsonb[], total bigint) returns void
language plpgsql set search_path = pg_catalog, pg_temp as $$
declare
    told constant jsonb := latchkey.told_actor();
    by_whom constant jsonb := coalesce(told, latchkey.session_actor());
    request constant text := case when told is not null then
        left(nullif(current_setting('latchkey.request_id', true), ''), 256) end;
    id_member constant text := case kind when 'organization' then 'organization_id'
        when 'device' then 'device_id' when 'revocation' then 'revocation_id' else 'key_id' end;
    given constant bigint := coalesce(cardinality(before), cardinality(after), 0);
begin
    insert into latchkey.audit_events
        (actor, action, object_kind, object_id, organization_id, request_id, before, after)
        select by_whom, kind || '.' || coalesce(verb, latchkey.audit_verb(kind, c.b, c.a)), kind,
               left(coalesce(c.a, c.b) ->> id_member, 512),
               left(coalesce(c.a, c.b) ->> 'organization_id', 512), request, o.b, n.a
        from unnest(write_events.before, write_events.after) with ordinality as c (b, a, place)
        cross join lateral (
            select jsonb_object_agg(ltrim(e.key, '!'), latchkey.audit_value(e.key, e.value)) as b
            from jsonb_each(c.b) as e
            where left(e.key, 1) <> '!' and case when c.a is null then e.value <> 'null'
                  else e.value is distinct from c.a -> e.key end) as o
        cross join lateral (
            select jsonb_object_agg(ltrim(e.key, '!'), latchkey.audit_value(e.key, e.value)) as a
            from jsonb_each(c.a) as e
            where case when c.b is null then left(e.key, 1) <> '!' and e.value <> 'null'
                       else e.value is distinct from c.b -> e.key end) as n
        where o.b is not null or n.a is not null
        order by c.place;
    if total is null or total > given then
        insert into latchkey.audit_events (actor, action, object_kind, request_id, after)
            values (by_whom, kind || '.' || coalesce(verb, 'update'), kind, request, case
                        when total is not null
                        then jsonb_build_object('objects', total, 'further', total - given) end);
    end if;
end
$$;

-- One of the rows that come one by one: as many of them in a transaction as of a set, and then one
-- row that says that there were more.
create function latchkey.write_event_of_row(kind text, verb text, before jsonb, after jsonb)
returns void
language plpgsql set search_path = pg_catalog, pg_temp as $$
declare
    most constant integer := latchkey.begin_audit();
    written constant integer := latchkey.audited_rows();
begin
    if written > most then
        return;
    end if;
    if current_setting('latchkey.audit_is_locked', true) = 'on' then
        raise lock_not_available using message = 'latchkey.audit_events is locked';
    end if;
    perform set_config('latchkey.audited_rows', (written + 1)::text, true);
    if written < most then
        perform latchkey.write_events(kind, verb, case when before is not null then array[before] end,
                                      case when after is not null then array[after] end, 1);
    else
        perform latchkey.write_events(kind, verb, null, null, null);
    end if;
end
$$;

-- An act without a row. Also what makes a role a server's.
create function latchkey.record_event(
    action text, object_kind text, object_id text, organization_id text, before jsonb, after jsonb)
returns bigint
language plpgsql security definer
set search_path = pg_catalog, pg_temp set lock_timeout = '2s' as $$
declare
    told constant jsonb := latchkey.told_actor();
    id bigint;
begin
    insert into latchkey.audit_events as e
        (actor, action, object_kind, object_id, organization_id, request_id, before, after)
        values (coalesce(told, latchkey.session_actor()), record_event.action,
                record_event.object_kind, left(record_event.object_id, 512),
                left(record_event.organization_id, 512),
                case when told is not null then
                    left(nullif(current_setting('latchkey.request_id', true), ''), 256) end,
                record_event.before, record_event.after)
        returning e.event_id into id;
    return id;
exception when others then
    perform latchkey.refuse_unrecorded(sqlstate, sqlerrm);
end
$$;

-- --- The triggers' functions: of statements, and of rows where no statement's fires ---
--
-- Old and new rows of a statement come in the same order. What a statement leaves as it was is not
-- recorded. Of the older tables' rows, which may be large, only what is compared is looked at.

create function latchkey.audit_api_keys() returns trigger
language plpgsql security definer
set search_path = pg_catalog, pg_temp set lock_timeout = '50ms' set timezone = 'UTC' set jit = off
set plan_cache_mode = force_generic_plan set enable_nestloop = off as $$
declare
    most integer;
    total bigint;
    before jsonb[];
    after jsonb[];
begin
    if tg_level = 'ROW' then
        perform latchkey.write_event_of_row('api_key',
            case tg_op when 'INSERT' then 'create' when 'DELETE' then 'delete' end,
            case when tg_op <> 'INSERT' then latchkey.shown(old) end,
            case when tg_op <> 'DELETE' then latchkey.shown(new) end);
        return null;
    elsif tg_op = 'INSERT' then
        select count(*) into total from new_rows r;
        if total > 0 then
            most := latchkey.begin_audit();
            perform latchkey.write_events('api_key', 'create', null, array(
                select latchkey.shown(r::latchkey.api_keys) from new_rows r limit most), total);
        end if;
    elsif tg_op = 'DELETE' then
        select count(*) into total from old_rows r;
        if total > 0 then
            most := latchkey.begin_audit();
            perform latchkey.write_events('api_key', 'delete', array(
                select latchkey.shown(r::latchkey.api_keys) from old_rows r limit most), null, total);
        end if;
    else
        most := case when coalesce(current_setting('latchkey.actor', true), '') = '' then 100
                     else latchkey.begin_audit() end; -- nothing is called for what is only touched
        with changed as materialized (
            select o.r as o, n.r as n
            from (select row_number() over () as place, r::latchkey.api_keys as r
                  from old_rows r) as o
            join (select row_number() over () as place, r::latchkey.api_keys as r
                  from new_rows r) as n
                on n.place = o.place
            where record_image_ne(o.r, n.r)),
        first_ones as materialized (
            select latchkey.shown(c.o) as b,
                   latchkey.shown(c.n) as a
            from changed c limit most)
        select (select count(*) from changed), array_agg(f.b), array_agg(f.a)
            into total, before, after from first_ones f;
        if total > 0 then
            perform latchkey.begin_audit();
            perform latchkey.write_events('api_key', null, before, after, total);
        end if;
    end if;
    return null;
exception when others then
    perform latchkey.tell_unrecorded(sqlstate, sqlerrm);
    return null;
end
$$;

create function latchkey.audit_organizations() returns trigger
language plpgsql security definer
set search_path = pg_catalog, pg_temp set lock_timeout = '50ms' set timezone = 'UTC' set jit = off
set plan_cache_mode = force_generic_plan set enable_nestloop = off as $$
declare
    most integer;
    total bigint;
    before jsonb[];
    after jsonb[];
begin
    if tg_level = 'ROW' then
        perform latchkey.write_event_of_row('organization',
            case tg_op when 'INSERT' then 'create' when 'DELETE' then 'delete' end,
            case when tg_op <> 'INSERT' then latchkey.shown_organization(
                    old."organization_id"::text, old."name"::text, old."status"::text) end,
            case when tg_op <> 'DELETE' then latchkey.shown_organization(
                    new."organization_id"::text, new."name"::text, new."status"::text) end);
        return null;
    elsif tg_op = 'INSERT' then
        select count(*) into total from new_rows r;
        if total > 0 then
            most := latchkey.begin_audit();
            perform latchkey.write_events('organization', 'create', null, array(
                select latchkey.shown_organization(
                    r."organization_id"::text, r."name"::text, r."status"::text)
                from new_rows r limit most), total);
        end if;
    elsif tg_op = 'DELETE' then
        select count(*) into total from old_rows r;
        if total > 0 then
            most := latchkey.begin_audit();
            perform latchkey.write_events('organization', 'delete', array(
                select latchkey.shown_organization(
                    r."organization_id"::text, r."name"::text, r."status"::text)
                from old_rows r limit most), null, total);
        end if;
    else
        most := case when coalesce(current_setting('latchkey.actor', true), '') = '' then 100
                     else latchkey.begin_audit() end; -- nothing is called for what is only touched
        with changed as materialized (
            select o.id as old_id, o.name as old_name, o.standing as old_status,
                   n.id, n.name, n.standing
            from (select row_number() over () as place, "organization_id"::text collate "C" as id,
                         "name"::text collate "C" as name, "status"::text collate "C" as standing
                  from old_rows) as o
            join (select row_number() over () as place, "organization_id"::text collate "C" as id,
                         "name"::text collate "C" as name, "status"::text collate "C" as standing
                  from new_rows) as n on n.place = o.place
            where (o.id, o.name, o.standing) is distinct from (n.id, n.name, n.standing)),
        first_ones as materialized (
            select latchkey.shown_organization(c.old_id, c.old_name, c.old_status) as b,
                   latchkey.shown_organization(c.id, c.name, c.standing) as a
            from changed c limit most)
        select (select count(*) from changed), array_agg(f.b), array_agg(f.a)
            into total, before, after from first_ones f;
        if total > 0 then
            perform latchkey.begin_audit();
            perform latchkey.write_events('organization', null, before, after, total);
        end if;
    end if;
    return null;
exception when others then
    perform latchkey.tell_unrecorded(sqlstate, sqlerrm);
    return null;
end
$$;

create function latchkey.audit_devices() returns trigger
language plpgsql security definer
set search_path = pg_catalog, pg_temp set lock_timeout = '50ms' set timezone = 'UTC' set jit = off
set plan_cache_mode = force_generic_plan set enable_nestloop = off as $$
declare
    most integer;
    total bigint;
    before jsonb[];
    after jsonb[];
begin
    if tg_level = 'ROW' then
        perform latchkey.write_event_of_row('device',
            case tg_op when 'INSERT' then 'create' when 'DELETE' then 'delete' end,
            case when tg_op <> 'INSERT' then latchkey.shown_device(
                old.DEVICE_ID::text, old.DEVICE_SECRET::text, old.ORGANIZATION_ID::text,
                old.STATUS::text, old.NAME::text, to_jsonb(old.scopes), to_jsonb(old.metadata),
                old.previous_secret::text, old.previous_secret_until, old.revoked_at,
                old.revoked_reason::text) end,
            case when tg_op <> 'DELETE' then latchkey.shown_device(
                new.DEVICE_ID::text, new.DEVICE_SECRET::text, new.ORGANIZATION_ID::text,
                new.STATUS::text, new.NAME::text, to_jsonb(new.scopes), to_jsonb(new.metadata),
                new.previous_secret::text, new.previous_secret_until, new.revoked_at,
                new.revoked_reason::text) end);
        return null;
    elsif tg_op = 'INSERT' then
        select count(*) into total from new_rows r;
        if total > 0 then
            most := latchkey.begin_audit();
            perform latchkey.write_events('device', 'create', null, array(
                select latchkey.shown_device(
                    r.DEVICE_ID::text, r.DEVICE_SECRET::text, r.ORGANIZATION_ID::text,
                    r.STATUS::text, r.NAME::text, to_jsonb(r.scopes), to_jsonb(r.metadata),
                    r.previous_secret::text, r.previous_secret_until, r.revoked_at,
                    r.revoked_reason::text) from new_rows r limit most), total);
        end if;
    elsif tg_op = 'DELETE' then
        select count(*) into total from old_rows r;
        if total > 0 then
            most := latchkey.begin_audit();
            perform latchkey.write_events('device', 'delete', array(
                select latchkey.shown_device(
                    r.DEVICE_ID::text, r.DEVICE_SECRET::text, r.ORGANIZATION_ID::text,
                    r.STATUS::text, r.NAME::text, to_jsonb(r.scopes), to_jsonb(r.metadata),
                    r.previous_secret::text, r.previous_secret_until, r.revoked_at,
                    r.revoked_reason::text) from old_rows r limit most), null, total);
        end if;
    else
        most := case when coalesce(current_setting('latchkey.actor', true), '') = '' then 100
                     else latchkey.begin_audit() end; -- nothing is called for what is only touched
        with changed as materialized (
            select o.id as old_id, o.secret as old_secret, o.organization as old_organization,
                   o.standing as old_status, o.name as old_name, o.scopes as old_scopes,
                   o.metadata as old_metadata, o.previous as old_previous, o.until as old_until,
                   o.revoked_at as old_revoked_at, o.reason as old_reason, n.*
            from (select row_number() over () as place, r.DEVICE_ID::text collate "C" as id,
                         r.DEVICE_SECRET::text collate "C" as secret,
                         r.ORGANIZATION_ID::text collate "C" as organization,
                         r.STATUS::text collate "C" as standing, r.NAME::text collate "C" as name,
                         r.scopes, r.metadata, r.previous_secret::text collate "C" as previous,
                         r.previous_secret_until as until, r.revoked_at,
                         r.revoked_reason::text collate "C" as reason
                  from old_rows r) as o
            join (select row_number() over () as place, r.DEVICE_ID::text collate "C" as id,
                         r.DEVICE_SECRET::text collate "C" as secret,
                         r.ORGANIZATION_ID::text collate "C" as organization,
                         r.STATUS::text collate "C" as standing, r.NAME::text collate "C" as name,
                         r.scopes, r.metadata, r.previous_secret::text collate "C" as previous,
                         r.previous_secret_until as until, r.revoked_at,
                         r.revoked_reason::text collate "C" as reason
                  from new_rows r) as n
                on n.place = o.place
            where (o.id, o.secret, o.organization, o.standing, o.name, o.scopes::text collate "C",
                   o.metadata::text collate "C", o.previous, o.until, o.revoked_at, o.reason)
                  is distinct from
                  (n.id, n.secret, n.organization, n.standing, n.name, n.scopes::text collate "C",
                   n.metadata::text collate "C", n.previous, n.until, n.revoked_at, n.reason)),
        first_ones as materialized (
            select latchkey.shown_device(
                       c.old_id, c.old_secret, c.old_organization, c.old_status, c.old_name,
                       to_jsonb(c.old_scopes), to_jsonb(c.old_metadata), c.old_previous,
                       c.old_until, c.old_revoked_at, c.old_reason) as b,
                   latchkey.shown_device(
                       c.id, c.secret, c.organization, c.standing, c.name,
                       to_jsonb(c.scopes), to_jsonb(c.metadata), c.previous,
                       c.until, c.revoked_at, c.reason) as a
            from changed c limit most)
        select (select count(*) from changed), array_agg(f.b), array_agg(f.a)
            into total, before, after from first_ones f;
        if total > 0 then
            perform latchkey.begin_audit();
            perform latchkey.write_events('device', null, before, after, total);
        end if;
    end if;
    return null;
exception when others then
    perform latchkey.tell_unrecorded(sqlstate, sqlerrm);
    return null;
end
$$;

-- What follows from another change, which is recorded, is left out, and so is what is pruned.
create function latchkey.is_audited(kind text) returns boolean
language sql stable as $$
    select kind not in ('credential', 'disabled_organization') or pg_trigger_depth() = 1
$$;
create function latchkey.audit_revocations() returns trigger
language plpgsql security definer
set search_path = pg_catalog, pg_temp set lock_timeout = '50ms' set timezone = 'UTC' set jit = off
set plan_cache_mode = force_generic_plan set enable_nestloop = off as $$
declare
    most integer;
    total bigint;
    before jsonb[];
    after jsonb[];
begin
    if tg_op = 'DELETE' and current_setting('latchkey.pruning', true) = 'on' then
        return null;
    elsif tg_level = 'ROW' then
        if (tg_op = 'DELETE' and latchkey.is_audited(old.kind))
            or (tg_op <> 'DELETE' and latchkey.is_audited(new.kind))
        then
            perform latchkey.write_event_of_row('revocation',
                case tg_op when 'INSERT' then 'create' when 'DELETE' then 'delete' end,
                case when tg_op <> 'INSERT' then latchkey.shown(old) end,
                case when tg_op <> 'DELETE' then latchkey.shown(new) end);
        end if;
        return null;
    elsif tg_op = 'INSERT' then
        select count(*) into total from new_rows r where latchkey.is_audited(r.kind);
        if total > 0 then
            most := latchkey.begin_audit();
            perform latchkey.write_events('revocation', 'create', null, array(
                select latchkey.shown(r::latchkey.revocations) from new_rows r
                where latchkey.is_audited(r.kind) limit most), total);
        end if;
    elsif tg_op = 'DELETE' then
        select count(*) into total from old_rows r where latchkey.is_audited(r.kind);
        if total > 0 then
            most := latchkey.begin_audit();
            perform latchkey.write_events('revocation', 'delete', array(
                select latchkey.shown(r::latchkey.revocations) from old_rows r
                where latchkey.is_audited(r.kind) limit most), null, total);
        end if;
    else
        most := case when coalesce(current_setting('latchkey.actor', true), '') = '' then 100
                     else latchkey.begin_audit() end; -- nothing is called for what is only touched
        with changed as materialized (
            select o.r as o, n.r as n
            from (select row_number() over () as place, r::latchkey.revocations as r
                  from old_rows r) as o
            join (select row_number() over () as place, r::latchkey.revocations as r
                  from new_rows r) as n
                on n.place = o.place
            where record_image_ne(o.r, n.r)
                and latchkey.is_audited((n.r).kind)),
        first_ones as materialized (
            select latchkey.shown(c.o) as b,
                   latchkey.shown(c.n) as a
            from changed c limit most)
        select (select count(*) from changed), array_agg(f.b), array_agg(f.a)
            into total, before, after from first_ones f;
        if total > 0 then
            perform latchkey.begin_audit();
            perform latchkey.write_events('revocation', null, before, after, total);
        end if;
    end if;
    return null;
exception when others then
    perform latchkey.tell_unrecorded(sqlstate, sqlerrm);
    return null;
end
$$;

-- Few, and written one by one: a trigger of rows is enough.
create function latchkey.audit_signing_keys() returns trigger
language plpgsql security definer
set search_path = pg_catalog, pg_temp set lock_timeout = '50ms' set timezone = 'UTC' as $$
begin
    perform latchkey.write_event_of_row('signing_key',
        case tg_op when 'INSERT' then 'create' when 'DELETE' then 'delete' end,
        case when tg_op <> 'INSERT' then latchkey.shown(old) end,
        case when tg_op <> 'DELETE' then latchkey.shown(new) end);
    return null;
exception when others then
    perform latchkey.tell_unrecorded(sqlstate, sqlerrm);
    return null;
end
$$;

-- How many there were, nobody counts.
create function latchkey.audit_truncated(kind text) returns void
language plpgsql
set search_path = pg_catalog, pg_temp set lock_timeout = '50ms' as $$
begin
    perform latchkey.begin_audit();
    perform latchkey.write_events(kind, 'truncate', null, null, null);
exception when others then
    perform latchkey.tell_unrecorded(sqlstate, sqlerrm);
end
$$;
create function latchkey.audit_truncate() returns trigger
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
    perform latchkey.audit_truncated(tg_argv[0]);
    return null;
end
$$;
-- A partition was emptied past its table: what was in it is gone, and that is recorded.
create or replace function latchkey.partition_truncated() returns trigger
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
    perform latchkey.lose_rows(tg_relid, tg_argv[0] = 'devices');
    perform latchkey.audit_truncated(case tg_argv[0] when 'devices' then 'device'
                                     else 'organization' end);
    return null;
end
$$;

-- --- Months ---

-- The month that begins at this date, in UTC, has a partition of its own from then on. What has come
-- for it meanwhile moves there, unless that would take long: then it stays where it is. Nobody waits
-- for it longer than it waits for others. Answers whether it made one.
create function latchkey.make_audit_partition(month date) returns boolean
language plpgsql set search_path = pg_catalog, pg_temp set lock_timeout = '20ms' as $$
declare
    named constant text := 'audit_events_' || to_char(month, 'YYYY_MM');
    begins constant timestamptz := month::timestamp at time zone 'UTC';
    ends constant timestamptz := (month + interval '1 month') at time zone 'UTC';
    strays bigint;
begin
    if to_regclass('latchkey.' || named) is not null then
        return false;
    end if;
    lock table only latchkey.audit_events_default in access exclusive mode;
    select count(*) into strays from (
        select from latchkey.audit_events_default where at >= begins and at < ends limit 1001) as s;
    if strays > 1000 then
        return false;
    end if;
    execute format('create table latchkey.%I (like latchkey.audit_events including defaults'
                   ' including constraints)', named);
    if strays > 0 then
        execute format('with strays as (delete from latchkey.audit_events_default'
                       ' where at >= %L and at < %L returning *)'
                       ' insert into latchkey.%I select * from strays', begins, ends, named);
    end if;
    execute format('alter table latchkey.audit_events attach partition latchkey.%I'
                   ' for values from (%L) to (%L)', named, begins, ends);
    execute format('create trigger latchkey_audit_untruncated before truncate on latchkey.%I'
                   ' for each statement execute function latchkey.audit_is_kept()', named);
    perform latchkey.set_triggers_of(format('latchkey.%I', named)::regclass);
    return true;
exception when lock_not_available then
    return false;
end
$$;

-- The months that are over before this time: one partition at a call, and 10,000 rows that have none.
-- Answers with what went, NULL: nothing.
create function latchkey.drop_audit_events(over_by timestamptz) returns text
language plpgsql set search_path = pg_catalog, pg_temp set lock_timeout = '20ms' as $$
declare
    one text;
    deleted bigint;
begin
    select c.relname into one
        from pg_inherits i join pg_class c on c.oid = i.inhrelid
        where i.inhparent = 'latchkey.audit_events'::regclass
          and c.relname ~ '^audit_events_[0-9]{4,}_[0-9]{2}$'
          and (to_date(right(c.relname, -13), 'YYYY_MM') + interval '1 month') at time zone 'UTC'
              <= over_by
        order by c.relname limit 1;
    if found then
        execute format('drop table latchkey.%I', one);
        insert into latchkey.audit_events (actor, action, object_kind, object_id)
            values ('{"kind": "server"}', 'audit.expire', 'audit', one);
        return one;
    end if;
    delete from latchkey.audit_events_default where ctid = any (array(
        select ctid from latchkey.audit_events_default where at < over_by limit 10000));
    get diagnostics deleted = row_count;
    return case when deleted > 0 then deleted || ' rows' end;
exception when lock_not_available then
    return null;
end
$$;

-- For the server's upkeep: partitions for this month and the next two, and an end to what is older
-- than `keep` (NULL: nothing is). A month at least is kept, whatever a role asks for that may only
-- this; a clock that has jumped ends nothing. One caller at a time. Answers whether there is more to do.
create function latchkey.keep_audit_events(keep interval) returns boolean
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
    month constant date := date_trunc('month', clock_timestamp() at time zone 'UTC');
    gone text;
begin
    if not pg_try_advisory_xact_lock(7021860473820) then
        return false;
    end if;
    -- Nobody relies on it: its locks are not held while it waits for a standby that is away.
    perform set_config('synchronous_commit', 'off', true);
    for ahead in 0 .. 2 loop
        perform latchkey.make_audit_partition((month + make_interval(months => ahead))::date);
    end loop;
    if keep is not null then
        -- A month that cannot be dropped keeps no other from being made.
        begin
            gone := latchkey.drop_audit_events(
                latchkey.trusted_now() - greatest(keep, interval '31 days'));
        exception when others then
            raise warning 'latchkey: events of the audit trail that are over cannot be dropped: % '
                          '(SQLSTATE %)', sqlerrm, sqlstate;
        end;
    end if;
    return gone is not null;
end
$$;

-- --- What the server watches ---

-- Partitions that anybody who owns them could empty. Each has its own trigger against that.
create function latchkey.unguarded_months() returns setof regclass
language sql stable set search_path = pg_catalog, pg_temp as $$
    select i.inhrelid::regclass from pg_inherits i
    where i.inhparent = to_regclass('latchkey.audit_events') and not exists (
        select from pg_trigger t
        where t.tgrelid = i.inhrelid and t.tgname = 'latchkey_audit_untruncated')
$$;

create function latchkey.wrong_audit_triggers() returns text
language sql stable set search_path = pg_catalog, pg_temp as $$
    select string_agg(format('%s on %s is %s', w.name, w.of_table, w.state), ', '
                      order by w.of_table, w.name)
    from (
        select e.of_table, e.trigger_name as name, 'missing' as state
        from latchkey.expected_triggers e
        where e.trigger_name ~ '^latchkey_(row_)?audit_' and not exists (
            select from pg_trigger t
            where t.tgrelid = to_regclass(e.of_table) and t.tgname = e.trigger_name)
        union all
        select w.of_table::text, w.trigger_name,
               case t.tgenabled when 'D' then 'switched off' else 'in another state' end
        from latchkey.wanted_triggers() w
        join pg_trigger t on t.tgrelid = w.of_table and t.tgname = w.trigger_name
        where w.trigger_name ~ '^latchkey_(row_)?audit_' and t.tgenabled <> w.wanted
        union all
        select u.month::text, 'latchkey_audit_untruncated', 'missing'
        from latchkey.unguarded_months() as u (month)) as w
$$;

-- Of the records that could not be written: how many there are, when the last one was, and its
-- SQLSTATE. And what is wrong with the triggers; NULL: nothing.
create function latchkey.audit_state(
    out failed bigint, out failed_at timestamptz, out failed_with text, out wrong text)
language plpgsql stable security definer set search_path = pg_catalog, pg_temp as $$
declare
    digits constant text := '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ';
    last bigint;
begin
    select case when is_called then last_value else 0 end into failed from latchkey.audit_failures;
    select last_value into last from latchkey.audit_last_failure where is_called;
    if failed > 0 and last is not null then
        failed_at := to_timestamp(last / 60466176);
        failed_with := '';
        for place in 1 .. 5 loop
            failed_with := substr(digits, (last % 36)::integer + 1, 1) || failed_with;
            last := last / 36;
        end loop;
    end if;
    wrong := latchkey.wrong_audit_triggers();
end
$$;

-- For an answer in UTF-8. Inlined.
create function latchkey.told(given jsonb) returns text
language sql stable as $$
    select case when latchkey.told(given::text) operator(pg_catalog.=) given::text then given::text
           else pg_catalog.to_jsonb(latchkey.told(given::text))::text end
$$;
grant execute on function latchkey.told(jsonb) to public;

-- --- The mirror looks up each key by its index ---

-- Its triggers switch off the loop that does so, and joins would read all keys for one element.
alter function latchkey.revoke_removed(
    latchkey.organization_list, integer[], bytea[], latchkey.mirrored_element[])
    set enable_nestloop = on;
alter function latchkey.revoke_removed(
    latchkey.organization_list, integer[], bytea[], latchkey.mirrored_element[])
    set enable_hashjoin = off;
alter function latchkey.revoke_removed(
    latchkey.organization_list, integer[], bytea[], latchkey.mirrored_element[])
    set enable_mergejoin = off;

-- --- Which triggers fire for what ---

-- Tells in which state each of our triggers has to be: twins of rows fire for what a replica applies,
-- those of statements for all else, and the others always.
create or replace function latchkey.wanted_triggers()
returns table (of_table regclass, trigger_name name, wanted "char")
language sql stable set search_path = pg_catalog, pg_temp as $$
    select t.tgrelid::regclass, t.tgname, (case
        when t.tgname ~ '^latchkey_row_'
        then case when c.relkind = 'p' or t.tgparentid <> 0 then 'A' else 'R' end
        when t.tgname ~ '^latchkey_(feed|tokens|mirror|audit)_(insert|update|delete)$'
        then case c.relkind when 'p' then 'D' else 'O' end
        else 'A' end)::"char"
    from pg_trigger t join pg_class c on c.oid = t.tgrelid
    where not t.tgisinternal and t.tgname ~ '^latchkey_'
$$;

-- Tells which triggers are missing or in another state; nothing of those of the trail: without them
-- changes are seen, and verification goes on.
create or replace function latchkey.wrong_triggers() returns text
language sql stable set search_path = pg_catalog, pg_temp as $$
    select string_agg(format('%s on %s is %s', w.name, w.of_table, w.state), ', '
                      order by w.of_table, w.name)
    from (
        select e.of_table, e.trigger_name as name, 'missing' as state
        from latchkey.expected_triggers e
        where e.trigger_name !~ '^latchkey_(row_)?audit_' and not exists (
            select from pg_trigger t
            where t.tgrelid = to_regclass(e.of_table) and t.tgname = e.trigger_name)
        union all
        select w.of_table::text, w.trigger_name,
               case t.tgenabled when 'D' then 'switched off' else 'in another state' end
        from latchkey.wanted_triggers() w
        join pg_trigger t on t.tgrelid = w.of_table and t.tgname = w.trigger_name
        where w.trigger_name !~ '^latchkey_(row_)?audit_' and t.tgenabled <> w.wanted) as w
$$;

-- Makes triggers that are missing, and puts each into its state. What changed meanwhile is read, but not
-- where only those of the trail were missing: changes are told without them.
create or replace function latchkey.set_triggers() returns void
language plpgsql set search_path = pg_catalog, pg_temp as $$
declare
    one record;
    is_any boolean := exists (
        select from latchkey.feed_state where untold_since is not null);
begin
    for one in
        select e.definition as act, e.trigger_name ~ '^latchkey_(row_)?audit_' as is_of_trail
        from latchkey.expected_triggers e
        where to_regclass(e.of_table) is not null and not exists (
            select from pg_trigger t
            where t.tgrelid = to_regclass(e.of_table) and t.tgname = e.trigger_name)
    loop
        execute one.act;
        is_any := is_any or not one.is_of_trail;
    end loop;
    for one in select u.month from latchkey.unguarded_months() as u (month) loop
        execute format('create trigger latchkey_audit_untruncated before truncate on %s'
                       ' for each statement execute function latchkey.audit_is_kept()', one.month);
    end loop;
    is_any := is_any or exists (
        select from latchkey.wanted_triggers() w
        join pg_trigger t on t.tgrelid = w.of_table and t.tgname = w.trigger_name
        where t.tgenabled <> w.wanted and w.trigger_name !~ '^latchkey_(row_)?audit_');
    for one in select distinct of_table from latchkey.wanted_triggers() loop
        perform latchkey.set_triggers_of(one.of_table);
    end loop;
    if is_any then
        perform latchkey.read_anew();
    end if;
end
$$;

-- For the owner, and for the roles of servers: those that may prune. Nobody else calls these but the
-- triggers.
do $$
declare
    one record;
    server text;
begin
    for one in
        select oid::regprocedure as name from pg_catalog.pg_proc
        where pronamespace = 'latchkey'::regnamespace and proacl is null
    loop
        execute pg_catalog.format('revoke execute on function %s from public', one.name);
    end loop;
    for server in
        select pg_catalog.quote_ident(r.rolname)
        from pg_catalog.pg_proc p
        cross join lateral pg_catalog.aclexplode(p.proacl) as a
        join pg_catalog.pg_roles r on r.oid = a.grantee
        where p.oid = 'latchkey.prune_changes(interval, interval)'::regprocedure
          and a.privilege_type = 'EXECUTE' and a.grantee <> p.proowner
    loop
        execute 'grant select on latchkey.audit_events to ' || server;
        execute 'grant execute on function latchkey.keep_audit_events(interval),'
                ' latchkey.audit_state(),'
                ' latchkey.record_event(text, text, text, text, jsonb, jsonb) to ' || server;
    end loop;
end
$$;

do $$
declare
    month constant date := pg_catalog.date_trunc('month', pg_catalog.clock_timestamp() at time zone 'UTC');
begin
    for ahead in 0 .. 2 loop
        perform latchkey.make_audit_partition(
            (month + pg_catalog.make_interval(months => ahead))::date);
    end loop;
end
$$;
select latchkey.set_triggers_of('latchkey.audit_events');
select latchkey.set_triggers_of('latchkey.audit_events_default');

-- --- The tables, one at a time ---

-- step: triggers of organizations
create trigger latchkey_audit_insert after insert on public.organizations
    referencing new table as new_rows
    for each statement execute function latchkey.audit_organizations();
create trigger latchkey_audit_update after update on public.organizations
    referencing old table as old_rows new table as new_rows
    for each statement execute function latchkey.audit_organizations();
create trigger latchkey_audit_delete after delete on public.organizations
    referencing old table as old_rows
    for each statement execute function latchkey.audit_organizations();
create trigger latchkey_row_audit_change after insert or delete on public.organizations
    for each row execute function latchkey.audit_organizations();
create trigger latchkey_row_audit_update after update on public.organizations
    for each row when (
        (old."organization_id"::text collate "C", old."name"::text collate "C",
         old."status"::text collate "C")
        is distinct from
        (new."organization_id"::text collate "C", new."name"::text collate "C",
         new."status"::text collate "C"))
    execute function latchkey.audit_organizations();
create trigger latchkey_audit_truncate after truncate on public.organizations
    for each statement execute function latchkey.audit_truncate('organization');
select latchkey.set_triggers_of('public.organizations');

-- step: triggers of devices
create trigger latchkey_audit_insert after insert on public.device_credentials
    referencing new table as new_rows
    for each statement execute function latchkey.audit_devices();
create trigger latchkey_audit_update after update on public.device_credentials
    referencing old table as old_rows new table as new_rows
    for each statement execute function latchkey.audit_devices();
create trigger latchkey_audit_delete after delete on public.device_credentials
    referencing old table as old_rows
    for each statement execute function latchkey.audit_devices();
create trigger latchkey_row_audit_change after insert or delete on public.device_credentials
    for each row execute function latchkey.audit_devices();
create trigger latchkey_row_audit_update after update on public.device_credentials
    for each row when (
        (old.DEVICE_ID::text collate "C", old.DEVICE_SECRET::text collate "C",
         old.ORGANIZATION_ID::text collate "C", old.STATUS::text collate "C", old.NAME::text
         collate "C", old.scopes::text collate "C", old.metadata::text collate "C",
         old.previous_secret::text collate "C", old.previous_secret_until::text collate "C",
         old.revoked_at::text collate "C", old.revoked_reason::text collate "C")
        is distinct from
        (new.DEVICE_ID::text collate "C", new.DEVICE_SECRET::text collate "C",
         new.ORGANIZATION_ID::text collate "C", new.STATUS::text collate "C", new.NAME::text
         collate "C", new.scopes::text collate "C", new.metadata::text collate "C",
         new.previous_secret::text collate "C", new.previous_secret_until::text collate "C",
         new.revoked_at::text collate "C", new.revoked_reason::text collate "C"))
    execute function latchkey.audit_devices();
create trigger latchkey_audit_truncate after truncate on public.device_credentials
    for each statement execute function latchkey.audit_truncate('device');
select latchkey.set_triggers_of('public.device_credentials');

-- step: triggers of keys
create trigger latchkey_audit_insert after insert on latchkey.api_keys
    referencing new table as new_rows
    for each statement execute function latchkey.audit_api_keys();
create trigger latchkey_audit_update after update on latchkey.api_keys
    referencing old table as old_rows new table as new_rows
    for each statement execute function latchkey.audit_api_keys();
create trigger latchkey_audit_delete after delete on latchkey.api_keys
    referencing old table as old_rows
    for each statement execute function latchkey.audit_api_keys();
create trigger latchkey_row_audit_change after insert or delete on latchkey.api_keys
    for each row execute function latchkey.audit_api_keys();
create trigger latchkey_row_audit_update after update on latchkey.api_keys
    for each row when (pg_catalog.record_image_ne(old, new))
    execute function latchkey.audit_api_keys();
create trigger latchkey_audit_truncate after truncate on latchkey.api_keys
    for each statement execute function latchkey.audit_truncate('api_key');
select latchkey.set_triggers_of('latchkey.api_keys');

-- step: triggers of revocations
create trigger latchkey_audit_insert after insert on latchkey.revocations
    referencing new table as new_rows
    for each statement execute function latchkey.audit_revocations();
create trigger latchkey_audit_update after update on latchkey.revocations
    referencing old table as old_rows new table as new_rows
    for each statement execute function latchkey.audit_revocations();
create trigger latchkey_audit_delete after delete on latchkey.revocations
    referencing old table as old_rows
    for each statement execute function latchkey.audit_revocations();
create trigger latchkey_row_audit_change after insert or delete on latchkey.revocations
    for each row execute function latchkey.audit_revocations();
create trigger latchkey_row_audit_update after update on latchkey.revocations
    for each row when (pg_catalog.record_image_ne(old, new))
    execute function latchkey.audit_revocations();
create trigger latchkey_audit_truncate after truncate on latchkey.revocations
    for each statement execute function latchkey.audit_truncate('revocation');
select latchkey.set_triggers_of('latchkey.revocations');

-- step: triggers of signing keys
create trigger latchkey_audit_change after insert or update or delete on latchkey.signing_keys
    for each row execute function latchkey.audit_signing_keys();
create trigger latchkey_audit_truncate after truncate on latchkey.signing_keys
    for each statement execute function latchkey.audit_truncate('signing_key');
select latchkey.set_triggers_of('latchkey.signing_keys');

-- step: expected triggers
select latchkey.set_triggers();
insert into latchkey.expected_triggers
    select pg_catalog.format('%I.%I', n.nspname, c.relname), t.tgname,
           pg_catalog.pg_get_triggerdef(t.oid)
    from pg_catalog.pg_trigger t
    join pg_catalog.pg_class c on c.oid = t.tgrelid
    join pg_catalog.pg_namespace n on n.oid = c.relnamespace
    where not t.tgisinternal and t.tgname ~ '^latchkey_(row_)?audit_' and not c.relispartition
on conflict do nothing;
