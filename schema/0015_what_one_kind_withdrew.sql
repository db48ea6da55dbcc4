-- A device that came withdrew what was revoked of a key with its id, and a key what was of a device:
-- that was so as long as revocations did not tell the kinds apart. Tokens may live that were made from
-- what is revoked or disabled, so it is revoked again.
select latchkey.revoke_credentials('api_key', array(
    select k.key_id from latchkey.api_keys k
    where (k.revoked_at is not null or not k.enabled) and exists (
        select from public.device_credentials d
        where latchkey.device_key(d.device_id::text) = latchkey.device_key(k.key_id))),
    'the key is revoked or disabled');
select latchkey.revoke_credentials('device', array(
    select d.device_id::text from public.device_credentials d
    join latchkey.api_keys k on k.key_id = d.device_id::text
    where d.revoked_at is not null or latchkey.is_active(d.status) is not true),
    'the device is revoked or disabled');
