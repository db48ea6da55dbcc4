-- What is written beside the old tables costs what the change costs, whatever was written before in
-- the same session, and follows what moves.
--
-- * A plan that is kept may have been made when a table was small, and `= any (…)` of a parameter
--   compares each row with each element then. Where many may come, a plan is made for what came, or
--   each row is looked up by its index: `enable_seqscan` and `enable_nestloop` leave no other way.
-- * The mirror works by statement. It compares arrays place by place, and looks only into what differs.
-- * A key that leaves one organization's array and is in another's moves there. An organization whose
--   id changes takes along its keys, its devices, and the tokens that name it.
-- * Statements tell the feed by statement. A replica's, a restore's and a partitioned table's rows
--   are told one by one, since no trigger of statements sees them.

-- step: functions
do $$
declare
    parent regclass := (
        select c.oid from pg_catalog.pg_class c
        where c.oid in ('public.organizations'::regclass, 'public.device_credentials'::regclass)
          and c.relkind <> 'p'
          and exists (select from pg_catalog.pg_inherits i where i.inhparent = c.oid)
        limit 1);
begin
    if parent is not null then
        raise feature_not_supported using
            message = pg_catalog.format('tables inherit from %s: what is written to them is not '
                                        'seen; make it a partitioned table', parent);
    end if;
end
$$;

-- --- Many at once ---

-- As before, with plans for what is given.
create or replace function latchkey.restore_credentials(of_kind text, ids text[]) returns void
language plpgsql
set search_path = pg_catalog, pg_temp set plan_cache_mode = force_custom_plan as $$
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

-- In the order of their ids, as all who lock revocations take them.
create or replace function latchkey.disable_organizations(ids text[], until timestamptz)
returns void
language plpgsql set search_path = pg_catalog, pg_temp as $$
begin
    if ids is null or ids = '{}' then
        return;
    end if;
    insert into latchkey.revocations (kind, value, expires_at, reason)
        select distinct 'disabled_organization', id collate "C", until,
               'the organization is not active'
        from unnest(ids) as id where id is not null order by 2
    on conflict (kind, issuer, value) do update set
        issued_before = null, expires_at = excluded.expires_at, created_at = excluded.created_at;
