-- Devices that another Latchkey has exported: disabled and revoked ones, and those with two secrets.

-- As before. What an element does not name, the columns' defaults decide: `status` is there for a
-- disabled device alone.
create or replace function latchkey.import_devices(given jsonb)
returns table (id text, problem text)
language plpgsql set search_path = pg_catalog, pg_temp as $$
declare
    element jsonb;
    one public.device_credentials;
    good jsonb[] := '{}';
    seen bytea[] := '{}';
begin
    perform latchkey.lock_credential_ids(array(
        select e ->> 'device_id' from jsonb_array_elements(given) as e));
    for element in select e from jsonb_array_elements(given) as e loop
        id := element ->> 'device_id';
        begin
            one := jsonb_populate_record(null::public.device_credentials, element);
            problem := case
                when not exists (select from public.organizations o
                                 where latchkey.is_devices_organization(
                                     o."organization_id", one.ORGANIZATION_ID))
                then 'organization'
                when latchkey.device_key(one.DEVICE_ID::text) = any (seen)
                     or exists (select from public.device_credentials d
                                where latchkey.device_key(d.DEVICE_ID::text)
                                    = latchkey.device_key(one.DEVICE_ID::text))
                then 'taken'
                when exists (select from latchkey.api_keys k where k.key_id = one.DEVICE_ID::text)
                then 'key' end;
        exception when data_exception then
            problem := 'unreadable';
        end;
        if problem is null then
            good := good || element;
            seen := seen || latchkey.device_key(one.DEVICE_ID::text);
        else
            return next;
        end if;
    end loop;

    -- Another one may have been quicker.
    return query
        with readable as materialized (
            select * from jsonb_populate_recordset(
                null::public.device_credentials, to_jsonb(good))),
        enabled as (
            insert into public.device_credentials as d
                (DEVICE_ID, DEVICE_SECRET, ORGANIZATION_ID, NAME, scopes, metadata,
                 previous_secret, previous_secret_until, previous_secret_since,
                 revoked_at, revoked_reason)
                select g.DEVICE_ID, g.DEVICE_SECRET, g.ORGANIZATION_ID, g.NAME, g.scopes,
                       g.metadata, g.previous_secret, g.previous_secret_until,
                       g.previous_secret_since, g.revoked_at, g.revoked_reason
                from readable as g where g.STATUS is null
                order by latchkey.device_key(g.DEVICE_ID::text)
            on conflict do nothing
            returning d.DEVICE_ID::text as made),
        disabled as (
            insert into public.device_credentials as d
                (DEVICE_ID, DEVICE_SECRET, ORGANIZATION_ID, NAME, scopes, metadata,
                 previous_secret, previous_secret_until, previous_secret_since,
                 revoked_at, revoked_reason, STATUS)
                select g.DEVICE_ID, g.DEVICE_SECRET, g.ORGANIZATION_ID, g.NAME, g.scopes,
                       g.metadata, g.previous_secret, g.previous_secret_until,
                       g.previous_secret_since, g.revoked_at, g.revoked_reason, g.STATUS
                from readable as g where g.STATUS is not null
                order by latchkey.device_key(g.DEVICE_ID::text)
            on conflict do nothing
            returning d.DEVICE_ID::text as made)
        select e ->> 'device_id', 'taken' from unnest(good) as e
        where not exists (
            select from (select made from enabled union all select made from disabled) as i
            where i.made = ((jsonb_populate_record(
                null::public.device_credentials, e)).DEVICE_ID)::text);
end
$$;
