-- How an element of organizations.api_keys is read, and what becomes of one that cannot be.
--
-- * What has a readable key_hash is taken. What of its rest is judged (scopes, permissions,
--   is_active, status, expires_at) and cannot be read disables the key: it is never ignored. A name
--   or created_at that cannot be read disables nothing.
-- * Of one key_hash that stands in several elements of an array, the last counts; the key may do
--   what all of them allow.
-- * A key_id that another key has, or that cannot be used as one, becomes another, made from the
--   hash; so the same key has the same one tomorrow.
-- * Members that note when or how often a key was used (latchkey.mirror_touches) are no part of it.
-- * What was not taken as it stands is in latchkey.mirror_findings until it is mended.

create table latchkey.mirror_touches (
    name text primary key check (name not in
        ('key_hash', 'key_id', 'name', 'scopes', 'permissions', 'is_active', 'status', 'expires_at',
         'created_at', 'metadata'))
);
comment on table latchkey.mirror_touches is
    'members of an element of organizations.api_keys, or of its metadata, that are no part of a '
    'key: a change of them changes nothing, and they are not in its metadata';
insert into latchkey.mirror_touches values
    ('last_used_at'), ('last_used'), ('last_used_ip'), ('last_used_by'), ('lastUsedAt'),
    ('lastUsed'), ('last_seen_at'), ('last_seen'), ('lastSeenAt'), ('lastSeen'),
    ('last_accessed_at'), ('last_access_at'), ('last_access'), ('lastAccessedAt'), ('last_ip'),
    ('usage_count'), ('usageCount'), ('use_count'), ('useCount'), ('request_count'),
    ('requestCount'), ('updated_at'), ('updatedAt');

create table latchkey.mirror_findings (
    organization_id text not null,
    place integer not null,
    outcome text not null check (outcome in ('skipped', 'disabled', 'renamed')),
    code text not null,
    reason text not null,
    key_id text not null,
    key_hash bytea not null,
    found_at timestamptz not null default now()
);
create index mirror_findings_organization_id_idx on latchkey.mirror_findings (organization_id);
comment on table latchkey.mirror_findings is
    'elements of organizations.api_keys that were not taken as they stand';
comment on column latchkey.mirror_findings.place is
    'of organizations.api_keys[place], from 0; -1: the whole value';

-- Whoever may read what Latchkey has, reads these too.
do $$
declare
    reader record;
begin
    for reader in
        select distinct a.grantee::regrole as name
        from pg_catalog.pg_class c, pg_catalog.aclexplode(c.relacl) as a
        where c.oid = 'latchkey.changes'::regclass and a.privilege_type = 'SELECT'
          and a.grantee <> 0 and a.grantee <> c.relowner
    loop
        execute pg_catalog.format(
            'grant select on latchkey.mirror_touches, latchkey.mirror_findings to %s', reader.name);
    end loop;
end
$$;

-- --- Reading one element. The functions without settings of their own are inlined: their callers
-- --- fix the search_path.

drop function latchkey.mirror_element, latchkey.last_elements, latchkey.mirror_array,
              latchkey.read_date, latchkey.element_is_enabled;

