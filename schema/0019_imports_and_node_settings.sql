-- Keys that come from elsewhere: imported by their hashes, or taken over from the older service's
-- arrays. And what each node is told by its configuration, where all nodes have to be told the same.

-- step: columns of keys
alter table latchkey.api_keys add column if not exists hint text;
alter table latchkey.api_keys add column adopted_at timestamptz;
comment on column latchkey.api_keys.adopted_at is
    'when Latchkey took the key over from public.organizations.api_keys, which owns it no more';

-- step: column of nodes
alter table latchkey.nodes add column settings jsonb;
comment on column latchkey.nodes.settings is
    'settings that must be the same on all nodes, as this one has them; NULL: an older release';

-- step: functions

-- --- Import ---

-- Stores those that are not there yet, or says with `only_try` what would become of them. An element
-- has `item`, the number by which the answer names it, and the columns of a key, `key_hash` in
-- hexadecimal digits. `became`: 'created'; 'exists': the organization has this key; and otherwise it
-- is not stored: 'other': another organization has it, 'repeated': an element before has its hash,
-- 'id': another key has its key_id, 'device': a device has it, 'organization': there is no such one,
-- 'busy': another writer was quicker. Values must be readable by their types.
create function latchkey.import_api_keys(given jsonb, only_try boolean)
returns table (of_item integer, became text, named text)
language plpgsql
set search_path = pg_catalog, pg_temp set plan_cache_mode = force_custom_plan set jit = off as $$
begin
    if not only_try then
        perform latchkey.lock_credential_ids(array(
            select e ->> 'key_id' from jsonb_array_elements(given) as e));
    end if;
    return query
    with asked as materialized (
        select r.*, decode(r.key_hash, 'hex') as hash
        from jsonb_to_recordset(given) as r (
            item integer, key_hash text, key_id text, organization_id text, name text,
            external_id text, scopes text[], metadata jsonb, allowed_networks inet[],
            enabled boolean, expires_at timestamptz, revoked_at timestamptz, revoked_reason text,
            created_at timestamptz, quantity bigint, window_s integer, burst bigint, hint text)),
    organizations as materialized (
        select d.asked, o."organization_id" as real
        from (select distinct organization_id as asked from asked) as d
        cross join lateral (
            select o."organization_id" from public.organizations o
            where latchkey.same_organization(o."organization_id", d.asked) limit 1) as o),
    judged as materialized (
        select a.*, o.real, k.key_id as known_id, case
                   when o.real is null then 'organization'
                   when k.organization_id::text = o.real::text then 'exists'
                   when k.key_id is not null then 'other'
                   when row_number() over (partition by a.hash order by a.item) > 1 then 'repeated'
                   when row_number() over (partition by a.key_id order by a.item) > 1
                        or exists (select from latchkey.api_keys o where o.key_id = a.key_id)
                   then 'id'
                   when exists (
                       select from public.device_credentials d
                       where latchkey.device_key(d.DEVICE_ID::text) = latchkey.device_key(a.key_id))
                   then 'device'
                   else 'created' end as outlook
        from asked a
        left join organizations o on o.asked = a.organization_id
        left join lateral (
            select n.key_id, n.organization_id from latchkey.api_keys n
            where n.key_hash = a.hash offset 0) as k on true),
    stored as (
        insert into latchkey.api_keys
            (key_hash, key_id, organization_id, name, external_id, scopes, metadata,
             allowed_networks, enabled, expires_at, revoked_at, revoked_reason, created_at,
             rate_limit_quantity, rate_limit_window_s, rate_limit_burst, hint)
        select j.hash, j.key_id, j.real, j.name, j.external_id, j.scopes, j.metadata,
               j.allowed_networks, j.enabled, j.expires_at, j.revoked_at, j.revoked_reason,
               coalesce(j.created_at, now()), j.quantity, j.window_s, j.burst, j.hint
        from judged j where j.outlook = 'created' and not only_try
        order by j.key_id
        on conflict do nothing
        returning key_hash)
    select j.item, case when j.outlook = 'created' and not only_try and s.key_hash is null
                        then 'busy' else j.outlook end, coalesce(j.known_id, j.key_id)
    from judged j left join stored s on s.key_hash = j.hash and j.outlook = 'created'
    order by j.item;
