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

-- The organization that is meant, as the column's type reads its id; no row: there is no such one.
create function latchkey.organization_named(given text) returns setof public.organizations
language plpgsql stable set search_path = pg_catalog, pg_temp as $$
declare
    one public.organizations."organization_id"%type;
begin
    begin
        one := given;
    exception when data_exception or integrity_constraint_violation then
        return; -- No id of the column's type.
    end;
    return query select o.* from public.organizations o
        where latchkey.same_organization(o."organization_id", one) limit 1;
end
$$;

-- Stores those that are not there yet, or says with `only_try` what would become of them. An element
-- has `item`, the number by which the answer names it, and the columns of a key, `key_hash` in
-- hexadecimal digits. `became`: 'created'; 'exists': the organization has this key; and otherwise it
-- is not stored: 'other': another organization has it, 'former': a
-- rotation has replaced this secret, 'repeated': an element before has its hash,
-- 'id': another key has its key_id, 'device': a device has it, 'organization': there is no such one,
-- 'busy': another writer was quicker. Values must be readable by their types.
create function latchkey.try_import_api_keys(given jsonb, only_try boolean)
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
        cross join lateral latchkey.organization_named(d.asked) as o),
    known as materialized (
        select a.*, o.real, k.key_id as known_id, case
                   when o.real is null then 'organization'
                   when k.organization_id::text = o.real::text then 'exists'
                   when k.key_id is not null then 'other'
                   when exists (select from latchkey.former_key_hashes f where f.key_hash = a.hash)
                   then 'former'
                   when exists (select from latchkey.api_keys o where o.key_id = a.key_id) then 'id'
                   when exists (
                       select from public.device_credentials d
                       where latchkey.device_key(d.DEVICE_ID::text) = latchkey.device_key(a.key_id))
                   then 'device' end as found
        from asked a
        left join organizations o on o.asked = a.organization_id
        left join lateral (
            select n.key_id, n.organization_id from latchkey.api_keys n
            where n.key_hash = a.hash offset 0) as k on true),
    -- Of one that is not stored, an element behind it is no repetition.
    first_ones as materialized (
        select k.*, k.found is null and row_number() over (
                   partition by k.hash, k.found is null order by k.item) > 1 as is_repeated
        from known k),
    judged as materialized (
        select f.*, case
                   when f.found is not null then f.found
                   when f.is_repeated then 'repeated'
                   when row_number() over (partition by f.key_id, f.found is null and not f.is_repeated
                                           order by f.item) > 1 then 'id'
                   else 'created' end as outlook
        from first_ones f),
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
-- Another writer may give a key one of these hashes, or rotate one away, at the same moment: nothing is
-- stored then.
create function latchkey.import_api_keys(given jsonb, only_try boolean)
returns table (of_item integer, became text, named text)
language plpgsql set search_path = pg_catalog, pg_temp as $$
begin
    return query select t.* from latchkey.try_import_api_keys(given, only_try) as t;
exception when unique_violation then
    return query
        select t.of_item, case t.became when 'created' then 'busy' else t.became end, t.named
        from latchkey.try_import_api_keys(given, true) as t;
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
            -- A writer of its array that has one of them waits for the key, perhaps.
            delete from latchkey.mirror_findings f where f.ctid = any (array(
                select o.ctid from latchkey.mirror_findings o
                where o.key_hash = any (array(select b.key_hash from before b))
                  and o.code in ('unreadable', 'key_id_taken', 'key_id_unusable')
                for update skip locked)))
        select p.id, b.key_hash, array(
                   select s from unnest(b.scopes) as s where left(s, 9) = 'latchkey:'),
               b.key_id is null
        from unnest(page) as p (id) left join before b on b.key_id = p.id order by p.id;
end
$$;

-- --- The mirror leaves them alone ---

-- An adopted key's element is a finding only where the key may do more than the element says.
do $$
declare
    one record;
    whole text := pg_catalog.pg_get_functiondef('latchkey.tell_findings'::regproc);
begin
    for one in
        select * from (values
            (' as is_theirs, k.origin,',
             ' as is_theirs, k.origin, k.adopted_at, k.enabled and k.revoked_at is null'
             ' and (not w.enabled or not k.scopes <@ w.scopes'
             ' or coalesce(k.expires_at, ''infinity'') > coalesce(w.expires_at, ''infinity''))'
             ' as allows_more,'),
            ('when w.origin <> ''organization_array'' then ''of_latchkey'' end,',
             'when w.adopted_at is not null then case when w.allows_more then ''adopted'' end'
             ' when w.origin <> ''organization_array'' then ''of_latchkey'' end,'),
            ('then ''another organization has this key''',
             'then ''another organization has this key'' when w.adopted_at is not null'
             ' then ''this key was adopted and is changed by Latchkey, where it may do more than'
             ' the element says''')) as e (before, after)
    loop
        if pg_catalog.strpos(whole, one.before) = 0 then
            raise exception 'latchkey.tell_findings is not as it was';
        end if;
        whole := pg_catalog.replace(whole, one.before, one.after);
    end loop;
    execute whole;
end
$$;

-- With their callers' rights: who may make a key or read an organization anyway needs no more.
grant execute on function
    latchkey.organization_named(text), latchkey.try_import_api_keys(jsonb, boolean) to public;
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