end
$$;
create or replace function latchkey.enable_organizations(ids text[]) returns void
language plpgsql
set search_path = pg_catalog, pg_temp set plan_cache_mode = force_custom_plan as $$
begin
    if ids is null or ids = '{}' or not exists (
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

-- --- Types with the organizations' own type of id ---

do $$
declare
    id_type constant text := (
        select pg_catalog.format_type(atttypid, atttypmod) from pg_catalog.pg_attribute
        where attrelid = 'latchkey.api_keys'::regclass and attname = 'organization_id');
    devices_type constant text := (
        select pg_catalog.format_type(atttypid, atttypmod) from pg_catalog.pg_attribute
        where attrelid = 'public.device_credentials'::regclass
          and attname = (pg_catalog.parse_ident('ORGANIZATION_ID'))[1]);
begin
    execute pg_catalog.format(
        'create type latchkey.organization_list as (ids %s[])', id_type);
    execute pg_catalog.format(
        'create type latchkey.renamed_organization as (old_id %1$s, new_id %1$s)', id_type);
    execute pg_catalog.format(
        'alter type latchkey.mirrored_element add attribute organization_id %s', id_type);
    -- Devices may spell organizations in another type.
    execute pg_catalog.format(
        'create function latchkey.move_devices(renames latchkey.renamed_organization[])'
        ' returns void language sql set search_path = pg_catalog, pg_temp as %L',
        pg_catalog.format(
            'update public.device_credentials d set ORGANIZATION_ID = (m.new_id::text)::%s'
            ' from unnest(renames) as m'
            ' where latchkey.is_devices_organization(m.old_id, d.ORGANIZATION_ID)', devices_type));
end
$$;

-- --- Organizations whose id changes ---

-- Tokens name their organization by the id that it had.
create table latchkey.former_organizations (
    former_id text collate "C" primary key,
    organization_id text collate "C" not null,
    renamed_at timestamptz not null default now()
);
create index former_organizations_organization_id_idx
    on latchkey.former_organizations (organization_id);
comment on table latchkey.former_organizations is
    'ids that organizations had: tokens that name them are judged by the organization of today';

-- What tokens may call these organizations.
create function latchkey.all_names(ids text[]) returns text[]
language plpgsql stable
set search_path = pg_catalog, pg_temp set plan_cache_mode = force_custom_plan as $$
begin
    if not exists (select from latchkey.former_organizations) then
        return ids;
    end if;
    return ids || array(
        select former_id from latchkey.former_organizations where organization_id = any (ids));
end
$$;

-- An id that is in use means its own organization, whoever had it before.
create function latchkey.forget_former(ids text[]) returns void
language plpgsql
set search_path = pg_catalog, pg_temp set plan_cache_mode = force_custom_plan as $$
begin
    if exists (select from latchkey.former_organizations) then
        delete from latchkey.former_organizations where former_id = any (ids);
    end if;
end
$$;

-- All at once, since ids may change places. Whoever writes gets no error for devices that cannot be
-- taken along: the warning says so.
create function latchkey.follow_renames(renames latchkey.renamed_organization[]) returns void
language plpgsql
set search_path = pg_catalog, pg_temp set plan_cache_mode = force_custom_plan as $$
begin
    update latchkey.api_keys k set organization_id = m.new_id
        from unnest(renames) as m where k.organization_id = m.old_id;
    update latchkey.mirror_findings f set organization_id = m.new_id::text
        from unnest(renames) as m where f.organization_id = m.old_id::text;
    begin
        perform latchkey.move_devices(renames);
    exception
        when data_exception or integrity_constraint_violation or insufficient_privilege then
            raise warning 'devices of organizations whose id changed keep the old one: %', sqlerrm;
    end;

    update latchkey.former_organizations f set organization_id = m.new_id::text
        from unnest(renames) as m where f.organization_id = m.old_id::text collate "C";
    delete from latchkey.former_organizations f using unnest(renames) as m
        where f.former_id = m.new_id::text collate "C";
    insert into latchkey.former_organizations as f (former_id, organization_id)
        select distinct on (m.old_id::text collate "C") m.old_id::text, m.new_id::text
        from unnest(renames) as m
        where not exists (select from public.organizations o where o."organization_id" = m.old_id)
        order by m.old_id::text collate "C"
    on conflict (former_id) do update
        set organization_id = excluded.organization_id, renamed_at = excluded.renamed_at;
end
$$;

-- --- The mirror: reading ---

-- An element that says all that it says in the plainest way; any other is read by read_element, which
-- takes its time. Inlined, as what follows; the callers fix the search_path.
create function latchkey.is_plain_date(value jsonb) returns boolean
language sql immutable as $$
    select case coalesce(jsonb_typeof(value), 'null')
        when 'null' then true
        when 'string' then value #>> '{}' ~
            ('^20\d\d-((0[1-9]|1[0-2])-(0[1-9]|1\d|2[0-8])|(0[13-9]|1[0-2])-(29|30)'
             '|(0[13578]|1[02])-31)[T ]([01]\d|2[0-3]):[0-5]\d:[0-5]\d(\.\d{1,6})?'
             '(Z|[+-](0\d|1[0-3]):[0-5]\d)$')
        else false
    end
$$;
create function latchkey.are_plain_scopes(value jsonb) returns boolean
language sql immutable as $$
    select case coalesce(jsonb_typeof(value), 'null')
        when 'null' then true
        when 'array' then not value @? 'strict $[*] ? (@.type() != "string")'
        else false
    end
$$;
create function latchkey.is_plain_element(e jsonb) returns boolean
language sql immutable as $$
    select (not e ? 'key_id' or (jsonb_typeof(e -> 'key_id') = 'string'
                and octet_length(e ->> 'key_id') between 1 and 256
                and e ->> 'key_id' !~ '[^ -~]'))
       and coalesce(e -> 'is_active', 'true') in ('true', 'false')
       and coalesce(jsonb_typeof(e -> 'status'), 'null') in ('null', 'string')
       and latchkey.is_plain_date(e -> 'expires_at') and latchkey.is_plain_date(e -> 'created_at')
       and latchkey.are_plain_scopes(e -> 'scopes')
       and latchkey.are_plain_scopes(e -> 'permissions')
$$;
create function latchkey.plain_metadata(e jsonb, touches text[]) returns jsonb
language sql stable as $$
    select (e - array['key_hash', 'key_id', 'name', 'scopes', 'permissions', 'is_active', 'status',
                      'expires_at', 'created_at', 'metadata']
            || case coalesce(jsonb_typeof(e -> 'metadata'), 'null')
                   when 'object' then e -> 'metadata'
                   when 'null' then '{}'
                   else jsonb_build_object('metadata', e -> 'metadata') end) - touches
$$;

-- As before; stable as what it calls, else it is not inlined.
create or replace function latchkey.without_touches(element jsonb, touches text[]) returns jsonb
language sql stable as $$
    select case
        when jsonb_typeof(element) <> 'object' then element
        when jsonb_typeof(element -> 'metadata') = 'object'
        then element - touches || jsonb_build_object('metadata', (element -> 'metadata') - touches)
        else element - touches
    end
$$;

-- Which hashes differ by more than touches between the states, by the number of their change; NULL
-- for elements without one. Of each place that is not the same byte by byte, whole elements are
-- compared first, so that few need to be looked into.
create function latchkey.changed_hashes(
    before jsonb[], after jsonb[], touches text[], out places integer[], out hashes bytea[])
language plpgsql
set search_path = pg_catalog, pg_temp set plan_cache_mode = force_generic_plan
set enable_hashagg = on set jit = off set work_mem = '64MB' as $$
begin
    with differing as materialized (
        select c.n, d.b, d.a
        from unnest(changed_hashes.before, changed_hashes.after) with ordinality
            as c (before, after, n)
        cross join lateral rows from (
            jsonb_array_elements(case jsonb_typeof(c.before) when 'array' then c.before
                                 else '[]' end),
            jsonb_array_elements(case jsonb_typeof(c.after) when 'array' then c.after
                                 else '[]' end)) as d (b, a)
        where record_image_ne(row(d.b), row(d.a))),
    settled as (
        select n, latchkey.without_touches(e, touches) as settled, sides
        from (select n, e, bit_or(side) as sides
              from (select n, b as e, 1 as side from differing where b is not null
                    union all
                    select n, a, 2 from differing where a is not null) as both_arrays
              group by n, e having bit_or(side) <> 3) as of_one_side)
    select array_agg(n::integer), array_agg(hash) into places, hashes
    from (select distinct n, latchkey.read_key_hash(settled) as hash
          from (select n, settled from settled
                group by n, settled having bit_or(sides) <> 3) as looked_into) as found;
end
$$;

-- The elements with these hashes. Of those whose hash stands more than once in an array the last,
-- with what all of them allow; `odd`: the changes that have such. In the order of their hashes: two
-- writers with keys in common take the same locks in turn.
create function latchkey.elements_of(
    organizations latchkey.organization_list, after jsonb[], places integer[], hashes bytea[],
    touches text[], out elements latchkey.mirrored_element[], out odd integer[])
language plpgsql
set search_path = pg_catalog, pg_temp set standard_conforming_strings = on
set plan_cache_mode = force_generic_plan set enable_nestloop = off set enable_mergejoin = off
set enable_hashagg = on set jit = off set work_mem = '64MB' as $$
begin
    with wanted as materialized (
        select n, encode(h, 'hex') as digits, h
        from unnest(places, hashes) as w (n, h) where h is not null),
    placed as (
        select c.n, (a.place - 1)::integer as place, a.e, lower(a.e ->> 'key_hash') as digits
        from unnest(elements_of.after) with ordinality as c (after, n)
        cross join lateral jsonb_array_elements(
            case jsonb_typeof(c.after) when 'array' then c.after else '[]' end)
            with ordinality as a (e, place)),
    hashed as materialized (
        select p.n, organizations.ids[p.n] as organization_id, p.place, p.e, w.h,
               count(*) over (partition by p.n, p.digits) as times,
               latchkey.is_plain_element(p.e) as is_plain
        from placed p join wanted w on w.digits = p.digits and w.n = p.n),
    read as materialized (
        select h.n, h.times, h.h as key_hash, h.place,
               coalesce(h.e ->> 'key_id', 'key_' || substr(encode(sha256(h.h), 'hex'), 1, 24))
                   as wanted,
               h.e ? 'key_id' as asked, h.e ? 'key_id' as is_usable_id, h.e ->> 'name' as name,
               case when h.e ?| array['scopes', 'permissions'] then array(
                   select distinct s from (
                       select * from jsonb_array_elements_text(
                           case jsonb_typeof(h.e -> 'scopes') when 'array' then h.e -> 'scopes'
                           else '[]' end)
                       union all
                       select * from jsonb_array_elements_text(
                           case jsonb_typeof(h.e -> 'permissions') when 'array'
                           then h.e -> 'permissions' else '[]' end)) as both_lists (s) order by s)
               else '{}' end as scopes,
               latchkey.plain_metadata(h.e, touches) as metadata,
               coalesce(h.e -> 'is_active', 'true') = 'true'
                   and coalesce(lower(h.e ->> 'status') = 'active', true) as enabled,
               case when is_plain then (h.e ->> 'expires_at')::timestamptz end as expires_at,
               case when is_plain then (h.e ->> 'created_at')::timestamptz end as created_at,
               null::text as problem, h.organization_id
        from hashed h where is_plain
        union all
        select h.n, h.times, r.key_hash, r.place, r.wanted, r.asked, r.is_usable_id, r.name,
               r.scopes, r.metadata, r.enabled, r.expires_at, r.created_at, r.problem,
               h.organization_id
        from hashed h cross join lateral latchkey.read_element(h.e, h.place, touches) as r
        where not is_plain),
    repeated as (
        select r.*, row_number() over (partition by n, key_hash order by place desc) as from_last,
               bool_and(enabled) over same as all_enabled,
               min(coalesce(expires_at, 'infinity')) over same as soonest,
               min(case when problem is not null
                   then format('the same key_hash, in api_keys[%s], %s', place, problem)
                   end) over same as any_problem
        from read r where times > 1 window same as (partition by n, key_hash)),
    shared as (
        select n, key_hash, array_agg(scope order by scope) as scopes
        from (select n, key_hash, scope from repeated cross join lateral unnest(scopes) as scope
              group by n, key_hash, scope, times having count(*) = times) as of_all
        group by n, key_hash),
    settled as (
        select (key_hash, place, wanted, asked, is_usable_id, name, scopes, metadata, enabled,
                expires_at, created_at, problem, organization_id)::latchkey.mirrored_element as one
        from read where times = 1
        union all
        select (r.key_hash, r.place, r.wanted, r.asked, r.is_usable_id, r.name,
                coalesce(s.scopes, '{}'), r.metadata, r.all_enabled,
                nullif(r.soonest, 'infinity'), r.created_at, r.any_problem,
                r.organization_id)::latchkey.mirrored_element
        from repeated r left join shared s on s.n = r.n and s.key_hash = r.key_hash
        where r.from_last = 1)
    select (select array_agg(one order by (one).key_hash, (one).place) from settled),
           array(select n from read where times > 1
                 union select n from unnest(places, hashes) as w (n, h) where h is null)
        into elements, odd;
end
$$;

-- --- The mirror: writing ---

drop function latchkey.write_or_disable, latchkey.write_mirrored, latchkey.are_as_wanted;
drop function latchkey.changed_hashes(jsonb, jsonb, text[]),
              latchkey.elements_of(jsonb, bytea[], text[]);

-- Writes what differs from what is there. `naming`: how an id is found that no other key has: 0: as
-- wanted where nobody has it, 1: with the hash's suffix, 2: from the hash alone. What another
-- organization's array had and has no more is moved; of two that have the same, the first one's. Each
-- is looked up by its index. Written in the order of their ids, so that two who make the same ones at
-- once wait for each other in one direction.
create function latchkey.write_mirrored(elements latchkey.mirrored_element[], naming integer)
returns void
language plpgsql
set search_path = pg_catalog, pg_temp set plan_cache_mode = force_generic_plan
set enable_seqscan = off set jit = off as $$
declare
    removed constant text := 'removed from organizations.api_keys';
begin
    insert into latchkey.api_keys as k (key_hash, key_id, organization_id, name, scopes, metadata,
                                        enabled, expires_at, origin, created_at)
    select n.key_hash, n.key_id, n.organization_id, n.name, n.scopes, n.metadata, n.enabled,
           n.expires_at, 'organization_array', coalesce(n.created_at, now())
    from (
        select r.*, h.key_hash is null as is_new, h.key_id as old_key_id, h.name as old_name,
               h.scopes as old_scopes, h.metadata as old_metadata, h.enabled as old_enabled,
               h.expires_at as old_expires_at, h.revoked_reason as old_revoked_reason,
               h.organization_id = r.organization_id as is_theirs,
               h.origin = 'organization_array' as is_an_arrays,
               row_number() over (
                   partition by r.key_hash
                   order by h.organization_id = r.organization_id desc, r.organization_id::text,
                            r.place) as claim,
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
                   row_number() over (partition by e.wanted
                                      order by e.organization_id::text, e.place) as turn
            from unnest(elements) as e
            cross join lateral (select encode(sha256(e.key_hash), 'hex')) as d (digest)) as r
        left join lateral (
            select * from latchkey.api_keys o where o.key_hash = r.key_hash offset 0) as h
            on true) as n
    where n.claim = 1 and (n.is_new or (n.is_an_arrays
        and (n.is_theirs or n.old_revoked_reason = removed)
        and (n.is_theirs, n.old_key_id, n.old_name, n.old_scopes, n.old_metadata, n.old_enabled,
             n.old_expires_at, n.old_revoked_reason)
            is distinct from
            (true, n.key_id, n.name, n.scopes, n.metadata, n.enabled, n.expires_at,
             nullif(n.old_revoked_reason, removed))))
    order by n.key_id, n.key_hash
    on conflict (key_hash) do update
        set key_id = excluded.key_id, organization_id = excluded.organization_id,
            name = excluded.name, scopes = excluded.scopes, metadata = excluded.metadata,
            enabled = excluded.enabled, expires_at = excluded.expires_at,
            revoked_at = case when k.revoked_reason = removed then null else k.revoked_at end,
            revoked_reason = nullif(k.revoked_reason, removed)
        where k.origin = 'organization_array'
          and (k.organization_id = excluded.organization_id or k.revoked_reason = removed);
