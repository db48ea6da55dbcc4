-- How often a key may be verified: `quantity` in each window of so many seconds, and `burst` at once to
-- who was away (without one, as much as the quantity). No more than one in a
-- microsecond, and a used-up burst is there again within six days: the server's limiter counts seven, less
-- what it rounds.

alter table latchkey.api_keys
    add column rate_limit_quantity bigint,
    add column rate_limit_window_s integer,
    add column rate_limit_burst bigint,
    add constraint api_keys_rate_limit_check check (
        case when rate_limit_quantity is null
        then rate_limit_window_s is null and rate_limit_burst is null
        else rate_limit_window_s is not null
            and rate_limit_quantity between 1 and 1000000000
            and rate_limit_window_s between 1 and 518400
            and rate_limit_quantity <= rate_limit_window_s * 1000000::bigint
            and coalesce(rate_limit_burst, rate_limit_quantity) between 1 and 1000000000
            and coalesce(rate_limit_burst, rate_limit_quantity) * rate_limit_window_s
                <= 518400 * rate_limit_quantity
        end);

-- They are judged, so a change of them is a change of the key.
create or replace function latchkey.api_keys_updated() returns trigger
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
    perform latchkey.write_changes('api_keys', (
        select array_agg(distinct key_hash) from (
            (select key_hash, key_id, organization_id, name, external_id, scopes, metadata,
                    expires_at, enabled, revoked_at, allowed_networks, rate_limit_quantity,
                    rate_limit_window_s, rate_limit_burst from old_rows
             except
             select key_hash, key_id, organization_id, name, external_id, scopes, metadata,
                    expires_at, enabled, revoked_at, allowed_networks, rate_limit_quantity,
                    rate_limit_window_s, rate_limit_burst from new_rows)
            union all
            (select key_hash, key_id, organization_id, name, external_id, scopes, metadata,
                    expires_at, enabled, revoked_at, allowed_networks, rate_limit_quantity,
                    rate_limit_window_s, rate_limit_burst from new_rows
             except
             select key_hash, key_id, organization_id, name, external_id, scopes, metadata,
                    expires_at, enabled, revoked_at, allowed_networks, rate_limit_quantity,
                    rate_limit_window_s, rate_limit_burst from old_rows)
        ) as differing), null);
    return null;
end
$$;
