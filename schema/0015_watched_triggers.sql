-- Whether the feed is told of what changes: the triggers that were made, in the state that they have to
-- have. They can be dropped, or switched off, and a restored dump may bring them back in another state.

-- By name, since a restored dump gives them other numbers. Those of partitions follow their tables.
create table latchkey.expected_triggers (
    of_table text collate "C",
    trigger_name text collate "C",
    definition text not null,
    primary key (of_table, trigger_name)
);
comment on table latchkey.expected_triggers is
    'without these, changes would not be seen: no node is ready while one is missing or switched off';
insert into latchkey.expected_triggers
    select pg_catalog.format('%I.%I', n.nspname, c.relname), t.tgname,
           pg_catalog.pg_get_triggerdef(t.oid)
    from pg_catalog.pg_trigger t
    join pg_catalog.pg_class c on c.oid = t.tgrelid
    join pg_catalog.pg_namespace n on n.oid = c.relnamespace
    where not t.tgisinternal and t.tgname ~ '^latchkey_' and not c.relispartition;

-- Since when changes were not told, as far as anybody saw. It stays until all is read anew, though the
-- triggers may be there again.
alter table latchkey.feed_state add column untold_since timestamptz;

create function latchkey.wrong_triggers() returns text
language sql stable set search_path = pg_catalog, pg_temp as $$
    select string_agg(format('%s on %s is %s', w.name, w.of_table, w.state), ', '
                      order by w.of_table, w.name)
    from (
        select e.of_table, e.trigger_name as name, 'missing' as state
        from latchkey.expected_triggers e
        where not exists (
            select from pg_trigger t
            where t.tgrelid = to_regclass(e.of_table) and t.tgname = e.trigger_name)
        union all
        select w.of_table::text, w.trigger_name,
               case t.tgenabled when 'D' then 'switched off' else 'in another state' end
        from latchkey.wanted_triggers() w
        join pg_trigger t on t.tgrelid = w.of_table and t.tgname = w.trigger_name
        where t.tgenabled <> w.wanted) as w
$$;

-- Partitions that came or went and are not followed yet.
create function latchkey.strange_partitions() returns setof oid
language sql stable set search_path = pg_catalog, pg_temp as $$
    select coalesce(n.partition, p.partition)
    from (select relid::oid as partition from pg_partition_tree('public.organizations')
          where level > 0
          union all
          select relid from pg_partition_tree('public.device_credentials') where level > 0) as n
    full join latchkey.partitions p using (partition)
    where n.partition is null or p.partition is null
$$;

-- Follows them where that is done at once: they are small, and nobody has locked them.
create function latchkey.follow_small_partitions() returns void
language plpgsql set search_path = pg_catalog, pg_temp set lock_timeout = '40ms' as $$
declare
    one regclass;
    rows_there bigint;
begin
    for one in select c.oid from latchkey.strange_partitions() as s join pg_class c on c.oid = s loop
        execute format('select count(*) from (select from %s limit 1001) as counted', one)
            into rows_there;
        if rows_there > 1000 then
            return;
        end if;
    end loop;
    perform latchkey.follow_partitions();
exception
    when lock_not_available or insufficient_privilege then
        null;
end
$$;

-- What keeps changes from being told; NULL: nothing. Notes that it is so, with the rights of the owner.
create function latchkey.trigger_problem() returns text
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
    wrong constant text := latchkey.wrong_triggers();
    since timestamptz;
    strange text;
begin
    if wrong is not null then
        if current_setting('transaction_read_only') = 'off' then
            update latchkey.feed_state set untold_since = now() where untold_since is null;
        end if;
        return wrong;
    end if;
    select untold_since into since from latchkey.feed_state;
    if since is not null then
        return format('triggers were missing or switched off, seen at %s UTC, and what changed '
                      'meanwhile is not known',
                      to_char(since at time zone 'UTC', 'YYYY-MM-DD HH24:MI:SS'));
    end if;
    if exists (select from latchkey.strange_partitions()) then
        if current_setting('transaction_read_only') = 'off' then
            perform latchkey.follow_small_partitions();
        end if;
        select string_agg(coalesce(c.oid::regclass::text, 'one that was dropped'), ', ') into strange
            from latchkey.strange_partitions() as s left join pg_class c on c.oid = s;
    end if;
    return 'partitions came or went: ' || strange;
