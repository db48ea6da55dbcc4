-- public.organizations.api_keys, mirrored into latchkey.api_keys, so that a writer that still edits
-- the arrays keeps working.
--
-- * An element's key_hash (64 hexadecimal digits) is required. key_id, name, scopes, permissions,
--   is_active, status, expires_at, created_at and metadata are read as they come; anything else is
--   kept as metadata.
-- * What cannot be read is skipped with a warning. The writer never gets an error for it.
-- * The array owns only the rows that it made (origin = 'organization_array'). Keys made by Latchkey
--   and hashes of other organizations are left alone.
-- * A removed element becomes revoked. The same element put back makes it good again, since that is
--   the old service's way to say so; a key revoked in Latchkey stays revoked whatever the array says.
-- * Dates without a time zone are UTC.

-- step: functions
-- A list of scopes: an array of scalars, or one string with spaces or commas. NULL: neither.
create function latchkey.read_scopes(value jsonb) returns text[]
language sql immutable set search_path = pg_catalog, pg_temp as $$
    select case jsonb_typeof(value)
        when 'array' then coalesce((
            select array_agg(item #>> '{}' order by place)
            from jsonb_array_elements(value) with ordinality as items (item, place)
            where jsonb_typeof(item) in ('string', 'number')), '{}')
        when 'string' then array_remove(regexp_split_to_array(value #>> '{}', '[\s,]+'), '')
    end
$$;

-- A date: ISO text, or seconds since 1970. Raises what the cast raises.
create function latchkey.read_date(value jsonb) returns timestamptz
language plpgsql stable
set search_path = pg_catalog, pg_temp set timezone = 'UTC' set datestyle = 'ISO, YMD' as $$
begin
    if jsonb_typeof(value) is null or jsonb_typeof(value) = 'null' or value = '""' then
        return null;
    elsif jsonb_typeof(value) = 'number' then
        return to_timestamp((value #>> '{}')::double precision);
    elsif jsonb_typeof(value) <> 'string' then
        raise datetime_field_overflow using message = 'a date must be a text or a number';
    end if;
    return (value #>> '{}')::timestamptz;
end
$$;

-- The hash of an element, or NULL where it has none that can be read. Without settings of its own it
-- is inlined, which an array of 10,000 elements feels; its callers fix the search_path.
create function latchkey.read_key_hash(element jsonb) returns bytea
language sql immutable as $$
    select case
        when jsonb_typeof(element) = 'object' and jsonb_typeof(element -> 'key_hash') = 'string'
             and element ->> 'key_hash' ~* '^[0-9a-f]{64}$'
        then decode(element ->> 'key_hash', 'hex')
    end
$$;

create function latchkey.element_is_enabled(element jsonb) returns boolean
language sql immutable set search_path = pg_catalog, pg_temp as $$
    select coalesce(nullif(element -> 'is_active', 'null') in
                        ('true', '1', '"true"', '"True"', '"TRUE"', '"t"', '"1"', '"yes"'), true)
       and coalesce(lower(element ->> 'status') = 'active', true)
$$;

-- Writes one element's row. Answers with a sentence when it cannot, else NULL.
create function latchkey.mirror_element(
    organization latchkey.api_keys.organization_id%type, element jsonb) returns text
language plpgsql set search_path = pg_catalog, pg_temp as $$
declare
    hash bytea := latchkey.read_key_hash(element);
    removed constant text := 'removed from organizations.api_keys';
    id text;
    granted text[];
    kept jsonb;
    owner record;
begin
    if hash is null then
        return 'it is not an object with a key_hash of 64 hexadecimal digits';
    end if;
    id := coalesce(nullif(element ->> 'key_id', ''),
                   'key_' || substr(encode(sha256(hash), 'hex'), 1, 24));
    granted := coalesce(latchkey.read_scopes(element -> 'scopes'), '{}')
            || coalesce(latchkey.read_scopes(element -> 'permissions'), '{}');
    kept := element - array['key_hash', 'key_id', 'name', 'scopes', 'permissions', 'is_active',
                            'status', 'expires_at', 'created_at', 'metadata'];
    if jsonb_typeof(element -> 'metadata') = 'object' then
        kept := kept || (element -> 'metadata');
    elsif jsonb_typeof(element -> 'metadata') <> 'null' then
        kept := kept || jsonb_build_object('metadata', element -> 'metadata');
    end if;

    insert into latchkey.api_keys as k (key_hash, key_id, organization_id, name, scopes, metadata,
                                        enabled, expires_at, origin, created_at)
    values (hash, id, organization, element ->> 'name',
            array(select distinct s from unnest(granted) as s order by s), kept,
            latchkey.element_is_enabled(element), latchkey.read_date(element -> 'expires_at'),
            'organization_array',
            coalesce(latchkey.read_date(element -> 'created_at'), now()))
    on conflict (key_hash) do update
        set key_id = excluded.key_id, name = excluded.name, scopes = excluded.scopes,
            metadata = excluded.metadata, enabled = excluded.enabled,
            expires_at = excluded.expires_at,
            revoked_at = case when k.revoked_reason = removed then null else k.revoked_at end,
            revoked_reason = nullif(k.revoked_reason, removed)
        where k.organization_id = excluded.organization_id and k.origin = 'organization_array'
          and (k.key_id, k.name, k.scopes, k.metadata, k.enabled, k.expires_at, k.revoked_reason)
              is distinct from
              (excluded.key_id, excluded.name, excluded.scopes, excluded.metadata,
               excluded.enabled, excluded.expires_at, nullif(k.revoked_reason, removed));

    select k.organization_id, k.origin into owner from latchkey.api_keys k where k.key_hash = hash;
    if owner.organization_id is distinct from organization then
        return 'another organization has this key';
    elsif owner.origin <> 'organization_array' then
        return 'this key was made by Latchkey, and is changed there';
    end if;
    return null;
exception
    when unique_violation then
        return 'another key has this key_id';
    when data_exception or integrity_constraint_violation or program_limit_exceeded then
        return 'a value in it cannot be read (SQLSTATE ' || sqlstate || ')';
end
$$;

-- The array's elements; none, where it is no array. Inlined as well.
create function latchkey.array_elements(value jsonb) returns setof jsonb
language sql immutable as $$
    select jsonb_array_elements(case jsonb_typeof(value) when 'array' then value else '[]' end)
$$;

-- Each hash with its last element; of those without a hash, one.
create function latchkey.last_elements(value jsonb) returns table (key_hash bytea, element jsonb)
language sql immutable set search_path = pg_catalog, pg_temp as $$
    select distinct on (hash) hash, e
    from (select latchkey.read_key_hash(e) as hash, e, place
          from latchkey.array_elements(value) with ordinality as a (e, place)) as hashed
    order by hash, place desc
$$;

-- Mirrors what differs between two states of one organization's array.
create function latchkey.mirror_array(
    organization latchkey.api_keys.organization_id%type, before jsonb, after jsonb) returns void
language plpgsql set search_path = pg_catalog, pg_temp as $$
declare
    element jsonb;
    problem text;
begin
    if jsonb_typeof(after) not in ('array', 'null') then
        raise warning 'organizations.api_keys of organization % is no array: it counts as empty',
            organization;
    end if;

    update latchkey.api_keys k
        set revoked_at = now(), revoked_reason = 'removed from organizations.api_keys'
        where k.origin = 'organization_array' and k.organization_id = organization
          and k.revoked_at is null
          and k.key_hash in (
              select latchkey.read_key_hash(e) from latchkey.array_elements(before) as e
              except
              select latchkey.read_key_hash(e) from latchkey.array_elements(after) as e);

    -- In the order of their hashes: two writers with keys in common take the same locks in turn.
    -- Of equal hashes the last element counts, before as after.
    for element in
        select e from latchkey.last_elements(after) as a (hash, e)
        where e not in (select b.e from latchkey.last_elements(before) as b (hash, e))
        order by hash
    loop
        problem := latchkey.mirror_element(organization, element);
        if problem is not null then
            raise warning 'an element of organizations.api_keys of organization % is skipped: %',
                organization, problem;
        end if;
    end loop;
end
$$;

-- The old service's role has rights on schema public alone: the trigger acts with its owner's.
create function latchkey.mirror_organization() returns trigger
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
    if tg_op = 'TRUNCATE' then
        update latchkey.api_keys
            set revoked_at = now(), revoked_reason = 'removed from organizations.api_keys'
            where origin = 'organization_array' and revoked_at is null;
    elsif tg_op = 'DELETE' then
        perform latchkey.mirror_array(old."organization_id", old."api_keys", '[]');
    elsif tg_op = 'INSERT' then
        perform latchkey.mirror_array(new."organization_id", '[]', new."api_keys");
    else
        if new."organization_id" is distinct from old."organization_id" then
            update latchkey.api_keys set organization_id = new."organization_id"
                where organization_id = old."organization_id";
        end if;
        perform latchkey.mirror_array(new."organization_id", old."api_keys", new."api_keys");
    end if;
    return null;
end
$$;

revoke execute on all functions in schema latchkey from public;

-- step: triggers of organizations
create trigger latchkey_mirror_insert after insert on public.organizations
    for each row execute function latchkey.mirror_organization();
create trigger latchkey_mirror_update after update on public.organizations
    for each row
    when (old."api_keys" is distinct from new."api_keys"
          or old."organization_id" is distinct from new."organization_id")
    execute function latchkey.mirror_organization();
create trigger latchkey_mirror_delete after delete on public.organizations
    for each row execute function latchkey.mirror_organization();
create trigger latchkey_mirror_truncate after truncate on public.organizations
    for each statement execute function latchkey.mirror_organization();

-- Also in a session that replays a replica's or a restore's changes.
alter table public.organizations enable always trigger latchkey_mirror_insert;
alter table public.organizations enable always trigger latchkey_mirror_update;
alter table public.organizations enable always trigger latchkey_mirror_delete;
alter table public.organizations enable always trigger latchkey_mirror_truncate;

-- What is there already is mirrored by a later step, in batches.
