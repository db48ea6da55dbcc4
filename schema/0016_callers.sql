-- What a key may as a caller of Latchkey itself: the scopes that begin with "latchkey:". They stand apart from
-- `scopes`, which arrays, imports and older writers fill: there such a text never counts.

-- step: column of keys
-- No row is read while the table is locked.
alter table latchkey.api_keys
    add column caller_scopes text[] not null default '{}';
alter table latchkey.api_keys
    add constraint api_keys_caller_scopes_check check (array_position(caller_scopes, null) is null)
        not valid,
    -- The array's writer must not come to hold what an operator gave.
    add constraint api_keys_caller_origin_check check (
        origin <> 'organization_array' or caller_scopes = '{}') not valid;
comment on column latchkey.api_keys.caller_scopes is
    'what the key may ask of Latchkey; only Latchkey''s admin path writes it';

-- step: checks of keys
alter table latchkey.api_keys
    validate constraint api_keys_caller_scopes_check,
    validate constraint api_keys_caller_origin_check;

-- step: functions
-- They are judged, so a change of them is a change of the key.
create or replace function latchkey.api_keys_updated() returns trigger
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
    perform latchkey.write_changes('api_keys', (
        select array_agg(distinct key_hash) from (
            (select key_hash, key_id, organization_id, name, external_id, scopes, metadata,
                    expires_at, enabled, revoked_at, allowed_networks, rate_limit_quantity,
                    rate_limit_window_s, rate_limit_burst, caller_scopes from old_rows
             except
             select key_hash, key_id, organization_id, name, external_id, scopes, metadata,
                    expires_at, enabled, revoked_at, allowed_networks, rate_limit_quantity,
                    rate_limit_window_s, rate_limit_burst, caller_scopes from new_rows)
            union all
            (select key_hash, key_id, organization_id, name, external_id, scopes, metadata,
                    expires_at, enabled, revoked_at, allowed_networks, rate_limit_quantity,
                    rate_limit_window_s, rate_limit_burst, caller_scopes from new_rows
             except
             select key_hash, key_id, organization_id, name, external_id, scopes, metadata,
                    expires_at, enabled, revoked_at, allowed_networks, rate_limit_quantity,
                    rate_limit_window_s, rate_limit_burst, caller_scopes from old_rows)
        ) as differing), null);
    return null;
end
$$;