end
$$;

-- Writes all of them at once, or, when one of them cannot be stored or another writer was quicker
-- with an id, each by itself. What cannot be stored at all disables its key; answers with those.
create function latchkey.write_or_disable(elements latchkey.mirrored_element[]) returns bytea[]
language plpgsql set search_path = pg_catalog, pg_temp as $$
declare
    one latchkey.mirrored_element;
    written boolean;
    failed bytea[] := '{}';
begin
    begin
        perform latchkey.write_mirrored(elements, 0);
        return failed;
    exception
        when data_exception or integrity_constraint_violation or program_limit_exceeded then
            null;
    end;
    for one in select e.* from unnest(elements) as e order by e.wanted, e.key_hash loop
        written := false;
        for naming in 0 .. 2 loop
            begin
                perform latchkey.write_mirrored(array[one], naming);
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
                where key_hash = one.key_hash and organization_id = one.organization_id
                  and origin = 'organization_array';
        end if;
    end loop;
    return failed;
end
$$;

-- Those that are in no array any more. Answers with what it revoked.
create function latchkey.revoke_removed(
    organizations latchkey.organization_list, places integer[], hashes bytea[],
    elements latchkey.mirrored_element[]) returns bytea[]
language plpgsql
set search_path = pg_catalog, pg_temp set plan_cache_mode = force_generic_plan
set enable_seqscan = off set jit = off as $$
declare
    gone bytea[];
