-- Tokens: what is revoked of them, and the keys that ours are signed with. Both are told to the
-- nodes by the feed of changes.

-- step: kinds of changes
alter table latchkey.changes drop constraint changes_kind_check;
alter table latchkey.changes add constraint changes_kind_check check (kind in
    ('api_keys', 'organizations', 'devices', 'everything', 'revocations', 'credentials',
     'signing_keys'));

-- step: tables and functions
-- One row for each thing that is revoked. `issued_before`: only tokens from until then; without it,
-- all. `expires_at`: when no such token can be good any more; without it, each node knows how long
-- its issuers' tokens live.
create table latchkey.revocations (
    id bigint generated always as identity primary key,
    kind text collate "C" not null check (kind in
        ('token', 'subject', 'organization', 'disabled_organization', 'credential')),
    issuer text collate "C" not null default '',
    value text collate "C" not null,
    issued_before timestamptz,
    expires_at timestamptz,
    reason text,
    created_at timestamptz not null default clock_timestamp(),
    unique (kind, issuer, value),
    check ((kind in ('token', 'subject')) = (issuer <> ''))
);

-- `sealed` is the private part under the key-encryption key `kek_id`; a retired key has none.
-- `public_jwk` keeps its very text, json and not jsonb: what is sealed may be bound to it.
-- `created_at` is also when it was published.
create table latchkey.signing_keys (
    key_id text primary key,
    algorithm text not null check (algorithm in
        ('HS256', 'HS384', 'HS512', 'RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512', 'ES256',
         'ES384', 'ES512', 'EdDSA')),
    state text not null check (state in ('next', 'current', 'retiring', 'retired')),
    public_jwk json,
    sealed bytea,
    kek_id text not null,
    created_at timestamptz not null default clock_timestamp(),
    activates_at timestamptz,
    activated_at timestamptz,
    retired_at timestamptz
);
create unique index signing_keys_one_current on latchkey.signing_keys (state)
    where state = 'current';
create unique index signing_keys_one_next on latchkey.signing_keys (state) where state = 'next';

-- --- The feed ---

-- Rows of at most 1000 elements each; six describe a revocation, and are not divided. A NULL, the
-- id of an organization in an old table, is nobody's. Slices of the array would each count from its
-- start again.
create or replace function latchkey.write_changes(what text, hashes bytea[], ids text[])
returns void
language plpgsql set search_path = pg_catalog, pg_temp as $$
declare
    most constant int := case when what = 'revocations' then 996 else 1000 end;
begin
    if cardinality(hashes) > 0 or cardinality(ids) > 0 then
        insert into latchkey.changes (kind, keys, names)
            select what,
                   coalesce(array_agg(hash order by place) filter (where hash is not null), '{}'),
                   coalesce(array_agg(id order by place) filter (where id is not null), '{}')
            from rows from (unnest(hashes), unnest(ids)) with ordinality as e (hash, id, place)
            group by (place - 1) / most order by (place - 1) / most;
    elsif what in ('everything', 'signing_keys') then
        insert into latchkey.changes (kind) values (what);
    else
        return;
    end if;
    perform pg_notify('latchkey_changes', '');
end
$$;

-- Microseconds since 1970, 'infinity', '-infinity', or '' for NULL. This and the next one have no
-- settings of their own, so that they are inlined; their callers fix the search_path.
create function latchkey.time_text(t timestamptz) returns text
language sql stable as $$
    select case when t is null then '' when not isfinite(t) then t::text
                else least(extract(epoch from t) * 1000000, 9.2e18)::bigint::text end
$$;

-- A revocation as its six elements. With '-' before its kind it holds no more.
create function latchkey.revocation_text(sign text, r latchkey.revocations) returns text[]
language sql stable as $$
    select array[sign || r.kind, r.issuer, r.value, latchkey.time_text(r.issued_before),
                 latchkey.time_text(r.expires_at), latchkey.time_text(r.created_at)]
$$;

-- Credentials are many where many keys are revoked at once: they are told by their ids alone.
create function latchkey.is_told_by_id(r latchkey.revocations) returns boolean
language sql stable as $$
    select r.kind = 'credential' and r.issued_before is null and r.expires_at is null
$$;

create function latchkey.tell_revocations(sign text, what latchkey.revocations[]) returns void
language plpgsql set search_path = pg_catalog, pg_temp as $$
begin
    if what is null then
        return;
    end if;
    perform latchkey.write_changes('credentials', null, array(
        select sign || r.value from unnest(what) as r where latchkey.is_told_by_id(r)));
    perform latchkey.write_changes('revocations', null, array(
        select unnest(array_agg(latchkey.revocation_text(sign, r)))
        from unnest(what) as r where not latchkey.is_told_by_id(r)));
end
$$;

