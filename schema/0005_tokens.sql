-- Tokens: what is revoked of them, and the keys that ours are signed with. Both are told to the nodes
-- by the feed of changes.

-- One row for each thing that is revoked. `issued_before`: only tokens from until then; without it,
-- all. `expires_at`: when no such token can be good any more; without it, each node knows how long
-- its issuers' tokens live.
create table latchkey.revocations (
    id bigint generated always as identity primary key,
    kind text not null check (kind in
        ('token', 'subject', 'organization', 'disabled_organization', 'credential')),
    issuer text not null default '',
    value text not null,
    issued_before timestamptz,
    expires_at timestamptz,
    reason text,
    created_at timestamptz not null default clock_timestamp(),
    unique (kind, issuer, value),
    check ((kind in ('token', 'subject')) = (issuer <> ''))
);

-- `sealed` is the private part under the key-encryption key `kek_id`; a retired key has none.
-- `created_at` is also when it was published.
create table latchkey.signing_keys (
    key_id text primary key,
    algorithm text not null,
    state text not null check (state in ('next', 'current', 'retiring', 'retired')),
    public_jwk jsonb,
    sealed bytea,
    kek_id text not null,
    created_at timestamptz not null default clock_timestamp(),
    activates_at timestamptz,
    activated_at timestamptz,
    retired_at timestamptz
);
create unique index signing_keys_one_current on latchkey.signing_keys (state) where state = 'current';
create unique index signing_keys_one_next on latchkey.signing_keys (state) where state = 'next';

-- --- The feed ---

alter table latchkey.changes drop constraint changes_kind_check;
alter table latchkey.changes add constraint changes_kind_check check (kind in
    ('api_keys', 'organizations', 'devices', 'everything', 'revocations', 'credentials',
     'signing_keys'));

-- Rows of at most 1000 elements each; six describe a revocation, and are not divided.
create or replace function latchkey.write_changes(what text, hashes bytea[], ids text[]) returns void
language plpgsql set search_path = pg_catalog, pg_temp as $$
declare
    most constant int := case when what = 'revocations' then 996 else 1000 end;
    elements constant int := greatest(coalesce(cardinality(hashes), 0), coalesce(cardinality(ids), 0));
begin
    if elements = 0 and what not in ('everything', 'signing_keys') then
        return;
    end if;
    insert into latchkey.changes (kind, keys, names)
        select what, coalesce(hashes[first : first + most - 1], '{}'),
               coalesce(ids[first : first + most - 1], '{}')
        from generate_series(1, greatest(elements, 1), most) as first;
    perform pg_notify('latchkey_changes', '');
end
$$;

-- Microseconds since 1970, 'infinity', or '' for NULL.
create function latchkey.time_text(t timestamptz) returns text
language sql immutable set search_path = pg_catalog, pg_temp as $$
    select case when t is null then '' when not isfinite(t) then t::text
                else (extract(epoch from t) * 1000000)::bigint::text end
$$;

-- A revocation as its six elements. With '-' before its kind it holds no more.
create function latchkey.revocation_text(sign text, r latchkey.revocations) returns text[]
language sql stable set search_path = pg_catalog, pg_temp as $$
    select array[sign || r.kind, r.issuer, r.value, latchkey.time_text(r.issued_before),
                 latchkey.time_text(r.expires_at), latchkey.time_text(r.created_at)]
$$;

-- Credentials are many where many keys are revoked at once: they are told by their ids alone.
create function latchkey.tell_revocations(sign text, what latchkey.revocations[]) returns void
language plpgsql set search_path = pg_catalog, pg_temp as $$
begin
    perform latchkey.write_changes('credentials', null, (
        select array_agg(sign || r.value) from unnest(what) as r where r.kind = 'credential'));
    perform latchkey.write_changes('revocations', null, (
        select array_agg(element order by r.id, place)
        from unnest(what) as r, unnest(latchkey.revocation_text(sign, r)) with ordinality as e (element, place)
        where r.kind <> 'credential'));
end
$$;

create function latchkey.revocations_written() returns trigger
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
    perform latchkey.tell_revocations('+', (
        select array_agg(n::latchkey.revocations) from new_rows n));
    return null;
end
$$;
create function latchkey.revocations_updated() returns trigger
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
    perform latchkey.tell_revocations('-', (
        select array_agg(o::latchkey.revocations) from old_rows o
        where not exists (select from new_rows n where n.kind = o.kind and n.issuer = o.issuer and n.value = o.value)));
    perform latchkey.tell_revocations('+', (
        select array_agg(n::latchkey.revocations) from new_rows n));
    return null;
end
$$;
-- What is pruned concerns no token any more.
create function latchkey.revocations_deleted() returns trigger
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
    if current_setting('latchkey.pruning', true) = 'on' then
        return null;
    end if;
    perform latchkey.tell_revocations('-', (
        select array_agg(o::latchkey.revocations) from old_rows o));
    return null;
