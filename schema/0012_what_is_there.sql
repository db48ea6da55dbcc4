-- What is in the old tables already: the arrays of keys, and which organizations are not active. The
-- triggers are there by now, so that what changes meanwhile is mirrored by them.
--
-- In batches, each a transaction of its own that holds few rows for a few hundredths of a second: an
-- organization's row is locked while a part of its array is mirrored, in the order of the hashes,
-- and a writer that has locked it is not waited for. What is done is noted in the same transaction.

-- As it is built now; earlier releases built it without.
-- step: a short list in the index on api_keys
do $$
declare
    one regclass;
begin
    for one in
        select c.oid::regclass from pg_catalog.pg_class c
        where c.relkind = 'i'
          and not coalesce(c.reloptions @> array['gin_pending_list_limit=256'], false)
          and c.oid in (
              select coalesce(t.relid, i.indexrelid) from pg_catalog.pg_index i
              join pg_catalog.pg_class n on n.oid = i.indexrelid
              left join lateral pg_catalog.pg_partition_tree(n.oid) as t on true
              where i.indrelid = 'public.organizations'::regclass
                and n.relname = 'organizations_api_keys_idx')
    loop
        execute pg_catalog.format('alter index %s set (gin_pending_list_limit = 256)', one);
    end loop;
end
$$;

-- step: list
create table latchkey.mirror_backlog as
    select distinct "organization_id" as organization_id from public.organizations;
alter table latchkey.mirror_backlog
    add column place bigint generated always as identity primary key,
    add column after_hash text,
    add column turn integer not null default 0,
    add column odd boolean not null default false,
    add column finished boolean not null default false;
create index mirror_backlog_turn_idx on latchkey.mirror_backlog (turn, place) where not finished;

-- The rows of an organization; an old table may have several, and some without an id. They stay
-- locked. Not `patient`: none of those that somebody has locked.
create function latchkey.backlog_rows(
    organization public.organizations."organization_id"%type, patient boolean)
returns setof public.organizations
language plpgsql set search_path = pg_catalog, pg_temp as $$
begin
    if organization is null then
        return query select o.* from public.organizations o
            where o."organization_id" is null for no key update;
    elsif patient then
        return query select o.* from public.organizations o
            where latchkey.same_organization(o."organization_id", organization) for no key update;
    else
        return query select o.* from public.organizations o
            where latchkey.same_organization(o."organization_id", organization)
            for no key update skip locked;
    end if;
end
$$;

-- Whether the tokens that name it are good.
create function latchkey.backlog_status(organization text, active boolean) returns void
language plpgsql set search_path = pg_catalog, pg_temp as $$
begin
    if active = exists (
        select from latchkey.revocations
        where kind = 'disabled_organization' and issuer = '' and value = organization collate "C"
          and (active or expires_at = 'infinity'))
    then
        if active then
            perform latchkey.enable_organizations(array[organization]);
        else
            perform latchkey.disable_organizations(array[organization], 'infinity');
        end if;
    end if;
end
$$;

-- An array's elements with the texts that parts are made by.
create function latchkey.backlog_elements(array_of_keys jsonb)
returns table (element jsonb, place bigint, hash text)
language sql immutable set search_path = pg_catalog, pg_temp as $$
    select e, place, coalesce(lower(e ->> 'key_hash'), '') collate "C"
    from latchkey.array_elements(array_of_keys) with ordinality as a (e, place)
$$;

-- A part of an organization's arrays: the next elements, about `size` of them, in the order of their
-- hashes. Where it ends is looked for before anything is locked.
create function latchkey.backlog_part(
    given latchkey.mirror_backlog, size integer, patient boolean,
    out locked boolean, out mirrored integer, out is_last boolean)
language plpgsql set search_path = pg_catalog, pg_temp as $$
declare
    began_after constant text := coalesce(given.after_hash, '');
    is_first constant boolean := given.after_hash is null;
    hashes text[];
    bound text;
    kept public.organizations[];
    one public.organizations;
    part jsonb;
    total bigint;
