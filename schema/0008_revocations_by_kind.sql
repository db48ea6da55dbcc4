-- A key and a device may have the same id: what is revoked of credentials names their kind as well.
--
-- The table keeps one row for an id, and the feed tells of it as before, so that a server that knows
-- credentials by their ids alone reads both: it takes an id as revoked as long as one of the two is.
-- `credential_kind` stands beside, where such a server does not look. NULL: of both kinds, or of one
-- that nobody knows, as in rows that were there before.

-- step: columns
lock table latchkey.changes, latchkey.revocations in access exclusive mode;

alter table latchkey.revocations add column credential_kind text collate "C";
alter table latchkey.revocations add constraint revocations_credential_kind_check check (
    credential_kind is null
    or (kind = 'credential' and credential_kind in ('api_key', 'device'))) not valid;
comment on column latchkey.revocations.credential_kind is
    'of a credential: api_key or device; NULL: of both, or it is not known of which';

-- What becomes of the credentials that the row names with '+'. '+api_key': they are revoked as keys;
-- '-api_key': as keys they are so no more, and as devices they still are; NULL: they are as both.
-- What it names with '-' is revoked as neither.
alter table latchkey.changes add column credential_kind text collate "C";
alter table latchkey.changes add constraint changes_credential_kind_check check (
    credential_kind is null
    or (kind in ('credentials', 'revocations')
        and credential_kind in ('+api_key', '-api_key', '+device', '-device'))) not valid;

-- step: functions
-- --- The feed ---

-- As write_changes does it, with a kind of credentials beside.
create function latchkey.write_revocations(what text, of_kind text, ids text[]) returns void
language plpgsql set search_path = pg_catalog, pg_temp as $$
declare
    most constant int := case when what = 'revocations' then 996 else 1000 end;
begin
    insert into latchkey.changes (kind, names, credential_kind)
        select what, array_agg(id order by place), of_kind
        from unnest(ids) with ordinality as e (id, place)
        group by (place - 1) / most order by (place - 1) / most;
    perform pg_notify('latchkey_changes', '');
end
$$;

-- Of a revocation of credentials, the kind that is told beside it. `sign`: '+', it holds; '-', it
-- holds no more; '~', it holds of the one kind that it has, and of the other no more.
create function latchkey.told_kind(sign text, r latchkey.revocations) returns text
language sql immutable as $$
    select case sign when '+' then '+' || r.credential_kind
                     when '~' then case r.credential_kind when 'api_key' then '-device'
                                                          when 'device' then '-api_key' end end
$$;

create or replace function latchkey.tell_revocations(sign text, what latchkey.revocations[])
returns void
language plpgsql set search_path = pg_catalog, pg_temp as $$
declare
    -- There is one row for both kinds.
    told_sign constant text := case sign when '~' then '+' else sign end;
    told record;
begin
    for told in
        select latchkey.told_kind(sign, r) as of_kind, array_agg(told_sign || r.value) as ids
        from unnest(what) as r where latchkey.is_told_by_id(r) group by 1 order by 1
    loop
        perform latchkey.write_revocations('credentials', told.of_kind, told.ids);
    end loop;
    for told in
        select latchkey.told_kind(sign, r) as of_kind,
               array_agg(latchkey.revocation_text(told_sign, r)) as texts
        from unnest(what) as r where not latchkey.is_told_by_id(r) group by 1 order by 1
    loop
        perform latchkey.write_revocations('revocations', told.of_kind,
                                           array(select unnest(told.texts)));
    end loop;
end
$$;

-- Not told: why it is revoked. Without joins, since a plan that was made for few rows may not do
-- for many.
create or replace function latchkey.revocations_updated() returns trigger
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
    gone latchkey.revocations[];
    narrowed latchkey.revocations[];
    changed latchkey.revocations[];
