-- The lives of keys and devices: a key's secret may be replaced while the one before it still works, as
-- a device's could already; and what narrows a key or a device ends the tokens that it had.
--
-- Each credential counts how often it was narrowed: its generation. Tokens carry the generation of
-- their credential, and those of a lower one than `latchkey.ended_generations` says are good no more.
-- Enabling a credential again, or widening it, does not bring them back.

-- step: what there must not be
do $$
declare
    other text := (
        select pg_catalog.format_type(atttypid, atttypmod) from pg_catalog.pg_attribute
        where attrelid = 'public.device_credentials'::regclass and attname = 'generation'
          and not attisdropped);
    computed text := (
        select pg_catalog.min(attname::text) from pg_catalog.pg_attribute
        where attrelid = 'public.device_credentials'::regclass and attgenerated <> ''
          and attname in ((pg_catalog.parse_ident('STATUS'))[1],
                          (pg_catalog.parse_ident('ORGANIZATION_ID'))[1],
                          'scopes', 'revoked_at', 'generation'));
begin
    if other <> 'integer' then
        raise feature_not_supported using
            message = pg_catalog.format(
                'public.device_credentials has a column "generation" of type %s: Latchkey needs an '
                'integer of that name, which counts how often a device was narrowed; rename yours',
                other);
    end if;
    if computed is not null then
        raise feature_not_supported using
            message = pg_catalog.format(
                'public.device_credentials has a generated column "%s", whose changes no trigger '
                'sees before they are made; make it a plain column: alter table '
                'public.device_credentials alter column "%s" drop expression',
                computed, computed);
    end if;
end
$$;

-- step: columns of keys
-- No row is read while the table is locked.
alter table latchkey.api_keys
    add column generation integer not null default 0,
    add column previous_hash bytea,
    add column previous_until timestamptz,
    add column rotated_at timestamptz;
alter table latchkey.api_keys
    add constraint api_keys_generation_check check (generation >= 0) not valid,
    add constraint api_keys_previous_check check (
        (previous_hash is null) = (previous_until is null)
        and coalesce(octet_length(previous_hash) = 32 and previous_hash <> key_hash, true)) not valid;
comment on column latchkey.api_keys.generation is
    'how often it was narrowed; tokens of lower generations are good no more';
comment on column latchkey.api_keys.previous_hash is
    'of the secret before the last rotation; good until previous_until';

-- Hashes that were a key's before a rotation. They are no key's again: an older service's array may
-- still have them.
create table latchkey.former_key_hashes (
    key_hash bytea primary key check (octet_length(key_hash) = 32),
    key_id text collate "C" not null,
    rotated_at timestamptz not null default clock_timestamp()
);
comment on table latchkey.former_key_hashes is
    'SHA-256 of secrets that a rotation has replaced: no key gets one of them again';

-- Beside the revocations, whose table a server of an earlier release reads as a whole; numbered with
-- them, since nodes load both together.
create table latchkey.ended_generations (
    id bigint not null default nextval('latchkey.revocations_id_seq'),
    kind text collate "C" not null check (kind in ('api_key', 'device')),
    credential_id text collate "C" not null,
    below integer not null,
    created_at timestamptz not null default clock_timestamp(),
    primary key (kind, credential_id)
);
create index ended_generations_id_idx on latchkey.ended_generations (id);
comment on table latchkey.ended_generations is
    'tokens of these credentials whose generation is below this one are good no more';

-- step: checks of keys
alter table latchkey.api_keys
    validate constraint api_keys_generation_check,
    validate constraint api_keys_previous_check;

-- Few keys have one.
-- step: index on hashes before rotations, outside a transaction
create unique index concurrently api_keys_previous_hash_idx
    on latchkey.api_keys (previous_hash) where previous_hash is not null;