begin
    select array_agg(k.key_hash order by k.key_hash) into gone
        from (select distinct w.h, organizations.ids[w.n]::text as whose
              from unnest(places, hashes) as w (n, h) where h is not null
              except
              select e.key_hash, e.organization_id::text from unnest(elements) as e) as g
        cross join lateral (
            select * from latchkey.api_keys o where o.key_hash = g.h offset 0) as k
        where k.origin = 'organization_array' and k.organization_id::text = g.whose
          and k.revoked_at is null;
    if gone is not null then
        update latchkey.api_keys k
            set revoked_at = now(), revoked_reason = 'removed from organizations.api_keys'
            from unnest(gone) as g (h) where k.key_hash = g.h;
    end if;
    return gone;
end
$$;

-- The organizations of which an element is not now as it says, under the id that it wants.
create function latchkey.not_as_wanted(elements latchkey.mirrored_element[]) returns text[]
language plpgsql
set search_path = pg_catalog, pg_temp set plan_cache_mode = force_generic_plan
set enable_seqscan = off set jit = off as $$
begin
    return array(
        select distinct coalesce(e.organization_id::text, '')
        from unnest(elements) as e
        left join lateral (
            select o.key_id, o.organization_id, o.origin from latchkey.api_keys o
            where o.key_hash = e.key_hash offset 0) as k on true
        where e.problem is not null or (e.asked and not e.is_usable_id)
           or k.key_id is distinct from e.wanted
           or k.organization_id is distinct from e.organization_id
           or k.origin <> 'organization_array');
end
$$;

-- --- The mirror ---

-- What one array lost, another may have had all the while, and was told that it is not its own. One
-- whose organization is being written by somebody else is left for that, and stays a finding.
create function latchkey.take_over(released bytea[]) returns void
language plpgsql
set search_path = pg_catalog, pg_temp set plan_cache_mode = force_generic_plan
set enable_seqscan = off set jit = off as $$
declare
    claimed record;
    one public.organizations."organization_id"%type;
    kept jsonb;
begin
    for claimed in
        select f.organization_id as whose, array_agg(encode(g.h, 'hex')) as digits
        from unnest(released) as g (h)
        cross join lateral (
            select o.organization_id from latchkey.mirror_findings o
            where o.key_hash = g.h and o.code = 'of_another_organization' offset 0) as f
        where f.organization_id <> '' group by f.organization_id order by f.organization_id
    loop
        one := claimed.whose;
        -- An old table may have several rows with one id.
        for kept in
            select o."api_keys" from public.organizations o
            where o."organization_id" = one and jsonb_typeof(o."api_keys") = 'array'
            for no key update skip locked
        loop
            perform latchkey.mirror_array(one, coalesce((
                select jsonb_agg(e) from jsonb_array_elements(kept) as e
                where coalesce(lower(e ->> 'key_hash'), '') not in
                      (select d from unnest(claimed.digits) as d)), '[]'), kept);
        end loop;
    end loop;
end
$$;

-- Mirrors what differs between two states of organizations' arrays. Without differences, and where
-- all is as it should be, it compares and does nothing.
create function latchkey.mirror_arrays(
    organizations latchkey.organization_list, before jsonb[], after jsonb[]) returns void
language plpgsql set search_path = pg_catalog, pg_temp as $$
declare
    touches constant text[] := array(select name from latchkey.mirror_touches);
    changed record := latchkey.changed_hashes(before, after, touches);
    is_any_told constant boolean := exists (select from latchkey.mirror_findings);
    found record;
    released bytea[];
    failed bytea[] := '{}';
    unsettled text[] := '{}';
    one public.organizations."organization_id"%type;
begin
    select null::latchkey.mirrored_element[] as elements, null::integer[] as odd into found;
    -- Which of equal hashes is the last may change though no element does.
    if is_any_told then
        select array_agg(c.n) as places, array_agg(c.h) as hashes into changed
        from (select n, h from unnest(changed.places, changed.hashes) as u (n, h)
              union
              select o.n::integer, f.key_hash
              from unnest(organizations.ids) with ordinality as o (id, n)
              join latchkey.mirror_findings f on f.organization_id = coalesce(o.id::text, '')
              where f.code = 'duplicate') as c (n, h);
    end if;
    if changed.places is not null then
        found := latchkey.elements_of(organizations, after, changed.places, changed.hashes,
                                      touches);
        released := latchkey.revoke_removed(organizations, changed.places, changed.hashes,
                                            found.elements);
        if found.elements is not null then
            failed := latchkey.write_or_disable(array(
                select e from unnest(found.elements) as e where e.organization_id is not null));
            unsettled := latchkey.not_as_wanted(found.elements);
        end if;
    end if;
    for place in 1 .. cardinality(organizations.ids) loop
        one := organizations.ids[place];
        if coalesce(jsonb_typeof(after[place]) not in ('array', 'null'), false)
           or (changed.places is not null and place = any (found.odd))
           or coalesce(one::text, '') = any (unsettled)
           or (is_any_told and exists (
               select from latchkey.mirror_findings f
               where f.organization_id = coalesce(one::text, '')))
        then
            perform latchkey.tell_findings(one, after[place], array(
                select e from unnest(case when changed.places is not null then found.elements end)
                    as e
                where e.organization_id::text is not distinct from one::text), failed);
        end if;
    end loop;
    if released is not null and is_any_told then
        perform latchkey.take_over(released);
    end if;
end
$$;

create or replace function latchkey.mirror_array(
    organization latchkey.api_keys.organization_id%type, before jsonb, after jsonb) returns void
language plpgsql set search_path = pg_catalog, pg_temp as $$
begin
    perform latchkey.mirror_arrays(
        row(array[organization])::latchkey.organization_list, array[before], array[after]);
end
$$;


-- --- Organizations, by statement ---

-- The arrays of a statement, id, before and after, in parts, so that no value holds all of them.
create function latchkey.mirror_rows(arrays refcursor) returns void
language plpgsql set search_path = pg_catalog, pg_temp as $$
declare
    most constant int := 256;
    bytes_most constant bigint := 4000000;
    part latchkey.organization_list;
    one public.organizations."organization_id"%type;
    before jsonb;
    after jsonb;
    befores jsonb[] := '{}';
    afters jsonb[] := '{}';
    bytes bigint := 0;