create function latchkey.revocations_inserted() returns trigger
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
    perform latchkey.tell_revocations('+', (
        select array_agg(n::latchkey.revocations) from new_rows n));
    return null;
end
$$;
-- Not told: why it is revoked.
create function latchkey.revocations_updated() returns trigger
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
    perform latchkey.tell_revocations('-', (
        select array_agg(o::latchkey.revocations) from old_rows o
        where not exists (
            select from new_rows n
            where (n.kind, n.issuer, n.value) = (o.kind, o.issuer, o.value))));
    perform latchkey.tell_revocations('+', (
        select array_agg(n::latchkey.revocations) from new_rows n
        where not exists (
            select from old_rows o
            where (o.kind, o.issuer, o.value, o.created_at)
                = (n.kind, n.issuer, n.value, n.created_at)
              and (o.issued_before, o.expires_at)
                  is not distinct from (n.issued_before, n.expires_at))));
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
create function latchkey.revocations_emptied() returns trigger
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
    perform latchkey.tell_revocations('-', (
        select array_agg(r) from latchkey.revocations r));
    return null;
end
$$;
create trigger latchkey_feed_insert after insert on latchkey.revocations
    referencing new table as new_rows
    for each statement execute function latchkey.revocations_inserted();
create trigger latchkey_feed_update after update on latchkey.revocations
    referencing old table as old_rows new table as new_rows
    for each statement execute function latchkey.revocations_updated();
create trigger latchkey_feed_delete after delete on latchkey.revocations
    referencing old table as old_rows
    for each statement execute function latchkey.revocations_deleted();
create trigger latchkey_feed_truncate before truncate on latchkey.revocations
    for each statement execute function latchkey.revocations_emptied();

-- By row: a statement that finds nothing to do tells nothing.
create function latchkey.signing_keys_changed() returns trigger
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
    perform latchkey.write_changes('signing_keys', null, null);
    return null;
end
$$;
create trigger latchkey_feed_change after insert or update or delete on latchkey.signing_keys
    for each row execute function latchkey.signing_keys_changed();
create trigger latchkey_feed_truncate after truncate on latchkey.signing_keys
    for each statement execute function latchkey.signing_keys_changed();
alter table latchkey.revocations enable always trigger latchkey_feed_insert;
alter table latchkey.revocations enable always trigger latchkey_feed_update;
alter table latchkey.revocations enable always trigger latchkey_feed_delete;
alter table latchkey.revocations enable always trigger latchkey_feed_truncate;
alter table latchkey.signing_keys enable always trigger latchkey_feed_change;
alter table latchkey.signing_keys enable always trigger latchkey_feed_truncate;

-- --- A token falls with what it was made from ---

-- A key that opens nothing any more takes the tokens along that were made from it. No id twice.
create function latchkey.revoke_credentials(ids text[], why text) returns void
language sql set search_path = pg_catalog, pg_temp as $$
    insert into latchkey.revocations (kind, value, reason)
        select 'credential', id, why from unnest(ids) as id
    on conflict (kind, issuer, value) do update set
        issued_before = null, expires_at = null, reason = excluded.reason,
        created_at = excluded.created_at
$$;
-- It opens something again: so do they.
create function latchkey.restore_credentials(ids text[]) returns void
language sql set search_path = pg_catalog, pg_temp as $$
    delete from latchkey.revocations using unnest(ids) as given (name)
        where kind = 'credential' and issuer = '' and value = given.name
$$;

-- A key that was deleted may be put back.
create function latchkey.api_keys_came() returns trigger
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
    delete from latchkey.revocations using new_rows
        where kind = 'credential' and issuer = '' and value = key_id
          and enabled and revoked_at is null;
    return null;
end
$$;
create function latchkey.api_keys_fell() returns trigger
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
    fallen text[];
    risen text[];
begin
    if not exists (select from new_rows) then
        return null;
    end if;
    fallen := array(select key_id from old_rows where enabled and revoked_at is null
                    except select key_id from new_rows where enabled and revoked_at is null);
    risen := array(select key_id from new_rows where enabled and revoked_at is null
                   except select key_id from old_rows where enabled and revoked_at is null);
    if fallen <> '{}' then
        perform latchkey.revoke_credentials(fallen, 'the key is revoked or disabled');
    end if;
    if risen <> '{}' then
        perform latchkey.restore_credentials(risen);
    end if;
    return null;
end
$$;
create function latchkey.api_keys_gone() returns trigger
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
    perform latchkey.revoke_credentials(array(select key_id from old_rows), 'the key is deleted');
    return null;
end
$$;
create function latchkey.api_keys_emptied() returns trigger
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
    perform latchkey.revoke_credentials(array(select key_id from latchkey.api_keys),
                                        'the key is deleted');
    return null;