begin
    with each_state as (
        select kind, issuer, value, true as is_new, issued_before, expires_at, created_at,
               credential_kind from new_rows
        union all
        select kind, issuer, value, false, issued_before, expires_at, created_at,
               credential_kind from old_rows),
    compared as (
        select kind, issuer, value, bool_and(is_new) as came, bool_or(is_new) as stays,
               min(issued_before) filter (where is_new) as issued_before,
               min(expires_at) filter (where is_new) as expires_at,
               min(created_at) filter (where is_new) as created_at,
               min(credential_kind) filter (where is_new) as credential_kind,
               min(issued_before) filter (where not is_new) as old_issued_before,
               min(expires_at) filter (where not is_new) as old_expires_at,
               min(created_at) filter (where not is_new) as old_created_at,
               min(credential_kind) filter (where not is_new) as old_kind
        from each_state group by kind, issuer, value),
    told as (
        select *, not came and stays and credential_kind is not null
                  and old_kind is distinct from credential_kind as is_narrowed,
               row(null, kind, issuer, value, issued_before, expires_at, null, created_at,
                   credential_kind)::latchkey.revocations as now,
               row(null, kind, issuer, value, old_issued_before, old_expires_at, null,
                   old_created_at, old_kind)::latchkey.revocations as before
        from compared)
    select array_agg(before) filter (where not stays),
           array_agg(now) filter (where is_narrowed),
           array_agg(now) filter (where stays and (came
               or (issued_before, expires_at, created_at)
                  is distinct from (old_issued_before, old_expires_at, old_created_at)
               or (old_kind is distinct from credential_kind
                   and (old_kind is not null or credential_kind is null))))
        into gone, narrowed, changed from told;
    perform latchkey.tell_revocations('-', gone);
    perform latchkey.tell_revocations('~', narrowed);
    perform latchkey.tell_revocations('+', changed);
    return null;
end
$$;

-- --- A token falls with what it was made from, and rises with it ---

drop function latchkey.revoke_credentials(text[], text);
drop function latchkey.restore_credentials(text[]);

-- `of_kind` opens nothing any more with these ids, and takes the tokens along that were made from
-- it. Rows are locked in the order of their ids.
create function latchkey.revoke_credentials(of_kind text, ids text[], why text) returns void
language sql set search_path = pg_catalog, pg_temp as $$
    insert into latchkey.revocations as r (kind, value, reason, credential_kind)
        select distinct 'credential', id collate "C", why, of_kind
        from unnest(ids) as id where id is not null order by 2
    on conflict (kind, issuer, value) do update set
        issued_before = null, expires_at = null, reason = excluded.reason,
        created_at = excluded.created_at,
        credential_kind = case when r.credential_kind = of_kind then of_kind end
$$;
-- It opens something again: so do they. Of the other kind the row stays. It is locked before it is
-- judged, so that two that rise at once see each other.
create function latchkey.restore_credentials(of_kind text, ids text[]) returns void
language plpgsql set search_path = pg_catalog, pg_temp as $$
begin
    perform from latchkey.revocations
        where kind = 'credential' and issuer = '' and value = any (ids) order by value for update;
    if not found then
        return;
    end if;
    delete from latchkey.revocations
        where kind = 'credential' and issuer = '' and value = any (ids)
          and credential_kind = of_kind;
    update latchkey.revocations
        set credential_kind = case of_kind when 'api_key' then 'device' else 'api_key' end
        where kind = 'credential' and issuer = '' and value = any (ids)
          and credential_kind is null;
end
$$;

-- A key that was deleted may be put back.
create or replace function latchkey.api_keys_came() returns trigger
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
    perform latchkey.restore_credentials('api_key', array(
        select key_id from new_rows where enabled and revoked_at is null));
    return null;
end
$$;
create or replace function latchkey.api_keys_fell() returns trigger
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
    fallen text[];
    risen text[];
begin
    if not exists (select from new_rows) then
        return null;
    end if;
    fallen := array(select key_id from old_rows where enabled and revoked_at is null
                    except select key_id from new_rows where enabled and revoked_at is null);
    risen := array(select key_id from new_rows where enabled and revoked_at is null
                   except select key_id from old_rows where enabled and revoked_at is null);
    if fallen <> '{}' then
        perform latchkey.revoke_credentials('api_key', fallen, 'the key is revoked or disabled');
    end if;
    if risen <> '{}' then
        perform latchkey.restore_credentials('api_key', risen);
    end if;
    return null;
end
$$;
create or replace function latchkey.api_keys_gone() returns trigger
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
    perform latchkey.revoke_credentials('api_key', array(select key_id from old_rows),
                                        'the key is deleted');
    return null;
end
$$;
create or replace function latchkey.api_keys_emptied() returns trigger
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
    perform latchkey.revoke_credentials('api_key', array(select key_id from latchkey.api_keys),
                                        'the key is deleted');
    return null;
end
$$;

-- An old table may hold an id twice, or a NULL, which no token names.
create or replace function latchkey.devices_came() returns trigger
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
    perform latchkey.restore_credentials('device', array(
        select DEVICE_ID::text from new_rows where STATUS = 'active' and revoked_at is null));
    return null;
end
$$;
create or replace function latchkey.devices_fell() returns trigger
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
        perform latchkey.revoke_credentials('device', fallen, 'the device is revoked or disabled');
    end if;
    if risen <> '{}' then
        perform latchkey.restore_credentials('device', risen);
    end if;
    return null;