begin
    part.ids := '{}';
    loop
        fetch arrays into one, before, after;
        if found then
            part.ids := part.ids || one;
            bytes := bytes + coalesce(pg_column_size(before), 0) + coalesce(pg_column_size(after), 0);
            befores := befores || before;
            afters := afters || after;
            continue when cardinality(part.ids) < most and bytes < bytes_most;
        end if;
        exit when cardinality(part.ids) = 0;
        perform latchkey.mirror_arrays(part, befores, afters);
        part.ids := '{}';
        befores := '{}';
        afters := '{}';
        bytes := 0;
    end loop;
    close arrays;
end
$$;

-- All of them, as before.
create or replace function latchkey.mirror_all() returns void
language plpgsql set search_path = pg_catalog, pg_temp as $$
declare
    arrays refcursor;
begin
    lock table public.organizations in share row exclusive mode;
    open arrays for
        select o."organization_id", '[]'::jsonb, o."api_keys" from public.organizations o
        where o."api_keys" <> '[]' or exists (
            select from latchkey.mirror_findings f
            where f.organization_id = coalesce(o."organization_id"::text, ''));
    perform latchkey.mirror_rows(arrays);
end
$$;

-- The old service's role has rights on schema public alone: the triggers act with their owner's.
create function latchkey.mirror_inserted() returns trigger
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
    arrays refcursor;
begin
    open arrays for
        select "organization_id", '[]'::jsonb, "api_keys" from new_rows where "api_keys" <> '[]';
    perform latchkey.mirror_rows(arrays);
    return null;
end
$$;
create function latchkey.mirror_deleted() returns trigger
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
    arrays refcursor;
begin
    open arrays for
        select "organization_id", "api_keys", '[]'::jsonb from old_rows where "api_keys" <> '[]';
    perform latchkey.mirror_rows(arrays);
    return null;
end
$$;

-- What is large is compared later, where it is unpacked anyway.
create function latchkey.may_differ(before jsonb, after jsonb) returns boolean
language sql stable as $$
    select coalesce(pg_column_size(before) > 2000 and pg_column_size(after) > 2000, false)
        or record_image_ne(row(before), row(after))
$$;

-- Old and new rows come in the same order, whatever becomes of their ids. One that has no id any more
-- takes nothing along.
create function latchkey.mirror_updated() returns trigger
language plpgsql security definer
set search_path = pg_catalog, pg_temp set plan_cache_mode = force_generic_plan
set enable_nestloop = off set jit = off as $$
declare
    renames latchkey.renamed_organization[];
    arrays refcursor;
begin
    select array_agg((o."organization_id", n."organization_id")::latchkey.renamed_organization)
        into renames
        from (select row_number() over () as place, "organization_id" from old_rows) as o
        join (select row_number() over () as place, "organization_id" from new_rows) as n
            on n.place = o.place
        where o."organization_id"::text collate "C" <> n."organization_id"::text collate "C";
    if renames is not null then
        perform latchkey.follow_renames(renames);
    end if;

    open arrays for
        select c.id, c.before, c.after
        from (select row_number() over () as place, "organization_id", "api_keys" from old_rows) as o
        join (select row_number() over () as place, "organization_id", "api_keys" from new_rows) as n
            on n.place = o.place
        cross join lateral (
            select n."organization_id", o."api_keys", n."api_keys"
            where (o."organization_id" is null) = (n."organization_id" is null)
              and latchkey.may_differ(o."api_keys", n."api_keys")
            union all
            select o."organization_id", o."api_keys", '[]'
            where (o."organization_id" is null) <> (n."organization_id" is null)
            union all
            select n."organization_id", '[]', n."api_keys"
            where (o."organization_id" is null) <> (n."organization_id" is null)
        ) as c (id, before, after);
    perform latchkey.mirror_rows(arrays);
    return null;
end
$$;
create function latchkey.mirror_truncated() returns trigger
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
    update latchkey.api_keys
        set revoked_at = now(), revoked_reason = 'removed from organizations.api_keys'
        where origin = 'organization_array' and revoked_at is null;
    delete from latchkey.mirror_findings;
    return null;
end
$$;

-- Tokens name an organization by each id that it had.
create function latchkey.judge_organizations(active text[], inactive text[]) returns void
language plpgsql set search_path = pg_catalog, pg_temp as $$
begin
    perform latchkey.enable_organizations(latchkey.all_names(active));
    perform latchkey.disable_organizations(latchkey.all_names(inactive), 'infinity');
end
$$;
create or replace function latchkey.organizations_came() returns trigger
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
    active text[];
    inactive text[];
begin
    select array_agg("organization_id"::text) filter (where latchkey.is_active("status")),
           array_agg("organization_id"::text) filter (where latchkey.is_active("status") is not true)
        into active, inactive from new_rows;
    perform latchkey.forget_former(active || inactive);
    perform latchkey.judge_organizations(active, inactive);
    return null;
end
$$;
-- The old service updates its arrays often, and the status seldom.
create or replace function latchkey.organizations_judged() returns trigger
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
    active text[];
    inactive text[];
begin
    select array_agg(id) filter (where latchkey.is_active(status)),
           array_agg(id) filter (where latchkey.is_active(status) is not true)
        into active, inactive
        from (select "organization_id"::text, "status" from new_rows
              except select "organization_id"::text, "status" from old_rows) as changed (id, status);
    if active is null and inactive is null then
        return null;
    end if;
    perform latchkey.judge_organizations(active, inactive);
    perform latchkey.disable_organizations(array(
        select id from (select "organization_id"::text from old_rows
                        except select "organization_id"::text from new_rows) as left_ones (id)
        where not exists (select from latchkey.former_organizations f where f.former_id = id)),
        null);
    return null;
end
$$;
create or replace function latchkey.organizations_gone() returns trigger
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
    perform latchkey.disable_organizations(latchkey.all_names(
        array(select "organization_id"::text from old_rows)), null);
    return null;
end
$$;
create or replace function latchkey.organizations_emptied() returns trigger
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
    perform latchkey.disable_organizations(latchkey.all_names(
        array(select "organization_id"::text from public.organizations)), null);
    return null;
end
$$;

-- --- The same row by row, where no trigger of statements fires ---
--
-- Logical replication, sessions that replay, partitions that are written directly. What these write
-- in turn is told row by row as well. A row that is told twice does no harm.

create function latchkey.api_keys_row() returns trigger
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
    was_good boolean := false;
    is_good boolean := false;
