-- What is pruned of revocations, and by whose clock and whose settings.
--
-- Nodes may be told different lives of tokens, and any of them prunes for all: the longest that one
-- of them has told within a day counts. And a clock that is ahead for a while must forget nothing
-- for good: rows go a day past their use, and a clock that has jumped is not believed for a day.

-- In the row that each pruner may write. `clock_seen_at`: when the last one pruned, by the clock as
-- it was. `clock_held_at`: the clock jumped ahead from there, and until `clock_held_until` it is
-- taken to have stood still. `token_lives`: each set of lives that a node has told, as text, with
-- when it last did.
alter table latchkey.feed_state add column clock_seen_at timestamptz;
alter table latchkey.feed_state add column clock_held_at timestamptz;
alter table latchkey.feed_state add column clock_held_until timestamptz;
alter table latchkey.feed_state add column token_lives jsonb not null default '{}';

-- What the time is at least. Some node prunes each minute: a clock that is further ahead of the last
-- time has jumped, or no node has been there meanwhile.
create function latchkey.trusted_now() returns timestamptz
language sql stable set search_path = pg_catalog, pg_temp as $$
    select coalesce(
        clock_held_at,
        case when clock_timestamp() > clock_seen_at + interval '10 minutes' then clock_seen_at end,
        clock_timestamp())
    from latchkey.feed_state
$$;

-- Of sets of lives the longest of each. Lives are in seconds, null for ever. An issuer that a node
-- does not know is one of `others` to it.
create function latchkey.longest_lives(told jsonb[]) returns jsonb
language sql immutable set search_path = pg_catalog, pg_temp as $$
    with each_set as (
        select one from unnest(told) as one),
    each_life (issuer, life) as (
        select i.name, case when s.one -> 'issuers' ? i.name then s.one -> 'issuers' ->> i.name
                            else s.one ->> 'others' end
        from each_set s
        cross join (select distinct jsonb_object_keys(one -> 'issuers') from each_set) as i (name)),
    longest (issuer, life) as (
        select issuer, case when bool_and(life is not null) then max(life::float8) end
        from each_life group by issuer)
    select jsonb_build_object(
        'issuers', (select coalesce(jsonb_object_agg(issuer, life), '{}') from longest),
        'others', case when bool_and(one ->> 'others' is not null)
                       then max((one ->> 'others')::float8) end,
        'organizations', case when bool_and(one ->> 'organizations' is not null)
                              then max((one ->> 'organizations')::float8) end,
        'own', case when bool_and(one ->> 'own' is not null) then max((one ->> 'own')::float8) end)
    from each_set
$$;

-- When nothing that the revocation concerns can be good any more, its own leeway included. NULL: never
-- that anybody knows. An issuer that no node has configured may be so again, and any may name an
-- organization that an operator has revoked. Inlined; its caller fixes the search_path.
create function latchkey.end_of_use(r latchkey.revocations, lives jsonb) returns timestamptz
language sql stable as $$
    select coalesce(r.expires_at + interval '1 minute', r.created_at + make_interval(secs => (
        case when r.kind in ('token', 'subject') then lives -> 'issuers' ->> r.issuer
             when r.kind = 'organization' then null
             when r.kind = 'disabled_organization' then lives ->> 'organizations'
             else lives ->> 'own' end)::float8))
$$;

-- Notes what time it is, and for how long tokens live by this node's settings.
create function latchkey.note_pruning(at timestamptz, lives jsonb) returns void
language sql set search_path = pg_catalog, pg_temp as $$
    with now as materialized (select clock_timestamp() as now),
    seen as (
        select now,
               now < clock_seen_at - interval '1 minute' as came_back,
               now > clock_seen_at + interval '10 minutes' as jumped,
               coalesce(now > clock_held_until, true) as held_long_enough
        from latchkey.feed_state, now)
    update latchkey.feed_state f set
        clock_held_at = case
            when s.came_back then null
            when s.jumped and s.held_long_enough then f.clock_seen_at
            when s.held_long_enough then null
            else f.clock_held_at end,
        clock_held_until = case
            when s.came_back then null
            when s.jumped and s.held_long_enough then s.now + interval '1 day'
            when s.held_long_enough then null
            else f.clock_held_until end,
        clock_seen_at = case when s.came_back then s.now
                             else greatest(f.clock_seen_at, s.now) end,
        token_lives = (
            select coalesce(jsonb_object_agg(told, told_at), '{}')
            from jsonb_each_text(f.token_lives) as each (told, told_at)
            where told_at::timestamptz > at - interval '1 day')
            || jsonb_build_object(lives::text, at)
    from seen s
$$;

-- Deletes revocations that concern no token any more, a day past that; and the counts of tokens that
-- nobody can use any more. Lives are in seconds, NULL or null for ever: by issuer, of tokens of
-- other issuers and of counts, of those that name organizations, of our own. Answers with how many
-- revocations went; 100,000 of each at most, so that it ends within a poll's deadline. One caller at
-- a time, another only tells its lives. What is deleted so is told to nobody. The conditions are
-- there twice, since a row may have been renewed meanwhile; rows that somebody else is writing are
-- left for the next time.
create function latchkey.prune_revocations(
    issuers jsonb, others float8, organizations float8, own float8)
returns bigint
language plpgsql set search_path = pg_catalog, pg_temp as $$
declare
    at constant timestamptz := latchkey.trusted_now();
    before constant timestamptz := at - interval '1 day';
    told constant jsonb := jsonb_build_object(
        'issuers', issuers, 'others', others, 'organizations', organizations, 'own', own);
    lives constant jsonb := latchkey.longest_lives(array(
        select t.lives::jsonb from latchkey.feed_state f,
               jsonb_each_text(f.token_lives) as t (lives, told_at)
        where t.told_at::timestamptz > before) || told);
    deleted bigint := 0;
begin
    if pg_try_advisory_xact_lock(7021860473813) then
        perform set_config('latchkey.pruning', 'on', true);
        delete from latchkey.revocations r where r.id in (
            select over.id from latchkey.revocations over
            where latchkey.end_of_use(over, lives) < before
            limit 100000 for update skip locked)
            and latchkey.end_of_use(r, lives) < before;
        get diagnostics deleted = row_count;
        perform set_config('latchkey.pruning', 'off', true);
        delete from latchkey.credential_use u where u.kind = 'token' and u.credential_id in (
            select over.credential_id from latchkey.credential_use over
            where over.kind = 'token'
              and over.last_used_at + make_interval(secs => (lives ->> 'others')::float8) < before
            limit 100000 for update skip locked)
            and u.last_used_at + make_interval(secs => (lives ->> 'others')::float8) < before;
    end if;
    -- Last, since other pruners wait for this row.
    perform latchkey.note_pruning(at, told);
    return deleted;
end
$$;

-- They do nothing that their caller may not do.
grant execute on function
    latchkey.trusted_now(), latchkey.longest_lives(jsonb[]),
    latchkey.end_of_use(latchkey.revocations, jsonb), latchkey.note_pruning(timestamptz, jsonb),
    latchkey.prune_revocations(jsonb, float8, float8, float8) to public;
