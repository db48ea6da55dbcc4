-- The rows of the feed belong to the database that they were written in: each records its era, so that
-- what a dump brings along is known as another's. A node's heartbeats are numbered, so that a node sees
-- when the database remembers less than it did.

lock table latchkey.changes, latchkey.nodes in access exclusive mode;

-- The era as the poll tells it: its row, and where that stands, since a restored copy of the row has the
-- same id. Nothing, while none has begun after a crash.
create function latchkey.current_era() returns text
language sql stable set search_path = pg_catalog, pg_temp as $$
    select concat(e.id, '.', e.tableoid, '.', e.xmin) from latchkey.era e
$$;
revoke execute on function latchkey.current_era() from public;

-- NULL: written before there was this column, or while no era had begun.
alter table latchkey.changes add column era text collate "C";
alter table latchkey.changes alter column era set default latchkey.current_era();
comment on column latchkey.changes.era is
    'the era that it was written in; another''s is ignored, and deleted; NULL: applied';

-- Grows with each heartbeat of the process.
alter table latchkey.nodes add column beat bigint;
comment on column latchkey.nodes.beat is
    'how many heartbeats the process had sent; a lower one than it knows of: the database is a copy';

-- As before, 100,000 of each kind at most: who is told of as many calls again soon. Besides, what was
-- written elsewhere is deleted: rows of another era, and rows of transactions that this cluster has not
-- begun. `pruned_below` of this cluster is never above the oldest transaction that runs, and any other says
-- nothing about it. No aggregates over xid8, which PostgreSQL 14 does not have.
create or replace function latchkey.prune_changes(keep interval, margin interval) returns bigint
language plpgsql set search_path = pg_catalog, pg_temp as $$
declare
    most constant int := 100000; -- so that it ends within a poll's deadline
    here text;
    horizon xid8;
    oldest_applied xid8;
    highest xid8;
    deleted bigint;
begin
    if not pg_try_advisory_xact_lock(7021860473811) then
        return 0;
    end if;
    select concat(e.id, '.', e.tableoid, '.', e.xmin) into here from latchkey.era e;
    delete from latchkey.changes where seq in (
        select seq from latchkey.changes
        where era <> here or xid >= pg_snapshot_xmax(pg_current_snapshot()) limit most);
    update latchkey.feed_state set pruned_below = '0'
        where pruned_below > pg_snapshot_xmin(pg_current_snapshot());

    delete from latchkey.nodes
        where heartbeat_at < clock_timestamp() - (max_staleness + margin) - interval '1 day';
    select pg_snapshot_xmin(applied) into oldest_applied from latchkey.nodes
        where applied is not null and heartbeat_at > clock_timestamp() - (max_staleness + margin)
        order by 1 limit 1;
    horizon := least(pg_snapshot_xmin(pg_current_snapshot()), oldest_applied);
    with gone as (
        delete from latchkey.changes where seq in (
            select seq from latchkey.changes
            where xid < horizon and at < clock_timestamp() - keep order by xid limit most)
        returning xid)
    select count(*), (select xid from gone order by xid desc limit 1) into deleted, highest
        from gone;
    if deleted > 0 then
        update latchkey.feed_state set pruned_below =
            greatest(pruned_below, ((highest::text::numeric + 1)::text)::xid8);
    end if;
    return deleted;
end
$$;