end
$$;
create trigger latchkey_feed_insert after insert on latchkey.revocations
    referencing new table as new_rows
    for each statement execute function latchkey.revocations_written();
create trigger latchkey_feed_update after update on latchkey.revocations
    referencing old table as old_rows new table as new_rows
    for each statement execute function latchkey.revocations_updated();
create trigger latchkey_feed_delete after delete on latchkey.revocations
    referencing old table as old_rows
    for each statement execute function latchkey.revocations_deleted();
create trigger latchkey_feed_truncate after truncate on latchkey.revocations
    for each statement execute function latchkey.table_truncated();

create function latchkey.signing_keys_changed() returns trigger
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
    perform latchkey.write_changes('signing_keys', null, null);
    return null;
end
$$;
create trigger latchkey_feed_change after insert or update or delete or truncate on latchkey.signing_keys
    for each statement execute function latchkey.signing_keys_changed();

-- --- A token falls with what it was made from ---

-- A key that opens nothing any more takes the tokens along that were made from it.
create function latchkey.revoke_credentials(ids text[], why text) returns void
language sql set search_path = pg_catalog, pg_temp as $$
    insert into latchkey.revocations (kind, value, reason)
        select distinct 'credential', id, why from unnest(ids) as id
    on conflict (kind, issuer, value) do update set
        issued_before = null, expires_at = null, reason = excluded.reason,
        created_at = excluded.created_at
$$;

create function latchkey.api_keys_fell() returns trigger
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
    fallen text[];
    risen text[];
begin
    select array_agg(o.key_id) filter (where o.good and not coalesce(n.good, false)),
           array_agg(n.key_id) filter (where n.good and not o.good)
        into fallen, risen
        from (select key_id, enabled and revoked_at is null as good from old_rows) as o
        left join (select key_id, enabled and revoked_at is null as good from new_rows) as n
            using (key_id);
    if fallen is not null then
        perform latchkey.revoke_credentials(fallen, 'the key is revoked or disabled');
    end if;
    if risen is not null then
        delete from latchkey.revocations where kind = 'credential' and value = any (risen);
    end if;
    return null;
end
$$;
create function latchkey.api_keys_gone() returns trigger
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
    gone constant text[] := (select array_agg(key_id) from old_rows);
begin
    if gone is not null then
        perform latchkey.revoke_credentials(gone, 'the key is deleted');
    end if;
    return null;
end
$$;
create function latchkey.api_keys_emptied() returns trigger
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
    perform latchkey.revoke_credentials((select array_agg(key_id) from latchkey.api_keys),
                                        'the key is deleted');
    return null;
end
$$;
create trigger latchkey_tokens_update after update on latchkey.api_keys
    referencing old table as old_rows new table as new_rows
    for each statement execute function latchkey.api_keys_fell();
create trigger latchkey_tokens_delete after delete on latchkey.api_keys
    referencing old table as old_rows
    for each statement execute function latchkey.api_keys_gone();
create trigger latchkey_tokens_truncate before truncate on latchkey.api_keys
    for each statement execute function latchkey.api_keys_emptied();

-- An organization that is not active takes the tokens along that name it, whoever issued them, and
-- for as long as it is not.
create function latchkey.disable_organizations(ids text[], until timestamptz) returns void
language sql set search_path = pg_catalog, pg_temp as $$
    insert into latchkey.revocations (kind, value, expires_at, reason)
        select distinct 'disabled_organization', id, until, 'the organization is not active'
        from unnest(ids) as id
    on conflict (kind, issuer, value) do update set
        issued_before = null, expires_at = excluded.expires_at, created_at = excluded.created_at
$$;
create function latchkey.enable_organizations(ids text[]) returns void
language sql set search_path = pg_catalog, pg_temp as $$
    delete from latchkey.revocations
        where kind = 'disabled_organization' and value = any (ids)
$$;

create function latchkey.organizations_judged() returns trigger
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
    perform latchkey.disable_organizations(
        (select array_agg(organization_id::text) from new_rows n
         where status is distinct from 'active' and not exists (
             select from latchkey.revocations r where r.kind = 'disabled_organization'
             and r.value = n.organization_id::text and r.expires_at = 'infinity')), 'infinity');
    perform latchkey.enable_organizations(
        (select array_agg(organization_id::text) from new_rows where status = 'active'));
    return null;
end
$$;
create function latchkey.organizations_gone() returns trigger
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
    perform latchkey.disable_organizations(
        (select array_agg(organization_id::text) from old_rows), null);
    return null;
end
$$;
create function latchkey.organizations_emptied() returns trigger
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
    perform latchkey.disable_organizations(
        (select array_agg(organization_id::text) from public.organizations), null);
    return null;
end
$$;
create trigger latchkey_tokens_insert after insert on public.organizations
    referencing new table as new_rows
    for each statement execute function latchkey.organizations_judged();
create trigger latchkey_tokens_update after update on public.organizations
    referencing new table as new_rows
    for each statement execute function latchkey.organizations_judged();