end
$$;
-- An organization that is not active takes the tokens along that name it, whoever issued them, and
-- for as long as it is not. An old table may hold an id twice, or a NULL, which no token names.
create function latchkey.disable_organizations(ids text[], until timestamptz) returns void
language sql set search_path = pg_catalog, pg_temp as $$
    insert into latchkey.revocations (kind, value, expires_at, reason)
        select distinct 'disabled_organization', id, until, 'the organization is not active'
        from unnest(ids) as id where id is not null
    on conflict (kind, issuer, value) do update set
        issued_before = null, expires_at = excluded.expires_at, created_at = excluded.created_at
$$;
create function latchkey.enable_organizations(ids text[]) returns void
language sql set search_path = pg_catalog, pg_temp as $$
    delete from latchkey.revocations using unnest(ids) as given (name)
        where kind = 'disabled_organization' and issuer = '' and value = given.name
$$;

create function latchkey.organizations_came() returns trigger
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
    perform latchkey.enable_organizations(array(
        select "organization_id"::text from new_rows where "status" = 'active'));
    perform latchkey.disable_organizations(array(
        select "organization_id"::text from new_rows where "status" is distinct from 'active'),
        'infinity');
    return null;
end
$$;
-- The old service updates its arrays often, and the status seldom. Of a changed id the old one is
-- gone.
create function latchkey.organizations_judged() returns trigger
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
    active text[];
    inactive text[];
begin
    select array_agg(id) filter (where status = 'active'),
           array_agg(id) filter (where status is distinct from 'active')
        into active, inactive
        from (select "organization_id"::text, "status" from new_rows
              except select "organization_id"::text, "status" from old_rows) as changed (id, status);
    if active is null and inactive is null then
        return null;
    end if;
    perform latchkey.enable_organizations(active);
    perform latchkey.disable_organizations(inactive, 'infinity');
    perform latchkey.disable_organizations(array(
        select "organization_id"::text from old_rows
        except select "organization_id"::text from new_rows), null);
    return null;
end
$$;
create function latchkey.organizations_gone() returns trigger
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
    perform latchkey.disable_organizations(
        array(select "organization_id"::text from old_rows), null);
    return null;
end
$$;
create function latchkey.organizations_emptied() returns trigger
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
    perform latchkey.disable_organizations(
        (select array_agg("organization_id"::text) from public.organizations), null);
    return null;
end
$$;
-- --- Signing keys: each step under one lock, so that nodes that decide alike act once ---

-- The first key signs at once; any other waits. False: there is such a one already.
create function latchkey.add_signing_key(
    id text, alg text, public_part json, private_part bytea, kek text, is_first boolean,
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

-- By an operator. At once: the current key is dropped, with all that it signed, and the next one,
-- or else the one that is given, takes its place. Otherwise the next key takes over as soon as it
-- has been published for long enough; the one that is given becomes it where there is none.
create function latchkey.rotate_signing_key(
    id text, alg text, public_part json, private_part bytea, kek text, at_once boolean,
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

-- step: triggers of keys
create trigger latchkey_tokens_insert after insert on latchkey.api_keys
    referencing new table as new_rows
    for each statement execute function latchkey.api_keys_came();
create trigger latchkey_tokens_update after update on latchkey.api_keys
    referencing old table as old_rows new table as new_rows
    for each statement execute function latchkey.api_keys_fell();
create trigger latchkey_tokens_delete after delete on latchkey.api_keys
    referencing old table as old_rows
    for each statement execute function latchkey.api_keys_gone();
create trigger latchkey_tokens_truncate before truncate on latchkey.api_keys
    for each statement execute function latchkey.api_keys_emptied();
alter table latchkey.api_keys enable always trigger latchkey_tokens_insert;
alter table latchkey.api_keys enable always trigger latchkey_tokens_update;
alter table latchkey.api_keys enable always trigger latchkey_tokens_delete;
alter table latchkey.api_keys enable always trigger latchkey_tokens_truncate;

-- Which organizations are not active already is read by a later step, in batches.
-- step: triggers of organizations
create trigger latchkey_tokens_insert after insert on public.organizations
    referencing new table as new_rows
    for each statement execute function latchkey.organizations_came();
create trigger latchkey_tokens_update after update on public.organizations
    referencing old table as old_rows new table as new_rows
    for each statement execute function latchkey.organizations_judged();
create trigger latchkey_tokens_delete after delete on public.organizations
    referencing old table as old_rows
    for each statement execute function latchkey.organizations_gone();
create trigger latchkey_tokens_truncate before truncate on public.organizations
    for each statement execute function latchkey.organizations_emptied();
alter table public.organizations enable always trigger latchkey_tokens_insert;
alter table public.organizations enable always trigger latchkey_tokens_update;
alter table public.organizations enable always trigger latchkey_tokens_delete;
alter table public.organizations enable always trigger latchkey_tokens_truncate;