begin
    if tg_op <> 'INSERT' then
        was_good := old.enabled and old.revoked_at is null;
    end if;
    if tg_op <> 'DELETE' then
        is_good := new.enabled and new.revoked_at is null;
    end if;
    perform latchkey.write_changes('api_keys', case tg_op
        when 'INSERT' then array[new.key_hash] when 'DELETE' then array[old.key_hash]
        else array(select distinct h from unnest(array[old.key_hash, new.key_hash]) as h) end, null);
    if tg_op = 'DELETE' or (tg_op = 'UPDATE' and was_good
                            and (not is_good or old.key_id <> new.key_id)) then
        perform latchkey.revoke_credentials('api_key', array[old.key_id], case tg_op
            when 'DELETE' then 'the key is deleted' else 'the key is revoked or disabled' end);
    end if;
    if is_good and (not was_good or old.key_id <> new.key_id) then
        perform latchkey.restore_credentials('api_key', array[new.key_id]);
    end if;
    return null;
end
$$;
create function latchkey.revocations_row() returns trigger
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
    if tg_op = 'INSERT' then
        perform latchkey.tell_revocations('+', array[new]);
    elsif tg_op = 'DELETE' then
        if current_setting('latchkey.pruning', true) is distinct from 'on' then
            perform latchkey.tell_revocations('-', array[old]);
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
create function latchkey.organizations_row() returns trigger
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
    renames latchkey.renamed_organization[];
    is_renamed boolean := false;
    is_judged boolean := true;
    old_id text;
    new_id text;
begin
    if tg_op <> 'INSERT' then
        old_id := old."organization_id";
    end if;
    if tg_op <> 'DELETE' then
        new_id := new."organization_id";
    end if;
    if tg_op = 'UPDATE' then
        is_renamed := coalesce(old_id collate "C" <> new_id collate "C", false);
        is_judged := old_id collate "C" is distinct from new_id collate "C"
                     or old."status"::text collate "C" is distinct from new."status"::text collate "C";
    end if;
    if is_judged then
        perform latchkey.write_changes('organizations', null, array(
            select distinct id from unnest(array[old_id, new_id]) as id where id is not null));
    end if;

    if is_renamed then
        renames := array[(old."organization_id", new."organization_id")::latchkey.renamed_organization];
        perform latchkey.follow_renames(renames);
    end if;
    if tg_op = 'UPDATE' and (old_id is null) = (new_id is null) then
        if latchkey.may_differ(old."api_keys", new."api_keys") then
            perform latchkey.mirror_array(new."organization_id", old."api_keys", new."api_keys");
        end if;
    else
        if tg_op <> 'INSERT' then
            perform latchkey.mirror_array(old."organization_id", old."api_keys", '[]');
        end if;
        if tg_op <> 'DELETE' then
            perform latchkey.mirror_array(new."organization_id", '[]', new."api_keys");
        end if;
    end if;

    if tg_op = 'INSERT' then
        perform latchkey.forget_former(array[new_id]);
    end if;
    if tg_op <> 'DELETE' and is_judged then
        perform latchkey.judge_organizations(
            case when latchkey.is_active(new."status") then array[new_id] end,
            case when latchkey.is_active(new."status") is not true then array[new_id] end);
    end if;
    if tg_op = 'DELETE' or (new_id is null and old_id is not null) then
        perform latchkey.disable_organizations(latchkey.all_names(array[old_id]), null);
    end if;
    return null;
end
$$;

create function latchkey.devices_row() returns trigger
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
    was_good boolean := false;
    is_good boolean := false;
    old_id text;
    new_id text;
begin
    if tg_op <> 'INSERT' then
        old_id := old.DEVICE_ID;
        was_good := coalesce(latchkey.is_active(old.STATUS) and old.revoked_at is null, false);
    end if;
    if tg_op <> 'DELETE' then
        new_id := new.DEVICE_ID;
        is_good := coalesce(latchkey.is_active(new.STATUS) and new.revoked_at is null, false);
    end if;
    if tg_op = 'UPDATE' then
        if latchkey.judged_columns(old) is not distinct from latchkey.judged_columns(new) then
            return null;
        end if;
    end if;
    perform latchkey.write_changes('devices', null, array(
        select distinct id from unnest(array[old_id, new_id]) as id where id is not null));
    if tg_op = 'DELETE' or (was_good and (not is_good or old_id is distinct from new_id)) then
        perform latchkey.revoke_credentials('device', array[old_id], case tg_op
            when 'DELETE' then 'the device is deleted'
            else 'the device is revoked or disabled' end);
    end if;
    if is_good and (not was_good or old_id is distinct from new_id) then
        perform latchkey.restore_credentials('device', array[new_id]);
    end if;
    return null;
end
$$;

-- --- Written back, where an operator wants it ---

-- Of these keys, those that Latchkey revoked and an array owns get "is_active": false in their
-- elements. Answers with how many elements it changed. To be called in a transaction of its own, after
-- the revocation's: the old service locks an organization before its keys.
create function latchkey.write_back(key_ids text[]) returns bigint
language plpgsql
set search_path = pg_catalog, pg_temp set plan_cache_mode = force_custom_plan as $$
declare
    one record;
    place_of tid;
    kept jsonb;
    written bigint := 0;
    here bigint;
begin
    for one in
        select k.organization_id as id, array_agg(encode(k.key_hash, 'hex')) as digits
        from latchkey.api_keys k
        where k.key_id = any (key_ids) and k.origin = 'organization_array'
          and k.revoked_at is not null
          and k.revoked_reason is distinct from 'removed from organizations.api_keys'
        group by k.organization_id order by k.organization_id::text
    loop
        -- An old table may have several rows with one id.
        for place_of, kept in
            select o.ctid, o."api_keys" from public.organizations o
            where o."organization_id" = one.id and jsonb_typeof(o."api_keys") = 'array'
            for no key update
        loop
            select count(*) filter (where is_to_do),
                   jsonb_agg(case when is_to_do then e || '{"is_active": false}' else e end
                             order by place)
                into here, kept
                from (select e, place,
                             coalesce(lower(e ->> 'key_hash')
                                          in (select d from unnest(one.digits) as d)
                                      and e -> 'is_active' is distinct from 'false', false)
                                 as is_to_do
                      from jsonb_array_elements(kept) with ordinality as a (e, place)) as elements;
            if here > 0 then
                update public.organizations o set "api_keys" = kept where o.ctid = place_of;
                written := written + here;
            end if;
        end loop;
    end loop;
    return written;
end
$$;

-- --- An id of a device, whatever its column is called ---

-- As before, where the column may be called as the parameter is.
create or replace function latchkey.claim_key_id(id text) returns boolean
language plpgsql set search_path = pg_catalog, pg_temp as $$
begin
    perform latchkey.lock_credential_ids(array[id]);
    if exists (select from public.device_credentials d
               where latchkey.device_key(d.DEVICE_ID::text)
                   = latchkey.device_key(claim_key_id.id)) then
        raise unique_violation using message = 'a device has the id ' || quote_literal(id);
    end if;
    return true;
