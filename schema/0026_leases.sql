-- Limits that hold for all nodes together: a node takes a part of what a window allows, spends it without
-- asking, and gives back what it does not need.

-- step: tables and functions
-- What was given of a limit in one window. Unlogged: after a crash or a promotion they are empty, and
-- nothing is given before the next window begins.
create unlogged table latchkey.lease_windows (
    name bytea not null,                -- 16 bytes, by which nodes name a limit and whom it counts
    number bigint not null,             -- windows since 1970
    ends_at timestamptz not null,
    given bigint not null,              -- what nodes hold or have spent
    granted bigint not null,            -- by the last request
    wanted_by text collate "C",         -- who asked last for more than there was
    wanted_at timestamptz,
    -- Of the last request, for the arithmetic of on conflict.
    most bigint not null,
    asked bigint not null,
    returned bigint not null,
    taken bigint not null,
    needed bigint not null,
    primary key (name, number)
) with (fillfactor = 70);
create index lease_windows_ends_at_idx on latchkey.lease_windows (ends_at);
comment on table latchkey.lease_windows is
    'what was given to nodes of limits of scope "fleet", by windows of this database''s time';

-- The last answer to each process, which it gets again if it repeats the request.
create unlogged table latchkey.lease_answers (
    instance text collate "C" primary key,
    seq bigint not null,
    at timestamptz not null,
    answer jsonb not null
);

-- The life of the database in which these tables have been filled.
create unlogged table latchkey.lease_life (
    only_one boolean primary key default true check (only_one),
    life text collate "C" not null,
    began_at timestamptz not null
);

create function latchkey.this_life() returns text
language sql stable set search_path = pg_catalog, pg_temp as $$
    select coalesce(latchkey.current_era(), 'none') || ' ' ||
           extract(epoch from pg_postmaster_start_time())::text
$$;
-- Nothing has been given so far in a database that gets these tables.
insert into latchkey.lease_life (life, began_at) values (latchkey.this_life(), '-infinity');

-- In another life (after a crash, a promotion, a restart or a restored copy) nobody knows what was given
-- before. Which one this is, and when it began. It stays so until the transaction ends, as far as these tables
-- are concerned.
create function latchkey.lease_life_began(out life text, out began timestamptz)
language plpgsql set search_path = pg_catalog, pg_temp as $$
declare
    here constant text := latchkey.this_life();
begin
    if exists (select from latchkey.lease_life l where l.life = here) then
        perform pg_advisory_xact_lock_shared(7021860473826);
    else
        perform pg_advisory_xact_lock(7021860473826);
        if not exists (select from latchkey.lease_life l where l.life = latchkey.this_life()) then
            truncate latchkey.lease_windows, latchkey.lease_answers;
            insert into latchkey.lease_life (life, began_at)
                values (latchkey.this_life(), clock_timestamp())
                on conflict (only_one) do update set life = excluded.life, began_at = excluded.began_at;
        end if;
    end if;
    select l.life || ' ' || extract(epoch from l.began_at)::text, l.began_at into life, began
        from latchkey.lease_life l;
    if life is null or not exists (select from latchkey.lease_life l where l.life = latchkey.this_life()) then
        raise serialization_failure using message = 'another life of the database begins: ask again';
    end if;
end
$$;

-- How much of what is left one node gets at once: of the last parts less, so that no node holds them
-- while others go without. But what questions wait for, if it is there.
create function latchkey.lease_part(asked bigint, needed bigint, rest bigint, holders bigint) returns bigint
language sql immutable set search_path = pg_catalog, pg_temp as $$
    select greatest(0, least(asked, rest, case when holders > 1
                                          then greatest(1, needed, rest / (2 * holders)) end))
$$;

-- What no node asks about any more: more of it than one request can add, so that it never grows.
create function latchkey.prune_leases(rows_max integer) returns void
language plpgsql set search_path = pg_catalog, pg_temp as $$
begin
    delete from latchkey.lease_windows w where (w.name, w.number) in (
        select o.name, o.number from latchkey.lease_windows o
        where o.ends_at < clock_timestamp() - interval '1 minute'
        order by o.ends_at limit rows_max for update skip locked);
    delete from latchkey.lease_answers a where a.instance in (
        select o.instance from latchkey.lease_answers o where o.at < clock_timestamp() - interval '1 day'
        limit 10 for update skip locked);
end
$$;

-- One request of a process. Place by place: the name, how long the window is in seconds, its number (NULL:
-- the present one), the limit, how much is asked for, how much of it questions wait for, given back, and was taken
-- unasked while the database was away. The same number of a request again gives the same answer and does nothing. `of_life` is the
-- life that the process knows: what it gives back of another's leases was never given here.
-- The answer: {"now": microseconds, "nodes": how many have asked of late, "life": text, "windows": [[number, granted,
-- rest, state], …]}; state 0: good, 1: others want more, 2: unknown here, what was given before this life
-- of the database began, 3: the window is over, or begins in more than two seconds. Since a window is leased two
-- seconds ahead at most, what may have been given of one before this life is given by nobody here.
create function latchkey.lease(
    by_instance text, request bigint, of_life text, names bytea[], seconds integer[], numbers bigint[],
    most bigint[], asked bigint[], needed bigint[], returned bigint[], taken bigint[])