-- step: columns of devices
do $$
declare
    missing text := (
        select pg_catalog.string_agg('add column ' || definition, ', ' order by place)
        from (values (1, 'generation', 'generation integer not null default 0'),
                     (2, 'previous_secret_since', 'previous_secret_since timestamptz')
             ) as wanted (place, named, definition)
        where not exists (
            select from pg_catalog.pg_attribute
            where attrelid = 'public.device_credentials'::regclass and attname = named
              and not attisdropped));
begin
    if missing is not null then
        execute 'alter table public.device_credentials ' || missing;
    end if;
end
$$;
comment on column public.device_credentials.generation is
    'how often it was narrowed; tokens of lower generations are good no more';

-- step: functions
-- --- What narrows ---

-- Whether an address that `before` allowed may be allowed no more. No networks allow all of them.
create function latchkey.networks_narrowed(before inet[], after inet[]) returns boolean
language sql immutable set search_path = pg_catalog, pg_temp as $$
    select case
        when after = '{}' then false
        when before = '{}' then true
        else exists (select from unnest(before) as b
                     where not exists (select from unnest(after) as a where b <<= a)) end
$$;

-- A generation is raised once for a change, also where a replica's change has raised it already, and
-- is never lowered.
create function latchkey.raised(before integer, after integer, is_narrowed boolean) returns integer
language sql immutable set search_path = pg_catalog, pg_temp as $$
    select case when is_narrowed and coalesce(after, 0) <= coalesce(before, 0)
                then coalesce(before, 0) + 1
                else greatest(coalesce(before, 0), coalesce(after, 0)) end
$$;

-- Another organization's tokens are not this one's, unless it is the same under another id.
create function latchkey.changes_hands(before text, after text) returns boolean
language sql stable set search_path = pg_catalog, pg_temp as $$
    select before collate "C" is distinct from after collate "C"
           and coalesce(current_setting('latchkey.follows_renames', true), '') <> 'on'
$$;
do $$
declare
    one record;
    whole text := pg_get_functiondef('latchkey.follow_renames'::regproc);