end
$$;

-- --- Partitions ---
--
-- Row triggers are there for them, whoever is written to. TRUNCATE has one on each; attaching,
-- detaching and dropping one fires none, and is found by comparing.

create table latchkey.partitions (
    partition oid primary key,
    is_of_devices boolean not null
);
comment on table latchkey.partitions is
    'the partitions of the old tables whose rows are known; see latchkey.follow_partitions()';

-- The rows of this table are old tables' rows no more: told before they are gone, or when they are
-- still there elsewhere.
create function latchkey.lose_rows(of_table regclass, is_of_devices boolean) returns void
language plpgsql set search_path = pg_catalog, pg_temp as $$
declare
    arrays refcursor;
    ids text[];
begin
    if is_of_devices then
        execute format('select array_agg(DEVICE_ID::text) from %s', of_table) into ids;
        perform latchkey.revoke_credentials('device', ids, 'the device is deleted');
        perform latchkey.write_changes('devices', null, ids);
        return;
    end if;
    open arrays for execute format(
        'select "organization_id", "api_keys", ''[]''::jsonb from %s where "api_keys" <> ''[]''', of_table);
    perform latchkey.mirror_rows(arrays);
    execute format('select array_agg("organization_id"::text) from %s', of_table) into ids;
    perform latchkey.disable_organizations(latchkey.all_names(ids), null);
    perform latchkey.write_changes('organizations', null, ids);
end
$$;
create function latchkey.find_rows(of_table regclass, is_of_devices boolean) returns void
language plpgsql set search_path = pg_catalog, pg_temp as $$
declare
    arrays refcursor;
    good text[];
    bad text[];
begin
    if is_of_devices then
        execute format(
            'select array_agg(DEVICE_ID::text) filter (where latchkey.is_active(STATUS)'
            ' and revoked_at is null), array_agg(DEVICE_ID::text) from %s', of_table)
            into good, bad;
        perform latchkey.restore_credentials('device', good);
        perform latchkey.write_changes('devices', null, bad);
        return;
    end if;
    execute format(
        'select array_agg("organization_id"::text) filter (where latchkey.is_active("status")),'
        ' array_agg("organization_id"::text) filter (where latchkey.is_active("status") is not true)'
        ' from %s', of_table) into good, bad;
    perform latchkey.forget_former(good || bad);
    perform latchkey.judge_organizations(good, bad);
    open arrays for execute format(
        'select "organization_id", ''[]''::jsonb, "api_keys" from %s where "api_keys" <> ''[]''', of_table);
    perform latchkey.mirror_rows(arrays);
    perform latchkey.write_changes('organizations', null, good || bad);
end
$$;

create function latchkey.partition_truncated() returns trigger
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
    perform latchkey.lose_rows(tg_relid, tg_argv[0] = 'devices');
    return null;
end
$$;

-- Keys of organizations that went with a partition that was dropped.
create function latchkey.lose_orphans() returns void
language plpgsql set search_path = pg_catalog, pg_temp as $$
declare
    ids text[];
begin
    with orphans as (
        update latchkey.api_keys k
            set revoked_at = now(), revoked_reason = 'removed from organizations.api_keys'
            where k.origin = 'organization_array' and k.revoked_at is null
              and not exists (select from public.organizations o
                              where o."organization_id" = k.organization_id)
            returning k.organization_id::text as id)
    select array_agg(distinct id) into ids from orphans;
    perform latchkey.disable_organizations(latchkey.all_names(ids), null);
end
$$;

-- Does what partitions that came or went ask for. Answers with what it found; NULL: nothing. Of the
-- devices of one that was dropped, nobody knows the ids any more: they are not found from then on,
-- and tokens that were made from them live on to their end.
-- The first time, their rows are not read: a later step reads all that is there. One caller at a time.
create function latchkey.follow_partitions(is_first boolean default false) returns text
language plpgsql set search_path = pg_catalog, pg_temp as $$
declare
    one record;
    found_ones text[] := '{}';
    is_lost boolean := false;
begin
    perform pg_advisory_xact_lock(7021860473814);
    for one in
        select coalesce(n.partition, p.partition) as id, coalesce(n.is_of_devices, p.is_of_devices)
               as is_of_devices, n.partition is not null as is_there, n.is_leaf,
               c.oid is not null as exists
        from (select t.relid::oid as partition, false as is_of_devices, t.isleaf as is_leaf
              from pg_partition_tree('public.organizations') as t where t.level > 0
              union all
              select t.relid, true, t.isleaf
              from pg_partition_tree('public.device_credentials') as t where t.level > 0) as n
        full join latchkey.partitions p using (partition)
        left join pg_class c on c.oid = coalesce(n.partition, p.partition)
        where n.partition is null or p.partition is null
    loop
        if one.is_there then
            insert into latchkey.partitions values (one.id, one.is_of_devices);
            if not exists (select from pg_trigger where tgrelid = one.id
                           and tgname = 'latchkey_part_truncate') then
                execute format(
                    'create trigger latchkey_part_truncate before truncate on %s for each statement'
                    ' execute function latchkey.partition_truncated(%L)', one.id::regclass,
                    case when one.is_of_devices then 'devices' else 'organizations' end);
                execute format('alter table %s enable always trigger latchkey_part_truncate',
                               one.id::regclass);
            end if;
            if one.is_leaf and not is_first then
                perform latchkey.find_rows(one.id, one.is_of_devices);
            end if;
        else
            delete from latchkey.partitions where partition = one.id;
            is_lost := is_lost or not one.exists;
            if one.exists then
                execute format('drop trigger if exists latchkey_part_truncate on %s',
                               one.id::regclass);
                perform latchkey.lose_rows(one.id, one.is_of_devices);
            end if;
        end if;
        found_ones := found_ones || format('%s %s', case when one.is_there then 'attached'
            when one.exists then 'detached' else 'dropped' end, one.id::regclass);
    end loop;
    if is_lost then
        perform latchkey.lose_orphans();
    end if;
    if found_ones = '{}' then
        return null;
    end if;
    perform latchkey.write_changes('everything', null, null);
    return array_to_string(found_ones, ', ');
end
$$;

create function latchkey.partitions_may_differ() returns event_trigger
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
    perform latchkey.follow_partitions();
exception when others then
    raise warning 'partitions that came or went are not followed: %', sqlerrm;
end
$$;

-- --- Which of them fire for what ---