end
$$;
create or replace function latchkey.devices_gone() returns trigger
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
    perform latchkey.revoke_credentials('device', array(select DEVICE_ID::text from old_rows),
                                        'the device is deleted');
    return null;
end
$$;
create or replace function latchkey.devices_emptied() returns trigger
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
    perform latchkey.revoke_credentials(
        'device', array(select DEVICE_ID::text from public.device_credentials),
        'the device is deleted');
    return null;
end
$$;

-- --- No id twice, where Latchkey makes them ---

-- Whoever takes ids for keys or devices takes these locks first, until the end of its transaction,
-- and looks then. Ids share 64 of them, so that any number of ids is no more.
create function latchkey.lock_credential_ids(ids text[]) returns void
language plpgsql set search_path = pg_catalog, pg_temp as $$
declare
    place int;
begin
    for place in
        select distinct get_byte(latchkey.device_key(id), 0) & 63
        from unnest(ids) as id where id is not null order by 1
    loop
        perform pg_advisory_xact_lock(1818978660, place);
    end loop;
end
$$;

-- True: no device has the id, and none gets it from Latchkey before this transaction's end.
-- Otherwise a unique_violation. The older service's writers are not asked.
create function latchkey.claim_key_id(id text) returns boolean
language plpgsql set search_path = pg_catalog, pg_temp as $$
begin
    perform latchkey.lock_credential_ids(array[id]);
    if exists (select from public.device_credentials d
               where latchkey.device_key(d.DEVICE_ID::text) = latchkey.device_key(id)) then
        raise unique_violation using message = 'a device has the id ' || quote_literal(id);
    end if;
    return true;
end
$$;

-- As before, and what was not taken may be so for 'key': there is a key of that id.
create or replace function latchkey.import_devices(given jsonb)
returns table (id text, problem text)
language plpgsql set search_path = pg_catalog, pg_temp as $$
declare
    element jsonb;
    one public.device_credentials;
    good jsonb[] := '{}';
    seen bytea[] := '{}';
begin
    perform latchkey.lock_credential_ids(array(
        select e ->> 'device_id' from jsonb_array_elements(given) as e));
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
                then 'taken'
                when exists (select from latchkey.api_keys k where k.key_id = one.DEVICE_ID::text)
                then 'key' end;
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

-- --- Whom an operator means ---

-- The first row: the organization's id as the column spells it, and whether there is such a one.
-- Where there is none, some others follow, among which to look for what was meant.
create function latchkey.find_organization(given text)
returns table (id text, known boolean, name text)
language plpgsql stable set search_path = pg_catalog, pg_temp as $$
declare
    one public.organizations."organization_id"%type;
begin
    id := given;
    begin
        one := given;
        id := one::text;
    exception when data_exception then
        null; -- No id of the column's type.
    end;
    known := exists (select from public.organizations o where o."organization_id" = one);
    return next;
    if not known then
        return query select o."organization_id"::text, false, o."name"::text
            from public.organizations o where o."organization_id" is not null limit 1000;
    end if;
end
$$;

revoke execute on function
    latchkey.write_revocations(text, text, text[]),
    latchkey.told_kind(text, latchkey.revocations),
    latchkey.revoke_credentials(text, text[], text),
    latchkey.restore_credentials(text, text[]) from public;
-- With their callers' rights: who may make a key or read an organization anyway needs no more.
grant execute on function
    latchkey.lock_credential_ids(text[]), latchkey.claim_key_id(text),
    latchkey.find_organization(text) to public;

-- A server of an earlier release knows one life of tokens for all issuers, and would prune what is kept
-- for ever: it prunes nothing any more.
create or replace function latchkey.prune_revocations(token_life interval) returns bigint
language sql set search_path = pg_catalog, pg_temp as $$
    select 0::bigint
$$;

-- By id alone, a device that came withdrew what was revoked of a key, and a key what was of a device.
-- Tokens may live that were made from what is revoked or disabled, so it is revoked again.
select latchkey.revoke_credentials('api_key', array(
    select k.key_id from latchkey.api_keys k
    where (k.revoked_at is not null or not k.enabled) and exists (
        select from public.device_credentials d
        where latchkey.device_key(d.DEVICE_ID::text) = latchkey.device_key(k.key_id))),
    'the key is revoked or disabled');
select latchkey.revoke_credentials('device', array(
    select d.DEVICE_ID::text from public.device_credentials d
    join latchkey.api_keys k on k.key_id = d.DEVICE_ID::text
    where d.revoked_at is not null or d.STATUS::text is distinct from 'active'),
    'the device is revoked or disabled');

-- In the order in which the triggers of keys and devices write them: of their writers none is between
-- two functions of which one is gone.
lock table latchkey.changes, latchkey.revocations in access exclusive mode;