end
$$;

-- --- Adoption ---

-- Takes over the keys that an array owns, of one organization or of all (NULL): at most so many, in
-- the order of their key_id, behind `after_id` (NULL: from the first). Keys that were taken out of an
-- array stay with it. Scopes that begin with "latchkey:" count only on keys that operators gave them
-- to, and stay behind. `is_busy`: a writer has it, and nothing was done: nobody waits for anybody.
create function latchkey.adopt_api_keys(
    organization text, after_id text, most integer, only_try boolean)
returns table (named text, of_hash bytea, stripped text[], is_busy boolean)
language plpgsql security definer
set search_path = pg_catalog, pg_temp set plan_cache_mode = force_custom_plan as $$
declare
    page constant text[] := array(
        select k.key_id from latchkey.api_keys k
        where k.origin = 'organization_array' and k.key_id > coalesce(after_id, '')
          and k.revoked_reason is distinct from 'removed from organizations.api_keys'
          and (organization is null or k.organization_id::text = organization)
        order by k.key_id limit most);
    held text[];
begin
    if only_try then
        return query
            select k.key_id, k.key_hash, array(
                       select s from unnest(k.scopes) as s where left(s, 9) = 'latchkey:'), false
            from latchkey.api_keys k where k.key_id = any (page) order by k.key_id;
        return;
    end if;
    held := array(
        select k.key_id from latchkey.api_keys k
        where k.key_id = any (page) and k.origin = 'organization_array'
        order by k.key_id for no key update skip locked);
    return query
        with before as materialized (
            select k.key_id, k.key_hash, k.scopes from latchkey.api_keys k
            where k.key_id = any (held)),
        adopted as (
            update latchkey.api_keys k
            set origin = 'latchkey', adopted_at = now(), scopes = array(
                select u.s from unnest(k.scopes) with ordinality as u (s, n)
                where left(u.s, 9) <> 'latchkey:' order by u.n)
            where k.key_id = any (held)),
        mended as (
            delete from latchkey.mirror_findings f using before b
            where f.key_hash = b.key_hash
              and f.code in ('unreadable', 'key_id_taken', 'key_id_unusable'))
        select p.id, b.key_hash, array(
                   select s from unnest(b.scopes) as s where left(s, 9) = 'latchkey:'),
               b.key_id is null
        from unnest(page) as p (id) left join before b on b.key_id = p.id order by p.id;
end
$$;

-- --- The mirror leaves them alone ---

-- Makes `mirror_findings` tell of `after` as it is now. `elements` were just written, and `failed`
-- among them could not be; what is known of the others stays, at their present places. Warns of
-- what is new. An adopted key's element is a finding only where the key may do more than it says.
create or replace function latchkey.tell_findings(
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
               k.organization_id = organization as is_theirs, k.origin, k.adopted_at,
               k.enabled and k.revoked_at is null
                   and (not w.enabled or not k.scopes <@ w.scopes
                        or coalesce(k.expires_at, 'infinity') > coalesce(w.expires_at, 'infinity'))
                   as allows_more,
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
                 when w.adopted_at is not null then case when w.allows_more then 'adopted' end
                 when w.origin <> 'organization_array' then 'of_latchkey' end,
            case when organization is null then 'its organization has no organization_id'
                 when not w.is_there then 'it cannot be stored'
                 when not w.is_theirs then 'another organization has this key'
                 when w.adopted_at is not null
                 then 'this key was adopted and is changed by Latchkey, where it may do more than '
                      'the element says'
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

-- For the owner, and for the roles of servers: those that may prune.
revoke execute on function
    latchkey.import_api_keys(jsonb, boolean),
    latchkey.adopt_api_keys(text, text, integer, boolean) from public;
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
        execute 'grant execute on function latchkey.import_api_keys(jsonb, boolean),'
                ' latchkey.adopt_api_keys(text, text, integer, boolean) to ' || server;
    end loop;
end
$$;