-- Statements tell by statement; what a replica applies and a replaying session writes, by row; a
-- partitioned table always by row, since its partitions are written directly as well. TRUNCATE and
-- what has no twin: always.
create function latchkey.wanted_triggers()
returns table (of_table regclass, trigger_name name, wanted "char")
language sql stable set search_path = pg_catalog, pg_temp as $$
    select t.tgrelid::regclass, t.tgname, (case
        when t.tgname ~ '^latchkey_row_'
        then case when c.relkind = 'p' or t.tgparentid <> 0 then 'A' else 'R' end
        when t.tgname ~ '^latchkey_(feed|tokens|mirror)_(insert|update|delete)$'
        then case c.relkind when 'p' then 'D' else 'O' end
        else 'A' end)::"char"
    from pg_trigger t join pg_class c on c.oid = t.tgrelid
    where not t.tgisinternal and t.tgname ~ '^latchkey_'
$$;

create function latchkey.set_triggers_of(one_table regclass) returns void
language plpgsql set search_path = pg_catalog, pg_temp as $$
declare
    one record;
begin
    for one in
        select w.trigger_name, case w.wanted when 'A' then 'enable always'
                   when 'R' then 'enable replica' when 'O' then 'enable' else 'disable' end as act
        from latchkey.wanted_triggers() w
        join pg_trigger t on t.tgrelid = w.of_table and t.tgname = w.trigger_name
        where w.of_table = one_table and t.tgenabled <> w.wanted
    loop
        execute format('alter table %s %s trigger %I', one_table, one.act, one.trigger_name);
    end loop;
end
$$;

create function latchkey.set_triggers() returns void
language plpgsql set search_path = pg_catalog, pg_temp as $$
declare
    one regclass;
begin
    for one in select distinct of_table from latchkey.wanted_triggers() loop
        perform latchkey.set_triggers_of(one);
    end loop;
end
$$;

-- Nobody calls these but the triggers and the owner.
do $$
declare
    one record;
begin
    for one in
        select oid::regprocedure as name from pg_catalog.pg_proc
        where pronamespace = 'latchkey'::regnamespace and proacl is null
    loop
        execute pg_catalog.format('revoke execute on function %s from public', one.name);
    end loop;
end
$$;

-- A writer's trigger never has one of these functions missing: when they are changed, none is at
-- work. One lock alone, last.
lock table public.organizations in share row exclusive mode;
create index mirror_findings_key_hash_idx on latchkey.mirror_findings (key_hash);

-- --- The tables, one at a time, and without a lock that a reader would wait for ---

-- step: triggers of organizations
-- Of a partitioned table they go first, since its partitions have them as well.
do $$
declare
    what text;
begin
    if (select relkind = 'p' from pg_catalog.pg_class
        where oid = 'public.organizations'::regclass)
    then
        foreach what in array array['insert', 'update', 'delete'] loop
            execute pg_catalog.format('drop trigger latchkey_mirror_%s on public.organizations',
                                      what);
        end loop;
    end if;
end
$$;
create or replace trigger latchkey_mirror_insert after insert on public.organizations
    referencing new table as new_rows
    for each statement execute function latchkey.mirror_inserted();
create or replace trigger latchkey_mirror_update after update on public.organizations
    referencing old table as old_rows new table as new_rows
    for each statement execute function latchkey.mirror_updated();
create or replace trigger latchkey_mirror_delete after delete on public.organizations
    referencing old table as old_rows
    for each statement execute function latchkey.mirror_deleted();
create or replace trigger latchkey_mirror_truncate after truncate on public.organizations
    for each statement execute function latchkey.mirror_truncated();
create trigger latchkey_row_change after insert or update or delete on public.organizations
    for each row execute function latchkey.organizations_row();
drop function latchkey.mirror_organization();
select latchkey.set_triggers_of('public.organizations');

-- step: triggers of devices
create trigger latchkey_row_change after insert or update or delete on public.device_credentials
    for each row execute function latchkey.devices_row();
select latchkey.set_triggers_of('public.device_credentials');

-- step: triggers of keys
create trigger latchkey_row_insert after insert on latchkey.api_keys
    for each row execute function latchkey.api_keys_row();
create trigger latchkey_row_delete after delete on latchkey.api_keys
    for each row execute function latchkey.api_keys_row();
create trigger latchkey_row_update after update on latchkey.api_keys
    for each row when (
        (old.key_hash, old.key_id, old.organization_id::text, old.name, old.external_id, old.scopes,
         old.metadata, old.expires_at, old.enabled, old.revoked_at, old.allowed_networks,
         old.rate_limit_quantity, old.rate_limit_window_s, old.rate_limit_burst)
        is distinct from
        (new.key_hash, new.key_id, new.organization_id::text, new.name, new.external_id, new.scopes,
         new.metadata, new.expires_at, new.enabled, new.revoked_at, new.allowed_networks,
         new.rate_limit_quantity, new.rate_limit_window_s, new.rate_limit_burst))
    execute function latchkey.api_keys_row();
select latchkey.set_triggers_of('latchkey.api_keys');

-- step: triggers of revocations
create trigger latchkey_row_insert after insert on latchkey.revocations
    for each row execute function latchkey.revocations_row();
create trigger latchkey_row_delete after delete on latchkey.revocations
    for each row execute function latchkey.revocations_row();
create trigger latchkey_row_update after update on latchkey.revocations
    for each row when (
        (old.kind, old.issuer, old.value, old.issued_before, old.expires_at, old.created_at,
         old.credential_kind)
        is distinct from
        (new.kind, new.issuer, new.value, new.issued_before, new.expires_at, new.created_at,
         new.credential_kind))
    execute function latchkey.revocations_row();
select latchkey.set_triggers_of('latchkey.revocations');

-- step: triggers of the feed
-- Rows that went before all have read them: whoever has anything cached drops it.
create trigger latchkey_feed_truncate after truncate on latchkey.changes
    for each statement execute function latchkey.table_truncated();
select latchkey.set_triggers_of('latchkey.changes');

-- step: other triggers
select latchkey.set_triggers();

-- step: partitions
select latchkey.follow_partitions(true);
do $$
begin
    -- Only a superuser may have it seen at once; else it is seen when follow_partitions() is called.
    if pg_catalog.current_setting('is_superuser') = 'on' and exists (
        select from pg_catalog.pg_class where relkind = 'p'
        and oid in ('public.organizations'::regclass, 'public.device_credentials'::regclass))
    then
        create event trigger latchkey_partitions on ddl_command_end
            when tag in ('ALTER TABLE', 'CREATE TABLE', 'DROP TABLE')
            execute function latchkey.partitions_may_differ();
    end if;
end
$$;
