-- What operators are told of their changes: receipts, which a verification may carry, and the answers
-- that an Idempotency-Key repeats.

-- Authenticates receipts on all nodes: they are opaque to whoever holds one. 244 random bits.
create table latchkey.receipt_key (
    one boolean primary key default true check (one),
    key bytea not null check (octet_length(key) = 32)
);
insert into latchkey.receipt_key (key)
    values (sha256(uuid_send(gen_random_uuid()) || uuid_send(gen_random_uuid())));
comment on table latchkey.receipt_key is
    'whoever knows it can make receipts, and by them have verifications wait; no credential is good by it';

-- The eras that this database has lived through, as its nodes have met them. A receipt of one of them
-- is about a state that lies behind the present one; a receipt of another era may be about a state that
-- this database has never had. So may one of an era that came with a dump, whose life went on behind
-- the dump: only rows count that were written here, by the transaction that they name.
create table latchkey.eras (
    era text collate "C" primary key,
    written_in text collate "C" not null, -- system identifier and database
    xid xid8 not null default pg_current_xact_id(),
    noted_at timestamptz not null default clock_timestamp()
);
insert into latchkey.eras (era, written_in)
    select concat(e.id, '.', e.tableoid, '.', e.xmin), concat(c.system_identifier, '/', d.oid)
    from latchkey.era e, pg_control_system() c, pg_database d where d.datname = current_database();

-- One row for each key that came with a change. It is written in the change's own transaction, and so is
-- there exactly if the change is. The answer is added when it is known, without its secret.
create table latchkey.idempotency_keys (
    id bytea primary key,           -- SHA-256 of who asked and of the key
    request bytea not null,         -- SHA-256 of method, target and body
    xid xid8 not null default pg_current_xact_id(),
    at timestamptz not null default clock_timestamp(),
    asked text not null,            -- id of the request that claimed it
    http_status integer not null,   -- what the change answers
    ids text not null,              -- the ids that were known before it, a JSON object
    answer text
);
create index idempotency_keys_at_idx on latchkey.idempotency_keys (at);

-- Fails if the key was used within a day, or if another transaction that has claimed it is under way: it
-- does not wait for that one.
create function latchkey.claim_idempotency_key(
    claimed bytea, of_request bytea, by_request text, with_status integer, with_ids text)
returns void
language plpgsql set search_path = pg_catalog, pg_temp as $$
begin
    if not pg_try_advisory_xact_lock(
        ('x' || encode(substr(claimed, 1, 8), 'hex'))::bit(64)::bigint) then
        raise exception 'the Idempotency-Key is in use' using errcode = 'LK409';
    end if;
    insert into latchkey.idempotency_keys as k (id, request, asked, http_status, ids)
        values (claimed, of_request, by_request, with_status, with_ids)
        on conflict (id) do update set
            request = excluded.request, xid = excluded.xid, at = excluded.at,
            asked = excluded.asked, http_status = excluded.http_status, ids = excluded.ids, answer = null
        where k.at < clock_timestamp() - interval '1 day';
    if not found then
        raise exception 'the Idempotency-Key was used' using errcode = 'LK409';
    end if;
end
$$;

-- Deletes what is older than a day; 100,000 at most, so that it ends within a poll's deadline.
create function latchkey.prune_idempotency_keys() returns bigint
language sql set search_path = pg_catalog, pg_temp as $$
    with gone as (
        delete from latchkey.idempotency_keys where id in (
            select id from latchkey.idempotency_keys
            where at < clock_timestamp() - interval '1 day'
            limit 100000 for update skip locked)
        returning 1)
    select count(*) from gone
$$;

-- They do nothing that their caller may not do.
grant execute on function latchkey.claim_idempotency_key(bytea, bytea, text, integer, text),
    latchkey.prune_idempotency_keys() to public;
