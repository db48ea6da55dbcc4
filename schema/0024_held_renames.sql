-- What is held stays held under another id: the older service renames organizations, devices and the
-- keys of its arrays.

-- step: holds follow renames
alter table latchkey.holds add column moved_xid xid8;
comment on column latchkey.holds.moved_xid is
    'the transaction that renamed what is held, or its holder: what rises in it is no restoration';

-- Of what changes its id, the hold is of both ids. The ids agree place by place.
create function latchkey.move_holds(of_kind text, before text[], after text[]) returns void
language plpgsql set search_path = pg_catalog, pg_temp as $$
declare
    moved text[];
    came text[];
begin
    if not exists (select from latchkey.holds) then
        return;
    end if;
    select array_agg(h.value order by e.new_id collate "C"),
           array_agg(e.new_id order by e.new_id collate "C") into moved, came
        from unnest(before, after) as e (old_id, new_id)
        join latchkey.holds h
            on h.kind = of_kind and h.issuer = '' and h.value = e.old_id collate "C"
        where e.new_id collate "C" <> e.old_id collate "C";
    if moved is null then
        return;
    end if;
    update latchkey.holds set moved_xid = pg_current_xact_id()
        where kind = of_kind and issuer = '' and value = any (moved);
    insert into latchkey.holds as there
        (kind, issuer, value, revoked_at, reasserted_at, reasserted_by, era, had_row, moved_xid)
        select distinct on (e.new_id collate "C")
            h.kind, '', e.new_id, h.revoked_at, h.reasserted_at, h.reasserted_by, h.era, false,
            h.moved_xid
        from unnest(moved, came) as e (old_id, new_id)
        join latchkey.holds h
            on h.kind = of_kind and h.issuer = '' and h.value = e.old_id collate "C"
        order by e.new_id collate "C"
    on conflict (kind, issuer, value) do update set moved_xid = excluded.moved_xid;
    if of_kind = 'disabled_organization' then
        perform latchkey.hold_organizations(came);
    end if;
end
$$;

-- Tokens of other issuers may name it by the new id.
create function latchkey.hold_organizations(ids text[]) returns void
language sql set search_path = pg_catalog, pg_temp as $$
    insert into latchkey.revocations (kind, value, expires_at, reason)
        select distinct 'disabled_organization', id collate "C", 'infinity'::timestamptz, 'reasserted'
        from unnest(ids) as id order by 2
    on conflict (kind, issuer, value) do nothing
$$;

-- Which of these may be good again: not what is held, if nothing rises, or if it has the hold from a
-- rename in this transaction.
create function latchkey.may_rise(of_kind text, ids text[], rises boolean) returns text[]
language sql stable set search_path = pg_catalog, pg_temp as $$
    select array(
        select id from unnest(ids) as id
        where not exists (select from latchkey.holds h
                          where h.kind = of_kind and h.issuer = '' and h.value = id
                            and (not rises or h.moved_xid = pg_current_xact_id())))
$$;

do $$
declare
    one record;
    whole text;
begin
    for one in
        select * from (values
            ('find_lost', 'k.row_expires_at
               )::latchkey.holds', 'k.row_expires_at, null::xid8
               )::latchkey.holds'),
            ('restore_credentials', 'if has_holds and not rises then
        risen := array(
            select id from unnest(ids) as id
            where not exists (select from latchkey.holds h
                              where h.kind = of_kind and h.issuer = '''' and h.value = id));
    end if;',
             'if has_holds then
        risen := latchkey.may_rise(of_kind, ids, rises);
    end if;'),
            ('enable_organizations', 'if not rises and exists (select from latchkey.holds) then
        risen := array(
            select id from unnest(ids) as id
            where not exists (select from latchkey.holds h
                              where h.kind = ''disabled_organization'' and h.issuer = ''''
                                and h.value = id));
    end if;',
             'if exists (select from latchkey.holds) then
        risen := latchkey.may_rise(''disabled_organization'', ids, rises);
    end if;'),
            ('api_keys_row', 'if tg_op = ''DELETE'' or (tg_op = ''UPDATE'' and was_good',
             'if tg_op = ''UPDATE'' then
        perform latchkey.move_holds(''api_key'', array[old.key_id], array[new.key_id]);
    end if;
    if tg_op = ''DELETE'' or (tg_op = ''UPDATE'' and was_good'),
            ('devices_row', 'if tg_op = ''DELETE'' or (was_good and',
             'perform latchkey.move_holds(''device'', array[old_id], array[new_id]);
    if tg_op = ''DELETE'' or (was_good and'),
            ('api_keys_fell', 'if fallen <> ''{}'' then',
             'if is_renamed then
        perform latchkey.move_holds(''api_key'', array(select key_id from old_rows),
                                    array(select key_id from new_rows));
    end if;
    if fallen <> ''{}'' then'),
            ('devices_fell', 'if fallen <> ''{}'' then',
             'if is_renamed then
        perform latchkey.move_holds(''device'', array(select DEVICE_ID::text from old_rows),
                                    array(select DEVICE_ID::text from new_rows));
    end if;
    if fallen <> ''{}'' then'),
            ('follow_renames', 'begin
    perform set_config(''latchkey.follows_renames''',
             'begin
    perform latchkey.move_holds(''disabled_organization'',
        array(select m.old_id::text from unnest(renames) as m),
        array(select m.new_id::text from unnest(renames) as m));
    perform set_config(''latchkey.follows_renames''')) as e (function, before, after)
    loop
        whole := pg_get_functiondef(('latchkey.' || one.function)::regproc);
        if position(one.before in whole) = 0 then
            raise exception 'latchkey.% is not as it was', one.function;
        end if;
        execute replace(whole, one.before, one.after);
    end loop;
end
$$;

revoke execute on function
    latchkey.move_holds(text, text[], text[]), latchkey.hold_organizations(text[]),
    latchkey.may_rise(text, text[], boolean) from public;

-- An operator waits for nodes that are writing back.
alter function latchkey.accept_database() set lock_timeout = '10s';