begin
    hashes := array(
        select distinct e.hash
        from public.organizations o cross join lateral latchkey.backlog_elements(o."api_keys") as e
        where latchkey.same_organization(o."organization_id", given.organization_id)
          and e.hash > began_after order by 1 limit size);
    mirrored := cardinality(hashes);
    is_last := mirrored < size or given.organization_id is null;
    bound := hashes[mirrored];

    kept := array(select r from latchkey.backlog_rows(given.organization_id, patient) as r);
    select count(*) into total from public.organizations o
        where latchkey.same_organization(o."organization_id", given.organization_id);
    locked := cardinality(kept) < total;
    if locked then
        return;
    end if;
    foreach one in array kept loop
        part := (select jsonb_agg(e.element order by e.place)
                 from latchkey.backlog_elements(one."api_keys") as e
                 where (e.hash > began_after or is_first) and (e.hash <= bound or is_last));
        if part is not null then
            perform latchkey.mirror_array(one."organization_id", '[]', part);
        end if;
        -- A finding names a place in the whole array.
        given.odd := given.odd
            or coalesce(jsonb_typeof(one."api_keys"), 'null') not in ('array', 'null') or exists (
            select from latchkey.mirror_findings f
            where f.organization_id = coalesce(one."organization_id"::text, ''));
    end loop;
    if is_last and given.odd then
        foreach one in array kept loop
            perform latchkey.mirror_array(one."organization_id", '[]', one."api_keys");
        end loop;
    end if;
    if is_last and given.organization_id is not null and kept <> '{}' then
        perform latchkey.backlog_status(given.organization_id::text, (
            select bool_and(latchkey.is_active(k."status") is true) from unnest(kept) as k));
    end if;
    update latchkey.mirror_backlog
        set finished = is_last, after_hash = coalesce(bound, ''), odd = given.odd
        where place = given.place;
end
$$;

-- Some more of it: about `size` elements, and no new organization after a fortieth of a second.
-- `patient`: waits for what others have locked, instead of passing it over. Answers with how many
-- organizations are finished by it, whether anything was done, and whether there is more to do. No
-- warnings: `latchkey migrate` lists the findings at the end.
create function latchkey.mirror_some(
    size integer, patient boolean, out done bigint, out moved boolean, out more boolean)
language plpgsql
set search_path = pg_catalog, pg_temp set client_min_messages = error as $$
declare
    began constant timestamptz := clock_timestamp();
    budget integer := size;
    first_turn integer;
    next latchkey.mirror_backlog;
    part record;
begin
    done := 0;
    moved := false;
    more := true;
    while budget > 0 and clock_timestamp() < began + interval '25 ms' loop
        select b.* into next from latchkey.mirror_backlog b
            where not finished order by turn, place limit 1;
        if not found then
            -- An organization may have got another id meanwhile.
            insert into latchkey.mirror_backlog (organization_id)
                select "organization_id" from public.organizations
                except select organization_id from latchkey.mirror_backlog;
            more := found;
            moved := true;
            exit;
        end if;
        first_turn := coalesce(first_turn, next.turn);
        exit when next.turn > first_turn;
        part := latchkey.backlog_part(next, budget, patient);
        if part.locked then
            update latchkey.mirror_backlog set turn = turn + 1 where place = next.place;
        else
            moved := true;
            done := done + part.is_last::integer;
        end if;
        budget := budget - greatest(part.mirrored, 1);
    end loop;
end
$$;

revoke execute on function
    latchkey.backlog_rows, latchkey.backlog_status(text, boolean), latchkey.backlog_part,
    latchkey.backlog_elements(jsonb),
    latchkey.mirror_some(integer, boolean) from public;

-- step: what is there, in batches
-- of: select count(*) from latchkey.mirror_backlog where not finished
select done, moved, more from latchkey.mirror_some($1, $2)

-- step: no more of it
drop function latchkey.mirror_some(integer, boolean), latchkey.backlog_part,
              latchkey.backlog_elements(jsonb), latchkey.backlog_status(text, boolean),
              latchkey.backlog_rows;
drop table latchkey.mirror_backlog;