returns jsonb
language plpgsql security definer
set search_path = pg_catalog, pg_temp set plan_cache_mode = force_custom_plan as $$
declare
    began timestamptz;
    known record;
    at timestamptz;
    nodes bigint;
    answered jsonb;
    life text;
    lead constant interval := '2 s';
begin
    select l.life, l.began into life, began from latchkey.lease_life_began() as l;
    insert into latchkey.lease_answers (instance, seq, at, answer)
        values (by_instance, request - 1, clock_timestamp(), '{}')
        on conflict (instance) do nothing;
    select * into known from latchkey.lease_answers where instance = by_instance for update;
    if known.seq = request then
        return known.answer || jsonb_build_object(
            'now', (extract(epoch from clock_timestamp()) * 1000000)::bigint);
    elsif known.seq > request then
        raise exception 'request % of % came after request %', request, by_instance, known.seq
            using errcode = 'invalid_parameter_value';
    end if;
    at := clock_timestamp();
    nodes := (select count(*) from latchkey.lease_answers a where a.at > clock_timestamp() - interval '5 s'
                                                              and a.instance <> by_instance) + 1;
    with given as (
        select e.place, e.name, e.most, e.asked, e.needed, e.taken, w.present,
               case when of_life = life then e.returned else 0 end as returned,
               coalesce(e.number, w.present) as number,
               to_timestamp(((coalesce(e.number, w.present) + 1) * e.seconds)::float8) as ends_at,
               case when w.starts_at < began + lead then 2
                    when coalesce(e.number, w.present) not in (w.present, w.present + 1)
                         or w.starts_at > at + lead then 3
                    else 0 end as state
        from unnest(names, seconds, numbers, most, asked, needed, returned, taken) with ordinality
            as e (name, seconds, number, most, asked, needed, returned, taken, place)
        cross join lateral (
            select p.present,
                   to_timestamp((coalesce(e.number, p.present) * e.seconds)::float8) as starts_at
            from (select floor(extract(epoch from at) / e.seconds)::bigint as present) as p) as w),
    written as (
        insert into latchkey.lease_windows as l
            (name, number, ends_at, given, granted, wanted_by, wanted_at, most, asked, returned, taken,
             needed)
            select g.name, g.number, g.ends_at, g.taken + n.granted, n.granted,
                   case when g.asked > g.most - g.taken then by_instance end,
                   case when g.asked > g.most - g.taken then at end, g.most, g.asked, g.returned, g.taken,
                   g.needed
            from given g
            cross join lateral (
                select latchkey.lease_part(g.asked, g.needed, g.most - g.taken, nodes) as granted) as n
            where g.state = 0
            order by g.name, g.number
        on conflict (name, number) do update set
            granted = latchkey.lease_part(
                excluded.asked, excluded.needed,
                excluded.most - l.given + excluded.returned - excluded.taken, nodes),
            given = l.given - excluded.returned + excluded.taken + latchkey.lease_part(
                excluded.asked, excluded.needed,
                excluded.most - l.given + excluded.returned - excluded.taken, nodes),
            wanted_by = case when excluded.asked > 0 and excluded.asked
                                 > excluded.most - l.given + excluded.returned - excluded.taken
                             then by_instance else l.wanted_by end,
            wanted_at = case when excluded.asked > 0 and excluded.asked
                                 > excluded.most - l.given + excluded.returned - excluded.taken
                             then at else l.wanted_at end,
            most = excluded.most, asked = excluded.asked, returned = excluded.returned,
            taken = excluded.taken, needed = excluded.needed
        returning l.name, l.number, l.granted, greatest(0, l.most - l.given) as rest,
                  l.wanted_by <> by_instance and l.wanted_at > at - interval '2 s' as is_wanted)
    select jsonb_build_object(
               'now', (extract(epoch from at) * 1000000)::bigint, 'nodes', nodes,
               'life', life,
               'windows', coalesce(jsonb_agg(jsonb_build_array(
                   g.number, coalesce(w.granted, 0), coalesce(w.rest, 0),
                   case when g.state = 0 and w.is_wanted then 1 else g.state end)
                   order by g.place), '[]'))
        into answered
        from given g left join written w
            on g.state = 0 and w.name = g.name and w.number = g.number;
    perform latchkey.prune_leases(2 * coalesce(cardinality(names), 0) + 10);
    update latchkey.lease_answers a set seq = request, at = clock_timestamp(), answer = answered
        where a.instance = by_instance;
    return answered;
end
$$;

revoke execute on function
    latchkey.this_life(), latchkey.lease_life_began(), latchkey.lease_part(bigint, bigint, bigint, bigint),
    latchkey.lease(text, bigint, text, bytea[], integer[], bigint[], bigint[], bigint[], bigint[], bigint[],
                   bigint[]),
    latchkey.prune_leases(integer) from public;

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
        execute 'grant execute on function latchkey.lease to ' || server;
    end loop;
end
$$;