create trigger latchkey_tokens_delete after delete on public.organizations
    referencing old table as old_rows
    for each statement execute function latchkey.organizations_gone();
create trigger latchkey_tokens_truncate before truncate on public.organizations
    for each statement execute function latchkey.organizations_emptied();

select latchkey.disable_organizations(
    (select array_agg(organization_id::text) from public.organizations
     where status is distinct from 'active'), 'infinity');

do $$
declare
    one record;
begin
    for one in
        select tgrelid::regclass as of_table, tgname from pg_catalog.pg_trigger
        where not tgisinternal and (tgname like 'latchkey\_tokens\_%' or tgname like 'latchkey\_feed\_%')
    loop
        execute pg_catalog.format('alter table %s enable always trigger %I', one.of_table, one.tgname);
    end loop;
end
$$;

-- Deletes revocations that concern no token any more: past their own date, or older than the longest
-- life of a token. Answers with how many went.
create function latchkey.prune_revocations(token_life interval) returns bigint
language plpgsql set search_path = pg_catalog, pg_temp as $$
declare
    deleted bigint;
begin
    perform set_config('latchkey.pruning', 'on', true);
    delete from latchkey.revocations
        where coalesce(expires_at, created_at + token_life) < clock_timestamp();
    get diagnostics deleted = row_count;
    perform set_config('latchkey.pruning', 'off', true);
    return deleted;
end
$$;

-- --- Signing keys: each step under one lock, so that nodes that decide alike act once ---

-- The first key signs at once; any other waits. False: there is such a one already.
create function latchkey.add_signing_key(
    id text, alg text, public_part jsonb, private_part bytea, kek text, is_first boolean,
    activates timestamptz) returns boolean
language plpgsql set search_path = pg_catalog, pg_temp as $$
begin
    perform pg_advisory_xact_lock(7021860473812);
    if exists (select from latchkey.signing_keys
               where state = 'next' or (is_first and state = 'current')) then
        return false;
    end if;
    insert into latchkey.signing_keys
        (key_id, algorithm, state, public_jwk, sealed, kek_id, activates_at, activated_at)
        values (id, alg, case when is_first then 'current' else 'next' end, public_part,
                private_part, kek, activates, case when is_first then clock_timestamp() end);
    return true;
end
$$;

-- The next key signs from now on, and the one before it no more. False: it is not due, or not next.
create function latchkey.promote_signing_key(id text, ahead interval) returns boolean
language plpgsql set search_path = pg_catalog, pg_temp as $$
declare
    is_due boolean;
begin
    perform pg_advisory_xact_lock(7021860473812);
    select (activates_at <= clock_timestamp() and created_at <= clock_timestamp() - ahead)
           or not exists (select from latchkey.signing_keys where state = 'current')
        into is_due from latchkey.signing_keys where key_id = id and state = 'next';
    if not coalesce(is_due, false) then
        return false;
    end if;
    update latchkey.signing_keys set state = 'retiring', retired_at = clock_timestamp()
        where state = 'current';
    update latchkey.signing_keys set state = 'current', activated_at = clock_timestamp()
        where key_id = id;
    return true;
end
$$;

-- Past the life of what it signed, a key verifies no more, and its private part goes.
create function latchkey.retire_signing_key(id text, after interval) returns boolean
language plpgsql set search_path = pg_catalog, pg_temp as $$
begin
    update latchkey.signing_keys set state = 'retired', sealed = null
        where key_id = id and state = 'retiring' and retired_at <= clock_timestamp() - after;
    return found;
end
$$;

-- By an operator. At once: the current key is dropped, with all that it signed, and the next one, or
-- else the one that is given, takes its place. Otherwise the next key takes over as soon as it has
-- been published for long enough; the one that is given becomes it where there is none.
create function latchkey.rotate_signing_key(
    id text, alg text, public_part jsonb, private_part bytea, kek text, at_once boolean,
    ahead interval) returns void
language plpgsql set search_path = pg_catalog, pg_temp as $$
begin
    perform pg_advisory_xact_lock(7021860473812);
    if at_once then
        update latchkey.signing_keys
            set state = 'retired', sealed = null, retired_at = clock_timestamp()
            where state = 'current';
        update latchkey.signing_keys set state = 'current', activated_at = clock_timestamp()
            where state = 'next';
    else
        update latchkey.signing_keys
            set activates_at = greatest(created_at + ahead, least(activates_at, clock_timestamp()))
            where state = 'next';
    end if;
    if not found then
        insert into latchkey.signing_keys
            (key_id, algorithm, state, public_jwk, sealed, kek_id, activates_at, activated_at)
            values (id, alg, case when at_once then 'current' else 'next' end, public_part,
                    private_part, kek, case when not at_once then clock_timestamp() + ahead end,
                    case when at_once then clock_timestamp() end);
    end if;
end
$$;

revoke execute on all functions in schema latchkey from public;