begin
    for one in
        select * from (values
            ('begin
    update latchkey.api_keys k set', 'begin
    perform set_config(''latchkey.follows_renames'', ''on'', true);
    update latchkey.api_keys k set'),
            ('
    update latchkey.former_organizations f set', '
    perform set_config(''latchkey.follows_renames'', ''off'', true);
    update latchkey.former_organizations f set')) as e (before, after)
    loop
        if position(one.before in whole) = 0 then
            raise exception 'latchkey.follow_renames is not as it was';
        end if;
        whole := replace(whole, one.before, one.after);
    end loop;
    execute whole;
end
$$;

-- A credential and how often it was narrowed.
create type latchkey.life as (id text, generation integer);

-- Called where something that may narrow differs.
create function latchkey.api_keys_narrowed() returns trigger
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
    new.generation := latchkey.raised(old.generation, new.generation,
        not old.scopes <@ new.scopes
        or not old.caller_scopes <@ new.caller_scopes
        or latchkey.networks_narrowed(old.allowed_networks, new.allowed_networks)
        or coalesce(new.expires_at < coalesce(old.expires_at, 'infinity'), false)
        or latchkey.changes_hands(old.organization_id::text, new.organization_id::text)
        or (old.enabled and not new.enabled)
        or (old.revoked_at is null and new.revoked_at is not null));
    return new;
end
$$;
create function latchkey.devices_narrowed() returns trigger
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
    new.generation := latchkey.raised(old.generation, new.generation,
        not coalesce(latchkey.device_scopes(old.scopes), '{}')
            <@ coalesce(latchkey.device_scopes(new.scopes), '{}')
        or latchkey.changes_hands(old.ORGANIZATION_ID::text, new.ORGANIZATION_ID::text)
        or (coalesce(latchkey.is_active(old.STATUS), false)
            and not coalesce(latchkey.is_active(new.STATUS), false))
        or (old.revoked_at is null and new.revoked_at is not null));
    return new;
end
$$;

-- --- Generations that have ended ---

-- Of tokens of these credentials those of lower generations are good no more; the highest that was
-- ever said counts. A server that does not know of generations passes over the names of a change of
-- keys. In the order of the ids, as all who lock rows take them.
create function latchkey.end_generations(of_kind text, ids text[], generations integer[])
returns void
language plpgsql set search_path = pg_catalog, pg_temp as $$
begin
    insert into latchkey.ended_generations as e (kind, credential_id, below)
        select of_kind, g.id collate "C", max(g.below)
        from unnest(ids, generations) as g (id, below)
        where g.id is not null and g.below > 0
        group by g.id collate "C" order by g.id collate "C"
    on conflict (kind, credential_id) do update
        set below = greatest(e.below, excluded.below), created_at = excluded.created_at;
    perform latchkey.write_changes('api_keys', null, array(
        select format('%s %s %s', of_kind, g.below, g.id)
        from unnest(ids, generations) with ordinality as g (id, below, place)
        where g.id is not null and g.below > 0 order by g.place));
end
$$;

-- A credential that was deleted and put back goes on where its tokens have ended: those that it gets
-- from now on are good.
create function latchkey.go_on_with_generations(of_kind text, ids text[]) returns void
language plpgsql
set search_path = pg_catalog, pg_temp set plan_cache_mode = force_custom_plan as $$
begin
    if not exists (select from latchkey.ended_generations e
                   where e.kind = of_kind and e.credential_id = any (ids)) then
        return;
    end if;
    if of_kind = 'api_key' then
        update latchkey.api_keys k set generation = e.below
            from latchkey.ended_generations e
            where e.kind = of_kind and e.credential_id = any (ids) and k.key_id = e.credential_id collate "default"
              and k.generation < e.below;
    else
        update public.device_credentials d set generation = e.below
            from latchkey.ended_generations e
            where e.kind = of_kind and e.credential_id = any (ids)
              and latchkey.device_key(d.DEVICE_ID::text) = latchkey.device_key(e.credential_id)
              and coalesce(d.generation, 0) < e.below;
    end if;
end
$$;

-- What comes may have been narrowed elsewhere: in the partition that it was moved from, say.
create function latchkey.begin_generations(of_kind text, came latchkey.life[]) returns void
language plpgsql set search_path = pg_catalog, pg_temp as $$
declare
    ids text[];
    generations integer[];
begin
    select array_agg(c.id), array_agg(c.generation) into ids, generations
        from unnest(came) as c where c.generation > 0;
    if ids is not null then
        perform latchkey.end_generations(of_kind, ids, generations);
    end if;
    perform latchkey.go_on_with_generations(of_kind, array(select c.id from unnest(came) as c));
end
$$;
-- What goes may come back under the same id and allow less, without the rows being compared.
create function latchkey.finish_generations(of_kind text, gone latchkey.life[]) returns void
language plpgsql set search_path = pg_catalog, pg_temp as $$
declare
    ids text[];
    generations integer[];
begin
    select array_agg(g.id), array_agg(coalesce(g.generation, 0) + 1) into ids, generations
        from unnest(gone) as g where g.id is not null;
    if ids is not null then
        perform latchkey.end_generations(of_kind, ids, generations);
    end if;
end
$$;

-- An id that a credential has no more has gone, and the one that it has came. The lives agree place by
-- place; two credentials may have changed their ids with each other.
create function latchkey.rename_generations(
    of_kind text, before latchkey.life[], after latchkey.life[]) returns void
language plpgsql set search_path = pg_catalog, pg_temp as $$
begin
    perform latchkey.finish_generations(of_kind, array(
        select row(l.id, l.generation)::latchkey.life
        from unnest(before, after) as l (id, generation, new_id, new_generation)
        where l.id collate "C" is distinct from l.new_id collate "C"));
    perform latchkey.begin_generations(of_kind, array(
        select row(l.new_id, l.new_generation)::latchkey.life
        from unnest(before, after) as l (id, generation, new_id, new_generation)
        where l.id collate "C" is distinct from l.new_id collate "C"));
end
$$;

-- Deletes what ends no token any more, by the longest life that any node has told within a day, and a
-- day past that. Whoever calls it cannot do harm.
create function latchkey.prune_generations() returns bigint
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
    before constant timestamptz := latchkey.trusted_now() - interval '1 day';
    life constant interval := (
        select case when bool_and(t.lives::jsonb ->> 'own' is not null)
                    then make_interval(secs => max((t.lives::jsonb ->> 'own')::float8)) end
        from latchkey.feed_state f, jsonb_each_text(f.token_lives) as t (lives, told_at)
        where t.told_at::timestamptz > before);
    deleted bigint;
begin
    delete from latchkey.ended_generations e where (e.kind, e.credential_id) in (
        select o.kind, o.credential_id from latchkey.ended_generations o
        where o.created_at + life < before limit 100000 for update skip locked)
        and e.created_at + life < before;
    get diagnostics deleted = row_count;
    return deleted;
end
$$;

-- Deletes what no good token can concern any more: revocations and uses of tokens, as before, and
-- ended generations. The lock is that of the part before: one pruner at a time.
alter function latchkey.prune_revocations(jsonb, float8, float8, float8) rename to prune_by_lives;
create function latchkey.prune_revocations(
    issuers jsonb, others float8, organizations float8, own float8)
returns bigint
language plpgsql set search_path = pg_catalog, pg_temp as $$
begin
    if pg_try_advisory_xact_lock(7021860473813) then
        perform latchkey.prune_generations();
    end if;
    return latchkey.prune_by_lives(issuers, others, organizations, own);
end
$$;

-- --- The hashes of keys ---

-- A key has a hash that no other has, and had: neither as its secret, nor as the one before. Looked
-- at after the row is written: whoever writes the same hash waits for the first one's end, and sees
-- then what that has written.
create function latchkey.key_hashes_written() returns trigger
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
    if tg_op = 'UPDATE' then
        if new.previous_hash is not null and new.previous_hash is distinct from old.previous_hash
           and new.previous_hash <> old.key_hash
        then
            raise check_violation using message =
                'previous_hash of a key is a hash that the key has had, or null';
        end if;
        if new.key_hash <> old.key_hash then
            insert into latchkey.former_key_hashes (key_hash, key_id)
                values (old.key_hash, new.key_id) on conflict do nothing;
        end if;
    elsif new.previous_hash is not null then
        insert into latchkey.former_key_hashes (key_hash, key_id)
            values (new.previous_hash, new.key_id) on conflict do nothing;
    end if;
    if exists (select from latchkey.former_key_hashes f where f.key_hash = new.key_hash)
       or (new.previous_hash is not null
           and exists (select from latchkey.api_keys k where k.key_hash = new.previous_hash))
    then
        raise unique_violation using message = 'the hash is, or was, another secret''s of a key';
    end if;
    return null;
end
$$;

-- What a rotation has replaced is not made a key again by an array that still has it.
do $$
declare
    one record;
    whole text;
begin
    for one in
        select * from (values
            ('latchkey.write_mirrored'::regproc, 'where n.claim = 1 and (n.is_new or ',
             'where n.claim = 1 and ((n.is_new and not exists (select from'
             ' latchkey.former_key_hashes f where f.key_hash = n.key_hash)) or '),
            ('latchkey.tell_findings', 'when not w.is_there then ''it cannot be stored''',
             'when not w.is_there and exists (select from latchkey.former_key_hashes f'
             ' where f.key_hash = w.key_hash) then ''a rotation in Latchkey has replaced this secret'''
             ' when not w.is_there then ''it cannot be stored''')) as e (function, before, after)
    loop
        whole := pg_get_functiondef(one.function);
        if position(one.before in whole) = 0 then
            raise exception '% is not as it was', one.function;
        end if;
        execute replace(whole, one.before, one.after);
    end loop;
end
$$;

-- --- The feed ---

-- A key is cached by both of its hashes.
create or replace function latchkey.api_keys_inserted() returns trigger
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
    perform latchkey.write_changes('api_keys', (
        select array_agg(h) from (
            select key_hash from new_rows
            union all
            select previous_hash from new_rows where previous_hash is not null) as each (h)), null);
    return null;
end
$$;
create or replace function latchkey.api_keys_deleted() returns trigger
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
    perform latchkey.write_changes('api_keys', (
        select array_agg(h) from (
            select key_hash from old_rows
            union all
            select previous_hash from old_rows where previous_hash is not null) as each (h)), null);
    return null;
end
$$;
create or replace function latchkey.api_keys_updated() returns trigger
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
    perform latchkey.write_changes('api_keys', (
        select array_agg(distinct h) from (
            (select key_hash, key_id, organization_id, name, external_id, scopes, metadata,
                    expires_at, enabled, revoked_at, allowed_networks, rate_limit_quantity,
                    rate_limit_window_s, rate_limit_burst, caller_scopes, generation,
                    previous_hash, previous_until from old_rows
             except
             select key_hash, key_id, organization_id, name, external_id, scopes, metadata,
                    expires_at, enabled, revoked_at, allowed_networks, rate_limit_quantity,
                    rate_limit_window_s, rate_limit_burst, caller_scopes, generation,
                    previous_hash, previous_until from new_rows)
            union all
            (select key_hash, key_id, organization_id, name, external_id, scopes, metadata,
                    expires_at, enabled, revoked_at, allowed_networks, rate_limit_quantity,
                    rate_limit_window_s, rate_limit_burst, caller_scopes, generation,
                    previous_hash, previous_until from new_rows
             except
             select key_hash, key_id, organization_id, name, external_id, scopes, metadata,
                    expires_at, enabled, revoked_at, allowed_networks, rate_limit_quantity,
                    rate_limit_window_s, rate_limit_burst, caller_scopes, generation,
                    previous_hash, previous_until from old_rows)
        ) as differing cross join lateral (values (key_hash), (previous_hash)) as each (h)
        where h is not null), null);
    return null;
end
$$;
create or replace function latchkey.judged_columns(d public.device_credentials) returns jsonb
language sql stable as $$
    select jsonb_build_array(d.DEVICE_ID, d.DEVICE_SECRET, d.ORGANIZATION_ID, d.STATUS, d.NAME,
                             d.scopes, d.metadata, d.previous_secret, d.previous_secret_until,
                             d.revoked_at is not null, d.generation)
$$;

-- --- A token falls with what it was made from ---

create or replace function latchkey.api_keys_came() returns trigger
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
    perform latchkey.restore_credentials('api_key', array(
        select key_id from new_rows where enabled and revoked_at is null));
    perform latchkey.begin_generations(
        'api_key', (select array_agg(row(key_id, generation)::latchkey.life) from new_rows));
    return null;
end
$$;
-- Without joins, since a plan that was made for few rows may not do for many.
create or replace function latchkey.api_keys_fell() returns trigger
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
    fallen text[];
    risen text[];
    raised record;
    is_renamed boolean;
begin
    if not exists (select from new_rows) then
        return null;
    end if;
    fallen := array(select key_id from old_rows where enabled and revoked_at is null
                    except select key_id from new_rows where enabled and revoked_at is null);
    risen := array(select key_id from new_rows where enabled and revoked_at is null
                   except select key_id from old_rows where enabled and revoked_at is null);
    select array_agg(key_id) as ids, array_agg(generation) as generations into raised from (
        select key_id, generation from new_rows where generation > 0
        except select key_id, generation from old_rows) as differing;
    is_renamed := array(select key_id from old_rows) <> array(select key_id from new_rows);
    if fallen <> '{}' then
        perform latchkey.revoke_credentials('api_key', fallen, 'the key is revoked or disabled');
    end if;
    if risen <> '{}' then
        perform latchkey.restore_credentials('api_key', risen);
    end if;
    if raised.ids is not null then
        perform latchkey.end_generations('api_key', raised.ids, raised.generations);
    end if;
    if is_renamed then
        perform latchkey.rename_generations('api_key',
            array(select row(key_id, generation)::latchkey.life from old_rows),
            array(select row(key_id, generation)::latchkey.life from new_rows));
    end if;
    return null;
end
$$;
create or replace function latchkey.devices_came() returns trigger
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
    perform latchkey.restore_credentials('device', array(
        select DEVICE_ID::text from new_rows
        where latchkey.is_active(STATUS) and revoked_at is null));
    perform latchkey.begin_generations('device', (
        select array_agg(row(DEVICE_ID::text, generation)::latchkey.life) from new_rows));
    return null;
end
$$;
create or replace function latchkey.devices_fell() returns trigger
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
    fallen text[];
    risen text[];
    raised record;
    is_renamed boolean;
begin
    fallen := array(
        select DEVICE_ID::text from old_rows
            where latchkey.is_active(STATUS) and revoked_at is null and DEVICE_ID is not null
        except select DEVICE_ID::text from new_rows
            where latchkey.is_active(STATUS) and revoked_at is null);
    risen := array(
        select DEVICE_ID::text from new_rows where latchkey.is_active(STATUS) and revoked_at is null
        except select DEVICE_ID::text from old_rows
            where latchkey.is_active(STATUS) and revoked_at is null);
    select array_agg(id) as ids, array_agg(generation) as generations into raised from (
        select DEVICE_ID::text, generation from new_rows where generation > 0
        except select DEVICE_ID::text, generation from old_rows) as differing (id, generation);
    is_renamed := array(select DEVICE_ID::text from old_rows)
        <> array(select DEVICE_ID::text from new_rows);
    if fallen <> '{}' then
        perform latchkey.revoke_credentials('device', fallen, 'the device is revoked or disabled');
    end if;
    if risen <> '{}' then
        perform latchkey.restore_credentials('device', risen);
    end if;
    if raised.ids is not null then
        perform latchkey.end_generations('device', raised.ids, raised.generations);
    end if;
    if is_renamed then
        perform latchkey.rename_generations('device',
            array(select row(DEVICE_ID::text, generation)::latchkey.life from old_rows),
            array(select row(DEVICE_ID::text, generation)::latchkey.life from new_rows));
    end if;
    return null;
end
$$;

-- Whatever is deleted ends.
create or replace function latchkey.api_keys_gone() returns trigger
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
    perform latchkey.revoke_credentials('api_key', array(select key_id from old_rows),
                                        'the key is deleted');
    perform latchkey.finish_generations('api_key', (
        select array_agg(row(key_id, generation)::latchkey.life) from old_rows));
    return null;
end
$$;
create or replace function latchkey.api_keys_emptied() returns trigger
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
    perform latchkey.revoke_credentials('api_key', array(select key_id from latchkey.api_keys),
                                        'the key is deleted');
    perform latchkey.finish_generations('api_key', (
        select array_agg(row(key_id, generation)::latchkey.life) from latchkey.api_keys));
    return null;
end
$$;
create or replace function latchkey.devices_gone() returns trigger
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
    perform latchkey.revoke_credentials('device', array(select DEVICE_ID::text from old_rows),
                                        'the device is deleted');
    perform latchkey.finish_generations('device', (
        select array_agg(row(DEVICE_ID::text, generation)::latchkey.life) from old_rows));
    return null;
end
$$;
create or replace function latchkey.devices_emptied() returns trigger
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
    perform latchkey.revoke_credentials(
        'device', array(select DEVICE_ID::text from public.device_credentials),
        'the device is deleted');
    perform latchkey.finish_generations('device', (
        select array_agg(row(DEVICE_ID::text, generation)::latchkey.life)
        from public.device_credentials));
    return null;
end
$$;
-- So do the devices of a partition that is emptied or detached; those of one that is attached go on.
do $$
declare
    one record;
    whole text;
begin
    for one in
        select * from (values
            ('latchkey.lose_rows'::regproc, 'perform latchkey.write_changes(''devices'', null, ids);',
             'execute format(''select latchkey.finish_generations(''''device'''','
             ' array_agg(row(DEVICE_ID::text, generation)::latchkey.life)) from %s'', of_table);'),
            ('latchkey.find_rows', 'perform latchkey.write_changes(''devices'', null, bad);',
             'execute format(''select latchkey.begin_generations(''''device'''','
             ' array_agg(row(DEVICE_ID::text, generation)::latchkey.life)) from %s'', of_table);')
            ) as e (function, before, added)
    loop
        whole := pg_get_functiondef(one.function);
        if position(one.before in whole) = 0 then
            raise exception '% is not as it was', one.function;
        end if;
        execute replace(whole, one.before, one.before || one.added);
    end loop;
end
$$;

-- The same row by row.
create or replace function latchkey.api_keys_row() returns trigger
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
    was_good boolean := false;
    is_good boolean := false;
    hashes bytea[] := '{}';
begin
    if tg_op <> 'INSERT' then
        was_good := old.enabled and old.revoked_at is null;
        hashes := array[old.key_hash, old.previous_hash];
    end if;
    if tg_op <> 'DELETE' then
        is_good := new.enabled and new.revoked_at is null;
        hashes := hashes || array[new.key_hash, new.previous_hash];
    end if;
    perform latchkey.write_changes('api_keys', array(
        select distinct h from unnest(hashes) as h where h is not null), null);
    if tg_op = 'DELETE' or (tg_op = 'UPDATE' and was_good
                            and (not is_good or old.key_id <> new.key_id)) then
        perform latchkey.revoke_credentials('api_key', array[old.key_id], case tg_op
            when 'DELETE' then 'the key is deleted' else 'the key is revoked or disabled' end);
    end if;
    if is_good and (not was_good or old.key_id <> new.key_id) then
        perform latchkey.restore_credentials('api_key', array[new.key_id]);
    end if;
    if tg_op = 'DELETE' then
        perform latchkey.finish_generations(
            'api_key', array[row(old.key_id, old.generation)::latchkey.life]);
    elsif tg_op = 'INSERT' then
        perform latchkey.begin_generations(
            'api_key', array[row(new.key_id, new.generation)::latchkey.life]);
    elsif new.key_id <> old.key_id then
        perform latchkey.rename_generations(
            'api_key', array[row(old.key_id, old.generation)::latchkey.life],
            array[row(new.key_id, new.generation)::latchkey.life]);
    elsif new.generation <> old.generation and new.generation > 0 then
        perform latchkey.end_generations('api_key', array[new.key_id], array[new.generation]);
    end if;
    return null;
end
$$;
create or replace function latchkey.devices_row() returns trigger
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
    if tg_op = 'DELETE' then
        perform latchkey.finish_generations(
            'device', array[row(old_id, old.generation)::latchkey.life]);
    elsif tg_op = 'INSERT' then
        perform latchkey.begin_generations(
            'device', array[row(new_id, new.generation)::latchkey.life]);
    elsif new_id is distinct from old_id then
        perform latchkey.rename_generations(
            'device', array[row(old_id, old.generation)::latchkey.life],
            array[row(new_id, new.generation)::latchkey.life]);
    elsif new.generation is distinct from old.generation and new.generation > 0 then
        perform latchkey.end_generations('device', array[new_id], array[new.generation]);
    end if;
    return null;
end
$$;

-- Nobody calls these but the triggers and the owner; the last one does no harm.
revoke execute on function
    latchkey.networks_narrowed(inet[], inet[]), latchkey.changes_hands(text, text),
    latchkey.raised(integer, integer, boolean),
    latchkey.api_keys_narrowed(), latchkey.devices_narrowed(),
    latchkey.end_generations(text, text[], integer[]),
    latchkey.go_on_with_generations(text, text[]),
    latchkey.begin_generations(text, latchkey.life[]),
    latchkey.finish_generations(text, latchkey.life[]),
    latchkey.rename_generations(text, latchkey.life[], latchkey.life[]),
    latchkey.key_hashes_written() from public;
grant execute on function latchkey.prune_generations(),
    latchkey.prune_revocations(jsonb, float8, float8, float8) to public;

-- The roles of servers, those that may prune, load what has ended.
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
        execute 'grant select on latchkey.ended_generations, latchkey.former_key_hashes to ' || server;
    end loop;
end
$$;

-- step: triggers of keys
create trigger latchkey_generation before update on latchkey.api_keys
    for each row when (
        (old.scopes, old.caller_scopes, old.allowed_networks, old.expires_at, old.enabled,
         old.revoked_at, old.organization_id::text, old.generation)
        is distinct from
        (new.scopes, new.caller_scopes, new.allowed_networks, new.expires_at, new.enabled,
         new.revoked_at, new.organization_id::text, new.generation))
    execute function latchkey.api_keys_narrowed();
create trigger latchkey_hashes_insert after insert on latchkey.api_keys
    for each row when (new.origin = 'latchkey' or new.previous_hash is not null)
    execute function latchkey.key_hashes_written();
create trigger latchkey_hashes_update after update on latchkey.api_keys
    for each row when (
        (old.key_hash, old.previous_hash) is distinct from (new.key_hash, new.previous_hash))
    execute function latchkey.key_hashes_written();
create or replace trigger latchkey_row_update after update on latchkey.api_keys
    for each row when (
        (old.key_hash, old.key_id, old.organization_id::text, old.name, old.external_id, old.scopes,
         old.metadata, old.expires_at, old.enabled, old.revoked_at, old.allowed_networks,
         old.rate_limit_quantity, old.rate_limit_window_s, old.rate_limit_burst, old.caller_scopes,
         old.generation, old.previous_hash, old.previous_until)
        is distinct from
        (new.key_hash, new.key_id, new.organization_id::text, new.name, new.external_id, new.scopes,
         new.metadata, new.expires_at, new.enabled, new.revoked_at, new.allowed_networks,
         new.rate_limit_quantity, new.rate_limit_window_s, new.rate_limit_burst, new.caller_scopes,
         new.generation, new.previous_hash, new.previous_until))
    execute function latchkey.api_keys_row();
select latchkey.set_triggers_of('latchkey.api_keys');

-- step: triggers of devices
-- As text, since the older service's columns have the types that they have. An update that notes when
-- a device was last seen pays for the comparison alone.
create trigger latchkey_generation before update on public.device_credentials
    for each row when (
        old.scopes::text collate "C" is distinct from new.scopes::text collate "C"
        or old.STATUS::text collate "C" is distinct from new.STATUS::text collate "C"
        or old.ORGANIZATION_ID::text collate "C" is distinct from
            new.ORGANIZATION_ID::text collate "C"
        or (old.revoked_at is null) <> (new.revoked_at is null)
        or old.generation is distinct from new.generation)
    execute function latchkey.devices_narrowed();
select latchkey.set_triggers_of('public.device_credentials');

-- step: expected triggers
insert into latchkey.expected_triggers
    select pg_catalog.format('%I.%I', n.nspname, c.relname), t.tgname,
           pg_catalog.pg_get_triggerdef(t.oid)
    from pg_catalog.pg_trigger t
    join pg_catalog.pg_class c on c.oid = t.tgrelid
    join pg_catalog.pg_namespace n on n.oid = c.relnamespace
    where not t.tgisinternal and not c.relispartition
      and (t.tgname in ('latchkey_generation', 'latchkey_hashes_insert', 'latchkey_hashes_update')
           or (t.tgname = 'latchkey_row_update' and c.oid = 'latchkey.api_keys'::regclass))
    on conflict (of_table, trigger_name) do update set definition = excluded.definition;
-- Those of the older tables' partitions follow their tables.
do $$
declare
    one regclass;
begin
    for one in
        select w.of_table from latchkey.wanted_triggers() w
        join pg_catalog.pg_trigger t on t.tgrelid = w.of_table and t.tgname = w.trigger_name
        where t.tgname = 'latchkey_generation' and t.tgenabled <> w.wanted
    loop
        perform latchkey.set_triggers_of(one);
    end loop;
end
$$;