-- A date: ISO text or one with a month's name; seconds since 1970, or milliseconds from 10^11 on; a
-- text of 9 to 11 digits is seconds, of 12 to 14 milliseconds, of 8 a date. NULL and readable: there
-- is none. Not readable: all else, words such as "infinity" and "tomorrow" among it, years past
-- 9999, what is both milliseconds and YYYYMMDDhhmmss, and an offset behind a zone's name ("UTC+2"):
-- PostgreSQL reads its sign as POSIX has it, and others mean the opposite. Never raises.
create function latchkey.read_date(value jsonb, out at timestamptz, out readable boolean)
language plpgsql stable
set search_path = pg_catalog, pg_temp set timezone = 'UTC' set datestyle = 'ISO, YMD'
set timezone_abbreviations = 'Default' as $$
declare
    shape constant text := coalesce(jsonb_typeof(value), 'null');
    given constant text := btrim(value #>> '{}', E' \t\r\n');
    number numeric;
    thousands boolean;
begin
    readable := shape = 'null' or value = '""';
    if readable then
        return;
    elsif shape = 'number' then
        number := given::numeric;
        thousands := abs(number) >= 1e11;
        readable := abs(number) < 1e14;
    elsif shape = 'string' and given ~ E'^\\d{9,14}(\\.\\d{1,9})?$' then
        number := given::numeric;
        thousands := given ~ E'^\\d{12}';
        readable := true;
    elsif shape = 'string'
        and (given ~* E'^(\\d{4}([-/.])\\d{1,2}\\2\\d{1,2}|\\d{8})([t ]|$)'
             or (given ~* E'\\m(jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)'
                 and given ~ E'\\m\\d{4}\\M'))
        and given !~* '(now|today|tomorrow|yesterday|epoch|infinity|allballs)'
        and regexp_replace(given, '(jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*', '', 'gi')
            !~* E'[a-z]\\s*[+-]\\s*\\d'
    then
        at := given::timestamptz;
        readable := at >= '0001-01-01' and at < '10000-01-01';
    end if;
    if number is not null and readable then
        readable := given !~ (E'^(19|20)\\d\\d(0[1-9]|1[0-2])(0[1-9]|[12]\\d|3[01])'
                              '([01]\\d|2[0-3])[0-5]\\d[0-5]\\d(\\.|$)');
        at := to_timestamp((number / case when thousands then 1000 else 1 end)::double precision);
    end if;
    if not readable then
        at := null;
    end if;
exception when others then
    at := null;
    readable := false;
end
$$;

-- NULL: it cannot be read.
create function latchkey.read_is_active(value jsonb) returns boolean
language sql immutable as $$
    select case
        when value is null or value in ('null', 'true', '1', '"true"', '"True"', '"TRUE"', '"t"',
                                        '"1"', '"yes"') then true
        when value in ('false', '0', '"false"', '"False"', '"FALSE"', '"f"', '"0"', '"no"')
        then false
    end
$$;

-- NULL: it cannot be read.
create function latchkey.read_status(value jsonb) returns boolean
language sql immutable as $$
    select case coalesce(jsonb_typeof(value), 'null')
        when 'null' then true
        when 'string' then lower(value #>> '{}') = 'active'
    end
$$;

-- An entry that cannot be read may be one that takes something away.
create function latchkey.scopes_are_readable(value jsonb) returns boolean
language sql immutable as $$
    select case jsonb_typeof(value)
        when 'array' then not exists (
            select from jsonb_array_elements(value) as item
            where jsonb_typeof(item) not in ('string', 'number', 'null'))
        when 'object' then value = '{}'
        else coalesce(jsonb_typeof(value), 'null') in ('null', 'string')
    end
$$;

-- NULL: there is none, or none that can be one. It is shown, and travels in headers.
create function latchkey.read_key_id(element jsonb) returns text
language sql immutable as $$
    select case
        when jsonb_typeof(element) = 'object'
             and jsonb_typeof(element -> 'key_id') in ('string', 'number')
             and octet_length(element ->> 'key_id') between 1 and 256
             and element ->> 'key_id' !~
                 E'[\\u0001-\\u001f\\u007f-\\u009f\\u200e\\u200f\\u2028-\\u202e\\u2066-\\u2069]'
        then element ->> 'key_id'
    end
$$;

create function latchkey.without_touches(element jsonb, touches text[]) returns jsonb
language sql immutable as $$
    select case
        when jsonb_typeof(element) <> 'object' then element
        when jsonb_typeof(element -> 'metadata') = 'object'
        then element - touches || jsonb_build_object('metadata', (element -> 'metadata') - touches)
        else element - touches
    end
$$;

-- An element with a readable hash. `wanted`: the id that it asks for, or that is made for it;
-- `asked`: it named one, whatever that was. `problem`: what disables it.
create type latchkey.mirrored_element as (
    key_hash bytea,
    place integer,
    wanted text,
    asked boolean,
    is_usable_id boolean,
    name text,
    scopes text[],
    metadata jsonb,
    enabled boolean,
    expires_at timestamptz,
    created_at timestamptz,
    problem text
);

-- Never raises.
create function latchkey.read_element(element jsonb, at_place integer, touches text[])
returns latchkey.mirrored_element
language plpgsql stable set search_path = pg_catalog, pg_temp as $$
declare
    r latchkey.mirrored_element;
    expiry record;
    unreadable text[] := '{}';
    member text;
begin
    r.key_hash := latchkey.read_key_hash(element);
    r.place := at_place;
    r.wanted := latchkey.read_key_id(element);
    r.is_usable_id := r.wanted is not null;
    r.asked := coalesce(element -> 'key_id' not in ('null', '""'), false);
    r.wanted := coalesce(r.wanted, 'key_' || substr(encode(sha256(r.key_hash), 'hex'), 1, 24));
    r.name := element ->> 'name';
    r.scopes := array(
        select distinct s
        from unnest(latchkey.read_scopes(element -> 'scopes')
                    || latchkey.read_scopes(element -> 'permissions')) as s
        where s is not null order by s);
    r.metadata := element - array['key_hash', 'key_id', 'name', 'scopes', 'permissions',
                                  'is_active', 'status', 'expires_at', 'created_at', 'metadata'];
    if jsonb_typeof(element -> 'metadata') = 'object' then
        r.metadata := r.metadata || (element -> 'metadata');
    elsif jsonb_typeof(element -> 'metadata') <> 'null' then
        r.metadata := r.metadata || jsonb_build_object('metadata', element -> 'metadata');
    end if;
    r.metadata := r.metadata - touches;

    foreach member in array array['scopes', 'permissions'] loop
        if not latchkey.scopes_are_readable(element -> member) then
            unreadable := unreadable || member;
        end if;
    end loop;
    if latchkey.read_is_active(element -> 'is_active') is null then
        unreadable := unreadable || 'is_active'::text;
    end if;
    if latchkey.read_status(element -> 'status') is null then
        unreadable := unreadable || 'status'::text;
    end if;
    expiry := latchkey.read_date(element -> 'expires_at');
    r.expires_at := expiry.at;
    if not expiry.readable then
        unreadable := unreadable || 'expires_at'::text;
    end if;
    r.created_at := (latchkey.read_date(element -> 'created_at')).at;
    if unreadable <> '{}' then
        r.problem := 'cannot be read: ' || array_to_string(unreadable, ', ');
    end if;
    r.enabled := r.problem is null and latchkey.read_is_active(element -> 'is_active')
                 and latchkey.read_status(element -> 'status');
    return r;
end
$$;

-- --- Writing them

-- Writes what differs from what is there. `naming`: how an id is found that no other key has: 0: as
-- wanted where nobody has it, 1: with the hash's suffix, 2: from the hash alone. In the order of
-- their hashes: two writers with keys in common take the same locks in turn. Planned anew for many:
-- a plan that was made for a few would take ages.
create function latchkey.write_mirrored(
    organization latchkey.api_keys.organization_id%type, elements latchkey.mirrored_element[],
    naming integer) returns void
language plpgsql
set search_path = pg_catalog, pg_temp set plan_cache_mode = 'auto' as $$
declare
    removed constant text := 'removed from organizations.api_keys';
begin
    if cardinality(elements) > 100 then
        perform set_config('plan_cache_mode', 'force_custom_plan', true);
    end if;
    insert into latchkey.api_keys as k (key_hash, key_id, organization_id, name, scopes, metadata,
                                        enabled, expires_at, origin, created_at)
    select n.key_hash, n.key_id, organization, n.name, n.scopes, n.metadata, n.enabled,
           n.expires_at, 'organization_array', coalesce(n.created_at, now())
    from (
        select r.*, h.key_hash is null as is_new, h.key_id as old_key_id, h.name as old_name,
               h.scopes as old_scopes, h.metadata as old_metadata, h.enabled as old_enabled,
               h.expires_at as old_expires_at, h.revoked_reason as old_revoked_reason,
               h.organization_id = organization and h.origin = 'organization_array' as is_ours,
               case
                   when naming = 2 then 'key_' || r.digest
                   when h.key_id in (r.wanted, r.wanted || r.suffix) then h.key_id
                   when naming = 1 or r.turn > 1
                        or exists (select from latchkey.api_keys o
                                   where o.key_id = r.wanted and o.key_hash <> r.key_hash)
                   then r.wanted || r.suffix
                   else r.wanted
               end as key_id
        from (
            select e.*, d.digest, '~' || substr(d.digest, 1, 12) as suffix,
                   row_number() over (partition by e.wanted order by e.place) as turn
            from unnest(elements) as e
            cross join lateral (select encode(sha256(e.key_hash), 'hex')) as d (digest)) as r
        left join latchkey.api_keys h on h.key_hash = r.key_hash) as n
    where n.is_new or (n.is_ours and
        (n.old_key_id, n.old_name, n.old_scopes, n.old_metadata, n.old_enabled, n.old_expires_at,
         n.old_revoked_reason)
        is distinct from
        (n.key_id, n.name, n.scopes, n.metadata, n.enabled, n.expires_at,
         nullif(n.old_revoked_reason, removed)))
    -- By their ids, so that two who make the same ones at once wait in one direction.
    order by n.key_id, n.key_hash
    on conflict (key_hash) do update
        set key_id = excluded.key_id, name = excluded.name, scopes = excluded.scopes,
            metadata = excluded.metadata, enabled = excluded.enabled,
            expires_at = excluded.expires_at,
            revoked_at = case when k.revoked_reason = removed then null else k.revoked_at end,
            revoked_reason = nullif(k.revoked_reason, removed)
        where k.organization_id = excluded.organization_id and k.origin = 'organization_array';
end
$$;

-- Writes all of them at once, or, when one of them cannot be stored or another writer was quicker
-- with an id, each by itself. What cannot be stored at all disables its key; answers with those.
create function latchkey.write_or_disable(
    organization latchkey.api_keys.organization_id%type, elements latchkey.mirrored_element[])
returns bytea[]
language plpgsql set search_path = pg_catalog, pg_temp as $$
declare
    one latchkey.mirrored_element;
    written boolean;
    failed bytea[] := '{}';
begin
    begin
        perform latchkey.write_mirrored(organization, elements, 0);
        return failed;
    exception
        when data_exception or integrity_constraint_violation or program_limit_exceeded then
            null;
    end;
    for one in select e.* from unnest(elements) as e order by e.wanted, e.key_hash loop
        written := false;
        for naming in 0 .. 2 loop
            begin
                perform latchkey.write_mirrored(organization, array[one], naming);
                written := true;
            exception
                when data_exception or integrity_constraint_violation or program_limit_exceeded then
                    null;
            end;
            exit when written;
        end loop;
        if not written then
            failed := failed || one.key_hash;
            update latchkey.api_keys set enabled = false
                where key_hash = one.key_hash and organization_id = organization
                  and origin = 'organization_array';
        end if;
    end loop;
    return failed;
end
$$;

-- --- What was not taken as it stands

-- Makes `mirror_findings` tell of `after` as it is now. `elements` were just written, and `failed`
-- among them could not be; what is known of the others stays, at their present places. Warns of
-- what is new.
create function latchkey.tell_findings(
    organization latchkey.api_keys.organization_id%type, after jsonb,
    elements latchkey.mirrored_element[], failed bytea[]) returns void
language plpgsql
set search_path = pg_catalog, pg_temp set plan_cache_mode = 'force_custom_plan' as $$
declare
    whose constant text := coalesce(organization::text, '');
    warnings_max constant integer := 20;
    told latchkey.mirror_findings[];
    new_one record;
    warned integer := 0;
begin
    with placed as materialized (
        select (place - 1)::integer as place, e, latchkey.read_key_hash(e) as hash
        from jsonb_array_elements(case jsonb_typeof(after) when 'array' then after else '[]' end)
            with ordinality as a (e, place)),
    last_places as materialized (
        select hash, max(place) as place from placed where hash is not null group by hash),
    written as materialized (
        select w.*, k.key_id, k.key_hash is not null as is_there,
               k.organization_id = organization as is_theirs, k.origin,
               w.key_hash in (select h from unnest(failed) as h) as has_failed
        from unnest(elements) as w left join latchkey.api_keys k on k.key_hash = w.key_hash),
    findings (place, outcome, code, reason, key_id, key_hash, found_at) as (
        select -1, 'skipped', 'not_an_array', 'the value is not an array: it counts as empty', '',
               ''::bytea, null::timestamptz
        where jsonb_typeof(after) not in ('array', 'null')
        union all
        select place, 'skipped', 'no_key_hash', case
                   when jsonb_typeof(e) <> 'object' then 'it is not an object'
                   when not e ? 'key_hash' then 'it has no key_hash'
                   when jsonb_typeof(e -> 'key_hash') <> 'string' then 'its key_hash is no text'
                   else 'its key_hash is not 64 hexadecimal digits' end,
               coalesce(latchkey.read_key_id(e), ''), ''::bytea, null
        from placed where hash is null
        union all
        select p.place, 'skipped', 'duplicate',
               format('its key_hash stands again in api_keys[%s], which counts; the key may do '
                      'what all of them allow', l.place),
               coalesce(latchkey.read_key_id(p.e), ''), p.hash, null
        from placed p join last_places l on l.hash = p.hash and l.place > p.place
        union all
        select w.place, 'skipped', d.code, d.reason, w.wanted, w.key_hash, null
        from written w cross join lateral (select
            case when organization is null then 'no_organization'
                 when not w.is_there then 'not_stored'
                 when not w.is_theirs then 'of_another_organization'
                 when w.origin <> 'organization_array' then 'of_latchkey' end,
            case when organization is null then 'its organization has no organization_id'
                 when not w.is_there then 'it cannot be stored'
                 when not w.is_theirs then 'another organization has this key'
                 when w.origin <> 'organization_array'
                 then 'this key was made by Latchkey, and is changed there' end) as d (code, reason)
        where d.code is not null
        union all
        select w.place, 'disabled', 'unreadable', coalesce(w.problem, 'it cannot be stored'),
               w.key_id, w.key_hash, null
        from written w
        where w.is_theirs and w.origin = 'organization_array'
          and (w.problem is not null or w.has_failed)
        union all
        select w.place, 'renamed', case when w.is_usable_id then 'key_id_taken'
                                        else 'key_id_unusable' end,
               case when w.is_usable_id then format('another key has key_id "%s"', w.wanted)
                    else 'its key_id is none: no text or number of 1 to 256 bytes without control '
                         'characters' end
               || format('; its own is "%s"', w.key_id),
               w.key_id, w.key_hash, null
        from written w
        where w.is_theirs and w.origin = 'organization_array'
          and case when w.is_usable_id then w.key_id <> w.wanted else w.asked end
        union all
        select l.place, f.outcome, f.code, f.reason, f.key_id, f.key_hash, f.found_at
        from latchkey.mirror_findings f join last_places l on l.hash = f.key_hash
        where f.organization_id = whose
          and f.key_hash not in (select w.key_hash from unnest(elements) as w))
    select array_agg((whose, place, outcome, code, reason, key_id, key_hash, found_at)
                     ::latchkey.mirror_findings) into told from findings;

    delete from latchkey.mirror_findings f
        where f.organization_id = whose and not exists (
            select from unnest(told) as t
            where (t.place, t.code, t.reason, t.key_id, t.key_hash)
                = (f.place, f.code, f.reason, f.key_id, f.key_hash));
    for new_one in
        with added as (
            insert into latchkey.mirror_findings as f
            select t.organization_id, t.place, t.outcome, t.code, t.reason, t.key_id, t.key_hash,
                   coalesce(t.found_at, now())
            from unnest(told) as t
            where not exists (
                select from latchkey.mirror_findings o
                where o.organization_id = whose
                  and (t.place, t.code, t.reason, t.key_id, t.key_hash)
                    = (o.place, o.code, o.reason, o.key_id, o.key_hash))
            returning f.*)
        select a.* from added a where a.found_at = now() order by a.place
    loop
        warned := warned + 1;
        if warned > warnings_max then
            raise warning 'and more elements of organizations.api_keys of organization %: see '
                          'latchkey.mirror_findings', organization;
            exit;
        end if;
        raise warning 'organizations.api_keys% of organization % is %: %',
            case when new_one.place >= 0 then format('[%s]', new_one.place) else '' end,
            organization, new_one.outcome, new_one.reason;
    end loop;
end
$$;

-- --- The mirror

-- Whether each of them is now as its element says, under the id that it wants.
create function latchkey.are_as_wanted(
    organization latchkey.api_keys.organization_id%type, elements latchkey.mirrored_element[])
returns boolean
language plpgsql
set search_path = pg_catalog, pg_temp set plan_cache_mode = 'auto' as $$
begin
    if cardinality(elements) > 100 then
        perform set_config('plan_cache_mode', 'force_custom_plan', true);
    end if;
    return not exists (
        select from unnest(elements) as e left join latchkey.api_keys k on k.key_hash = e.key_hash
        where e.problem is not null or (e.asked and not e.is_usable_id)
           or k.key_id is distinct from e.wanted or k.organization_id is distinct from organization
           or k.origin <> 'organization_array');
end
$$;

-- The hashes of what differs by more than touches, NULL for elements without one; NULL: nothing
-- does. Whole elements are compared first, so that few need to be looked into.
create function latchkey.changed_hashes(before jsonb, after jsonb, touches text[]) returns bytea[]
language plpgsql set search_path = pg_catalog, pg_temp as $$
begin
    return (
        select array_agg(distinct latchkey.read_key_hash(settled))
        from (select settled
              from (select latchkey.without_touches(e, touches) as settled, sides
                    from (select e, bit_or(side) as sides
                          from (select e, 1 as side from jsonb_array_elements(before) as e
                                union all
                                select e, 2 from jsonb_array_elements(after) as e) as both_arrays
                          group by e having bit_or(side) <> 3) as of_one_side) as looked_into
              group by settled having bit_or(sides) <> 3) as differing);
end
$$;

-- The elements with these hashes, and those whose hash stands in more than one: of these the last,
-- with what all of them allow. `is_odd`: such, or some without a hash, are in the array.
create function latchkey.elements_of(
    after jsonb, hashes bytea[], touches text[],
    out elements latchkey.mirrored_element[], out is_odd boolean)
language plpgsql set search_path = pg_catalog, pg_temp as $$
begin
    with placed as materialized (
        select (place - 1)::integer as place, e, latchkey.read_key_hash(e) as hash
        from jsonb_array_elements(after) with ordinality as a (e, place)),
    repeated as materialized (
        select hash from placed where hash is not null group by hash having count(*) > 1),
    wanted as (
        select r.*, row_number() over (partition by r.key_hash order by r.place desc) as from_last,
               count(*) over same as times, bool_and(r.enabled) over same as all_enabled,
               min(coalesce(r.expires_at, 'infinity')) over same as soonest,
               min(case when r.problem is not null
                   then format('the same key_hash, in api_keys[%s], %s', r.place, r.problem)
                   end) over same as any_problem
        from placed p cross join lateral latchkey.read_element(p.e, p.place, touches) as r
        where p.hash is not null and (p.hash in (select h from unnest(hashes) as h)
                                      or p.hash in (select hash from repeated))
        window same as (partition by r.key_hash)),
    shared as (
        select key_hash, array_agg(scope order by scope) as scopes
        from (select key_hash, scope from wanted cross join lateral unnest(scopes) as scope
              where times > 1 group by key_hash, scope, times having count(*) = times) as of_all
        group by key_hash)
    select array_agg((w.key_hash, w.place, w.wanted, w.asked, w.is_usable_id, w.name,
                      case when w.times > 1 then coalesce(s.scopes, '{}') else w.scopes end,
                      w.metadata, w.all_enabled, nullif(w.soonest, 'infinity'), w.created_at,
                      case when w.times > 1 then w.any_problem else w.problem end)
                     ::latchkey.mirrored_element order by w.key_hash),
           exists (select from repeated) or exists (select from placed where hash is null)
        into elements, is_odd
        from wanted w left join shared s on s.key_hash = w.key_hash where w.from_last = 1;
end
$$;

-- Mirrors what differs between two states of one organization's array. Without differences, and
-- where all is as it should be, it compares and does nothing.
create function latchkey.mirror_array(
    organization latchkey.api_keys.organization_id%type, before jsonb, after jsonb) returns void
language plpgsql set search_path = pg_catalog, pg_temp as $$
declare
    was constant jsonb := case jsonb_typeof(before) when 'array' then before else '[]' end;
    now_is constant jsonb := case jsonb_typeof(after) when 'array' then after else '[]' end;
    touches constant text[] := array(select name from latchkey.mirror_touches);
    changed constant bytea[] := latchkey.changed_hashes(was, now_is, touches);
    is_told boolean := jsonb_typeof(after) not in ('array', 'null') or exists (
        select from latchkey.mirror_findings f
        where f.organization_id = coalesce(organization::text, ''));
    found record;
    gone bytea[];
    failed bytea[] := '{}';
begin
    if changed is null and not coalesce(is_told, false) then
        return;
    end if;
    found := latchkey.elements_of(now_is, changed, touches);

    gone := array(select h from unnest(changed) as h where h is not null
                  except select e.key_hash from unnest(found.elements) as e);
    if gone <> '{}' then
        update latchkey.api_keys
            set revoked_at = now(), revoked_reason = 'removed from organizations.api_keys'
            where key_hash = any (gone) and origin = 'organization_array'
              and organization_id = organization and revoked_at is null;
    end if;
    if found.elements is not null and organization is not null then
        failed := latchkey.write_or_disable(organization, found.elements);
    end if;
    if is_told or found.is_odd or not latchkey.are_as_wanted(organization, found.elements) then
        perform latchkey.tell_findings(organization, after, found.elements, failed);
    end if;
end
$$;

-- The old service's role has rights on schema public alone: the trigger acts with its owner's.
create or replace function latchkey.mirror_organization() returns trigger
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
    if tg_op = 'TRUNCATE' then
        update latchkey.api_keys
            set revoked_at = now(), revoked_reason = 'removed from organizations.api_keys'
            where origin = 'organization_array' and revoked_at is null;
        delete from latchkey.mirror_findings;
    elsif tg_op = 'DELETE' then
        perform latchkey.mirror_array(old."organization_id", old."api_keys", '[]');
    elsif tg_op = 'INSERT' then
        perform latchkey.mirror_array(new."organization_id", '[]', new."api_keys");
    else
        if new."organization_id" is distinct from old."organization_id" then
            update latchkey.api_keys set organization_id = new."organization_id"
                where organization_id = old."organization_id";
            update latchkey.mirror_findings
                set organization_id = coalesce(new."organization_id"::text, '')
                where organization_id = coalesce(old."organization_id"::text, '');
        end if;
        perform latchkey.mirror_array(new."organization_id", old."api_keys", new."api_keys");
    end if;
    return null;
end
$$;

-- Mirrors one organization's array as a whole, whatever was mirrored of it: the cause of a finding
-- may lie elsewhere, and be mended there.
create function latchkey.mirror_again(organization latchkey.api_keys.organization_id%type)
returns void
language plpgsql set search_path = pg_catalog, pg_temp as $$
declare
    kept record;
begin
    for kept in
        select o."organization_id", o."api_keys" from public.organizations o
        where o."organization_id" = organization for no key update
    loop
        perform latchkey.mirror_array(kept."organization_id", '[]', kept."api_keys");
    end loop;
end
$$;

-- The same for all of them. No writer may be at work meanwhile, whose newer array would be
-- overwritten by what was read before it.
create function latchkey.mirror_all() returns void
language plpgsql set search_path = pg_catalog, pg_temp as $$
declare
    kept record;
begin
    lock table public.organizations in share row exclusive mode;
    for kept in select "organization_id", "api_keys" from public.organizations loop
        perform latchkey.mirror_array(kept."organization_id", '[]', kept."api_keys");
    end loop;
end
$$;

-- A changed list of touches is obeyed at once.
create function latchkey.touches_changed() returns trigger
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
    perform latchkey.mirror_all();
    return null;
end
$$;
create trigger latchkey_mirror_touches
    after insert or update or delete or truncate on latchkey.mirror_touches
    for each statement execute function latchkey.touches_changed();
alter table latchkey.mirror_touches enable always trigger latchkey_mirror_touches;

revoke execute on function
    latchkey.read_date(jsonb), latchkey.read_is_active(jsonb), latchkey.read_status(jsonb),
    latchkey.scopes_are_readable(jsonb), latchkey.read_key_id(jsonb),
    latchkey.without_touches(jsonb, text[]), latchkey.read_element(jsonb, integer, text[]),
    latchkey.write_mirrored, latchkey.write_or_disable, latchkey.tell_findings,
    latchkey.are_as_wanted, latchkey.changed_hashes(jsonb, jsonb, text[]),
    latchkey.elements_of(jsonb, bytea[], text[]), latchkey.mirror_array, latchkey.mirror_again,
    latchkey.mirror_all(), latchkey.touches_changed()
from public;

-- What is there already is read again by a later step, in batches.

-- A writer's trigger never has one of these functions missing: when they are changed, none is at
-- work.
lock table public.organizations in share row exclusive mode;