end
$$;

-- What changed while nobody was told of it: arrays, which organizations and devices are active.
create function latchkey.read_anew() returns void
language plpgsql set search_path = pg_catalog, pg_temp as $$
declare
    good text[];
    bad text[];
begin
    perform latchkey.mirror_all();
    with there as materialized (
        select distinct o."organization_id"::text as id, lower(e ->> 'key_hash') as digits
        from public.organizations o cross join lateral jsonb_array_elements(
            case jsonb_typeof(o."api_keys") when 'array' then o."api_keys" else '[]' end) as e)
    update latchkey.api_keys k
        set revoked_at = now(), revoked_reason = 'removed from organizations.api_keys'
        where k.origin = 'organization_array' and k.revoked_at is null
          and not exists (select from there t where t.id = k.organization_id::text
                          and t.digits = encode(k.key_hash, 'hex'));

    select array_agg("organization_id"::text) filter (where latchkey.is_active("status")),
           array_agg("organization_id"::text) filter (where latchkey.is_active("status") is not true)
        into good, bad from public.organizations;
    perform latchkey.judge_organizations(good, bad);
    select array_agg(DEVICE_ID::text) filter (where latchkey.is_active(STATUS)
                                              and revoked_at is null),
           array_agg(DEVICE_ID::text) filter (where latchkey.is_active(STATUS) is not true
                                              or revoked_at is not null)
        into good, bad from public.device_credentials;
    perform latchkey.restore_credentials('device', good);
    perform latchkey.revoke_credentials('device', bad, 'the device is revoked or disabled');
    perform latchkey.write_changes('everything', null, null);
    update latchkey.feed_state set untold_since = null;
end
$$;

-- As before; besides, those that are missing are made again, and what changed meanwhile is read.
create or replace function latchkey.set_triggers() returns void
language plpgsql set search_path = pg_catalog, pg_temp as $$
declare
    one record;
    is_any boolean := exists (
        select from latchkey.feed_state where untold_since is not null);
begin
    for one in
        select e.definition as act from latchkey.expected_triggers e
        where to_regclass(e.of_table) is not null and not exists (
            select from pg_trigger t
            where t.tgrelid = to_regclass(e.of_table) and t.tgname = e.trigger_name)
    loop
        execute one.act;
        is_any := true;
    end loop;
    is_any := is_any or exists (
        select from latchkey.wanted_triggers() w
        join pg_trigger t on t.tgrelid = w.of_table and t.tgname = w.trigger_name
        where t.tgenabled <> w.wanted);
    for one in select distinct of_table from latchkey.wanted_triggers() loop
        perform latchkey.set_triggers_of(one.of_table);
    end loop;
    if is_any then
        perform latchkey.read_anew();
    end if;
end
$$;
revoke execute on function
    latchkey.read_anew(), latchkey.wrong_triggers(), latchkey.strange_partitions(),
    latchkey.follow_small_partitions() from public;

-- --- Revoked here, and told to the older service ---

-- Revokes a key as the server does, and sets `is_active` of its array's element to false. First the
-- organization is locked, and then its key: so do the older service's writers.
create function latchkey.revoke_writing_back(of_key_id text, why text)
returns setof latchkey.api_keys
language plpgsql set search_path = pg_catalog, pg_temp as $$
begin
    perform from public.organizations o
        where o."organization_id" in (
            select k.organization_id from latchkey.api_keys k
            where k.key_id = of_key_id and k.origin = 'organization_array')
        for no key update;
    return query
        update latchkey.api_keys k
        set revoked_at = coalesce(k.revoked_at, now()),
            revoked_reason = case
                when k.revoked_at is null
                     or k.revoked_reason = 'removed from organizations.api_keys' then why
                else k.revoked_reason end
        where k.key_id = of_key_id
        returning k.*;
    perform latchkey.write_back(array[of_key_id]);
end
$$;

-- For the owner, and for the roles of servers: those that may prune.
revoke execute on function
    latchkey.trigger_problem(), latchkey.revoke_writing_back(text, text),
    latchkey.write_back(text[]) from public;
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
        execute 'grant execute on function latchkey.trigger_problem(),'
                ' latchkey.revoke_writing_back(text, text), latchkey.write_back(text[]) to ' || server;
    end loop;
end
$$;
