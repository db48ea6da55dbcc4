-- Credits: how much a key, or all keys of an owner, may still cost. Nodes take them in slices (leases), so
-- that a verification writes nothing. Where a key's own limit is counted: on each node, or for all nodes
-- together. And how much was used of which key on which day.

-- step: columns of keys
-- No row is read while the table is locked.
alter table latchkey.api_keys
    add column rate_limit_scope text not null default 'node',
    add column credit_account bigint;
-- not used by older nodes: they leave the scope as it is, and never make one of the fleet.
alter table latchkey.api_keys
    add constraint api_keys_rate_limit_scope_check check (
        rate_limit_scope = 'node'
        or (rate_limit_scope = 'fleet'
            and coalesce(rate_limit_burst, rate_limit_quantity) is not distinct from rate_limit_quantity))
        not valid;
comment on column latchkey.api_keys.rate_limit_scope is
    'node: each node counts by itself; fleet: all nodes together, by windows of the database''s clock';
comment on column latchkey.api_keys.credit_account is
    'what the key spends from: its own account, or else its owner''s; kept by triggers, whatever is written';

-- step: checks of keys
alter table latchkey.api_keys validate constraint api_keys_rate_limit_scope_check;

-- step: tables
-- `remaining` is what no node holds, `leased` what nodes hold now, `unaccounted` what nodes held that were
-- lost, which counts as spent; `spent` is what nodes have told. Their sum is what was ever given. An owner is
-- whoever has an external id within an organization.
do $$
declare
    id_type text := (
        select pg_catalog.format_type(atttypid, atttypmod) from pg_catalog.pg_attribute
        where attrelid = 'latchkey.api_keys'::regclass and attname = 'organization_id');
begin
    execute pg_catalog.format(
        'create table latchkey.credit_accounts (
             account bigint generated always as identity primary key,
             kind text not null check (kind in (''key'', ''owner'')),
             key_id text constraint credit_accounts_key_id_key unique,
             organization_id %s,
             external_id text,
             remaining bigint not null check (remaining between 0 and 1000000000000000),
             leased bigint not null default 0 check (leased >= 0),
             unaccounted bigint not null default 0 check (unaccounted >= 0),
             spent bigint not null default 0 check (spent >= 0),
             refill_amount bigint check (refill_amount between 1 and 1000000000000000),
             refill_every_s bigint check (refill_every_s between 1 and 3155760000),
             refilled_at timestamptz not null default clock_timestamp() check (isfinite(refilled_at)),
             created_at timestamptz not null default clock_timestamp(),
             changed_at timestamptz not null default clock_timestamp(),
             constraint credit_accounts_owner_key unique (external_id, organization_id) deferrable,
             constraint credit_accounts_named_check check (case kind
                 when ''key'' then key_id is not null and organization_id is null and external_id is null
                 else key_id is null and organization_id is not null and external_id is not null end),
             constraint credit_accounts_refill_check check (
                 (refill_amount is null) = (refill_every_s is null))
         ) with (fillfactor = 70)', id_type);
end
$$;
comment on table latchkey.credit_accounts is
    'what keys and owners may still spend; an owner is an external id within an organization';

-- What a node holds of an account; and of a node that was taken for lost, what it held then.
create table latchkey.credit_leases (
    instance text collate "C",
    account bigint,
    held bigint not null check (held > 0),
    primary key (instance, account)
) with (fillfactor = 70);
create index credit_leases_account_idx on latchkey.credit_leases (account);
create table latchkey.credit_write_offs (
    instance text collate "C",
    account bigint,
    amount bigint not null check (amount > 0),
    at timestamptz not null default clock_timestamp(),
    primary key (instance, account)
);
create index credit_write_offs_account_idx on latchkey.credit_write_offs (account);

-- The last call of each node, and what it was answered: a call that is repeated does nothing twice.
create table latchkey.credit_answers (
    instance text collate "C" primary key,
    seq bigint not null default -1,
    granted bigint[] not null default '{}',
    remaining bigint[] not null default '{}',
    known boolean[] not null default '{}',
    asked_at timestamptz not null default clock_timestamp()
) with (fillfactor = 50);

-- By the day of UTC. `valid` and `cost` are counted as uses are, `credits` is what nodes told that they
-- spent; '' stands for a key or an owner that is not known. A row stays what it was, whoever the key or the
-- organization is today.
create table latchkey.usage_by_day (
    day date,
    organization_id text collate "C",
    key_id text collate "C",
    external_id text collate "C",
    valid bigint not null default 0,
    cost bigint not null default 0,
    credits bigint not null default 0,
    primary key (day, organization_id, key_id, external_id)
) with (fillfactor = 70);
create index usage_by_day_key_id_idx on latchkey.usage_by_day (key_id, day);

-- step: functions

-- --- Which account a key spends from ---

create function latchkey.credit_account_of(
    of_key text, of_organization latchkey.api_keys.organization_id%type, of_owner text) returns bigint
language sql stable set search_path = pg_catalog, pg_temp as $$
    select coalesce(
        (select a.account from latchkey.credit_accounts a where a.key_id = of_key),
        (select a.account from latchkey.credit_accounts a
         where a.external_id = of_owner
           and latchkey.same_organization(a.organization_id, of_organization)))
$$;

-- Who gives a key an owner, and who makes or removes an account of that owner, must see each other: the first
-- hold this lock together, the second alone. There are 64 of them, since one statement may write many keys.
create function latchkey.owner_lock(of_owner text) returns bigint
language sql immutable set search_path = pg_catalog, pg_temp as $$
    select 7021860474000 + (hashtextextended(of_owner, 0) & 63)
$$;

-- Whatever is written, the column is what it has to be.
create function latchkey.api_keys_credited() returns trigger
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
    if new.external_id is not null then
        perform pg_advisory_xact_lock_shared(latchkey.owner_lock(new.external_id));
    end if;
    if tg_op = 'UPDATE' then
        new.credit_account := coalesce(
            (select a.account from latchkey.credit_accounts a where a.key_id = old.key_id),
            latchkey.credit_account_of(new.key_id, new.organization_id, new.external_id));
    else
        new.credit_account := latchkey.credit_account_of(
            new.key_id, new.organization_id, new.external_id);
    end if;
    return new;
end
$$;
-- The account of a key keeps to it.
create function latchkey.api_keys_credit_renamed() returns trigger
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
    update latchkey.credit_accounts set key_id = new.key_id where key_id = old.key_id;
    return null;
end
$$;
create function latchkey.api_keys_credit_gone() returns trigger
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
    if not exists (select from latchkey.credit_accounts where key_id is not null) then
        return null;
    elsif tg_op = 'TRUNCATE' then
        delete from latchkey.credit_accounts where kind = 'key';
    else
        delete from latchkey.credit_accounts a using old_rows o where a.key_id = o.key_id;
    end if;
    return null;
end
$$;

-- Tells the keys concerned. Gives up before a deadlock would be noticed, so that another writer's
-- transaction is never ended for it.
create function latchkey.heed_credit_accounts(keys text[], owners text[]) returns void
language plpgsql security definer
set search_path = pg_catalog, pg_temp set lock_timeout = '500ms' set plan_cache_mode = force_custom_plan as $$
begin
    update latchkey.api_keys k
        set credit_account = latchkey.credit_account_of(k.key_id, k.organization_id, k.external_id)
        where k.key_id = any (keys)
          and k.credit_account is distinct from
              latchkey.credit_account_of(k.key_id, k.organization_id, k.external_id);
    update latchkey.api_keys k
        set credit_account = latchkey.credit_account_of(k.key_id, k.organization_id, k.external_id)
        where k.external_id = any (owners)
          and k.credit_account is distinct from
              latchkey.credit_account_of(k.key_id, k.organization_id, k.external_id);
end
$$;

create function latchkey.credit_account_locked() returns trigger
language plpgsql security definer
set search_path = pg_catalog, pg_temp set lock_timeout = '500ms' as $$
declare
    of_lock bigint;
begin
    for of_lock in
        select distinct latchkey.owner_lock(e.owner)
        from unnest(array[case when tg_op <> 'INSERT' then old.external_id end,
                          case when tg_op <> 'DELETE' then new.external_id end]) as e (owner)
        where e.owner is not null order by 1
    loop
        perform pg_advisory_xact_lock(of_lock);
    end loop;
    return case when tg_op = 'DELETE' then old else new end;
end
$$;
create function latchkey.credit_accounts_came() returns trigger
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
    perform latchkey.heed_credit_accounts(
        array(select key_id from new_rows where key_id is not null),
        array(select distinct external_id from new_rows where external_id is not null));
    if exists (select from new_rows n where n.kind = 'key' and not exists (
                   select from latchkey.api_keys k where k.credit_account = n.account
                   and k.key_id = n.key_id)) then
        raise foreign_key_violation using message = 'credits for a key that does not exist';
    end if;
    return null;
end
$$;
create function latchkey.credit_accounts_gone() returns trigger
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
    delete from latchkey.credit_leases l using old_rows o where l.account = o.account;
    delete from latchkey.credit_write_offs w using old_rows o where w.account = o.account;
    perform latchkey.heed_credit_accounts(
        array(select key_id from old_rows where key_id is not null),
        array(select distinct external_id from old_rows where external_id is not null));
    return null;
end
$$;
create function latchkey.credit_account_moved() returns trigger
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
    perform latchkey.heed_credit_accounts(array[old.key_id, new.key_id],
                                          array[old.external_id, new.external_id]);
    return null;
end
$$;
create function latchkey.credit_accounts_emptied() returns trigger
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
    delete from latchkey.credit_leases;
    delete from latchkey.credit_write_offs;
    update latchkey.api_keys set credit_account = null where credit_account is not null;
    return null;
end
$$;

-- Accounts of owners go with their organization; those of an organization that is gone give way to
-- those of another that gets its id.
create function latchkey.move_credit_accounts(renames latchkey.renamed_organization[]) returns void
language plpgsql
set search_path = pg_catalog, pg_temp set plan_cache_mode = force_custom_plan as $$
begin
    if not exists (select from latchkey.credit_accounts where external_id is not null) then
        return;
    end if;
    delete from latchkey.credit_accounts a using unnest(renames) as m
        where a.organization_id = m.new_id
          and not exists (select from unnest(renames) as r where r.old_id = m.new_id);
    update latchkey.credit_accounts a set organization_id = m.new_id
        from unnest(renames) as m where a.organization_id = m.old_id;
end
$$;
do $$
declare
    whole text := pg_get_functiondef('latchkey.follow_renames'::regproc);
    before constant text := 'begin
    perform latchkey.move_holds(''disabled_organization''';
begin
    if position(before in whole) = 0 then
        raise exception 'latchkey.follow_renames is not as it was';
    end if;
    execute replace(whole, before, 'begin
    perform latchkey.move_credit_accounts(renames);
    perform latchkey.move_holds(''disabled_organization''');
end
$$;

-- --- The feed: both columns are judged ---

do $$
declare
    whole text := pg_get_functiondef('latchkey.api_keys_updated'::regproc);
    before constant text := 'rate_limit_burst, caller_scopes,';
begin
    if position(before in whole) = 0 then
        raise exception 'latchkey.api_keys_updated is not as it was';
    end if;
    execute replace(whole, before, 'rate_limit_burst, rate_limit_scope, credit_account, caller_scopes,');
end
$$;

-- --- The audit trail ---

-- What a key spends from follows from what has its own events.
create or replace function latchkey.shown(k latchkey.api_keys) returns jsonb
language sql stable as $$
    select to_jsonb(k) - array['key_hash', 'previous_hash', 'hint', 'created_at', 'metadata',
                               'credit_account']
           || case when k.origin = 'latchkey' and k.adopted_at is null
              then jsonb_build_object('metadata', k.metadata)
              else jsonb_build_object('!metadata', latchkey.hidden(k.metadata::text)) end
           || jsonb_build_object('!key_hash', latchkey.hidden(encode(k.key_hash, 'hex')))
$$;
create function latchkey.shown(a latchkey.credit_accounts) returns jsonb
language sql stable as $$
    select to_jsonb(a) - array['refilled_at', 'created_at', 'changed_at']
$$;

-- Whether it is nodes that take and spend, or the settling of those that are gone: the stack of calls shows it.
create function latchkey.leases_credits() returns boolean
language plpgsql set search_path = pg_catalog, pg_temp as $$
declare
    stack text;
begin
    get diagnostics stack = pg_context;
    return stack ~ 'latchkey\.(lease_credits|settle_credit_leases)\(';
end
$$;

-- An event is about the key, or about the owner by its external id. What nodes take and spend is told by no
-- event: it is in the table itself and in the usage by day.
create function latchkey.audit_credit_accounts() returns trigger
language plpgsql security definer
set search_path = pg_catalog, pg_temp set lock_timeout = '50ms' set timezone = 'UTC' as $$
declare
    told constant jsonb := latchkey.told_actor();
    b jsonb;
    a jsonb;
    whole jsonb;
begin
    if latchkey.leases_credits() then
        return null;
    end if;
    if tg_op <> 'INSERT' then
        b := latchkey.shown(old);
    end if;
    if tg_op <> 'DELETE' then
        a := latchkey.shown(new);
    end if;
    whole := coalesce(a, b);
    perform latchkey.begin_audit();
    insert into latchkey.audit_events
        (actor, action, object_kind, object_id, organization_id, request_id, before, after)
        select coalesce(told, latchkey.session_actor()),
               'credit_account.' || case tg_op when 'INSERT' then 'create' when 'DELETE' then 'delete'
                                    else 'update' end,
               'credit_account', left(coalesce(whole ->> 'key_id', whole ->> 'external_id'), 512),
               left(coalesce(whole ->> 'organization_id', (
                   select k.organization_id::text from latchkey.api_keys k
                   where k.key_id = whole ->> 'key_id')), 512),
               case when told is not null then
                   left(nullif(current_setting('latchkey.request_id', true), ''), 256) end, o.b, n.a
        from (select jsonb_object_agg(e.key, e.value) as b from jsonb_each(b) as e
              where case when a is null then e.value <> 'null'
                    else e.value is distinct from a -> e.key end) as o,
             (select jsonb_object_agg(e.key, e.value) as a from jsonb_each(a) as e
              where case when b is null then e.value <> 'null'
                    else e.value is distinct from b -> e.key end) as n
        where o.b is not null or n.a is not null;
    return null;
exception when others then
    perform latchkey.tell_unrecorded(sqlstate, sqlerrm);
    return null;
end
$$;

-- --- Imports: an element may have the member `scope` ---

do $$
declare
    one record;
    whole text := pg_get_functiondef('latchkey.try_import_api_keys'::regproc);
begin
    for one in
        select * from (values
            ('burst bigint, hint text', 'burst bigint, scope text, hint text'),
            ('rate_limit_burst, hint)', 'rate_limit_burst, rate_limit_scope, hint)'),
            ('j.burst, j.hint', 'j.burst, coalesce(j.scope, ''node''), j.hint')) as e (before, after)
    loop
        if position(one.before in whole) = 0 then
            raise exception 'latchkey.try_import_api_keys is not as it was';
        end if;
        whole := replace(whole, one.before, one.after);
    end loop;
    execute whole;
end
$$;

-- --- Leases of credits ---

-- The account as it is at this time: at each multiple of `refill_every_s` what is left becomes what is
-- refilled, if that is more; times that were missed count once. After a clock that was ahead, the time
-- begins anew.
create function latchkey.after_refill(c latchkey.credit_accounts, at timestamptz)
returns latchkey.credit_accounts
language plpgsql stable set search_path = pg_catalog, pg_temp as $$
declare
    times bigint;
begin
    if c.refill_every_s is null then
        return c;
    elsif c.refilled_at > at then
        c.refilled_at := at;
        return c;
    end if;
    times := floor(extract(epoch from at - c.refilled_at) / c.refill_every_s);
    if times > 0 then
        c.remaining := greatest(c.remaining, c.refill_amount);
        c.refilled_at := c.refilled_at + make_interval(secs => times * c.refill_every_s);
    end if;
    return c;
end
$$;

-- What a node that holds `held` of the account, and lost `lost` when it was taken for gone, tells that it
-- has spent and gives back. What was written off was subtracted then: now it is known to be spent, or
-- comes back. What nobody knows of (the database has lost a lease by a fail-over or a restore) is
-- subtracted as far as there is something, and is not given back.
create function latchkey.settle_report(
    inout c latchkey.credit_accounts, inout held bigint, inout lost bigint, spent bigint, returned bigint)
language plpgsql immutable set search_path = pg_catalog, pg_temp as $$
declare
    from_lost bigint := least(spent, lost);
    from_held bigint := least(spent - from_lost, held);
    back bigint;
begin
    c.spent := c.spent + spent;
    c.remaining := c.remaining - least(c.remaining, spent - from_held - from_lost);
    held := held - from_held;
    lost := lost - from_lost;
    c.leased := c.leased - from_held;
    c.unaccounted := c.unaccounted - from_lost;

    from_lost := least(returned, lost);
    from_held := least(returned - from_lost, held);
    -- Past the most that an account may have, after a refill, nothing comes back.
    back := least(from_held + from_lost, 1000000000000000 - c.remaining);
    c.remaining := c.remaining + back;
    c.spent := c.spent + (from_held + from_lost - back);
    held := held - from_held;
    lost := lost - from_lost;
    c.leased := c.leased - from_held;
    c.unaccounted := c.unaccounted - from_lost;
end
$$;

-- How much of what is asked for a node gets: where `others` hold some, too, a slice that leaves most of it,
-- so that no node strands all. `needed` is what questions wait for.
create function latchkey.credit_slice(asked bigint, needed bigint, remaining bigint, others bigint)
returns bigint
language sql immutable set search_path = pg_catalog, pg_temp as $$
    select least(asked, remaining, case when others > 0
                                   then greatest(1, needed, remaining / (2 * (others + 1))) end)
$$;

-- Adds what nodes have spent to the usage of today, in the order in which others add to it.
create function latchkey.note_credits(accounts bigint[], spent bigint[]) returns void
language sql set search_path = pg_catalog, pg_temp as $$
    insert into latchkey.usage_by_day as u (day, organization_id, key_id, external_id, credits)
        select (clock_timestamp() at time zone 'UTC')::date as day,
               coalesce(k.organization_id::text, a.organization_id::text, '') collate "C" as organization,
               coalesce(a.key_id, '') collate "C" as key,
               coalesce(k.external_id, a.external_id, '') collate "C" as owner, sum(s.spent)
        from unnest(accounts, spent) as s (account, spent)
        join latchkey.credit_accounts a on a.account = s.account
        left join latchkey.api_keys k on k.key_id = a.key_id
        where s.spent > 0
        group by 1, 2, 3, 4 order by 1, 2, 3, 4
    on conflict (day, organization_id, key_id, external_id) do update
        set credits = u.credits + excluded.credits
$$;

-- Place by place: a node asks for credits of an account, gives some back, and tells how many it has spent
-- since its last call. `granted` 0 with `remaining` 0: they are spent. Not `known`: there is no such
-- account, or it gives nothing now. For 3 seconds after a crash or a promotion nothing is given: until then
-- nodes tell what they have spent that this database does not know of. A call with the last `seq` gets the last
-- answer and does nothing; one with an older `seq` fails. `after` is the last call that the node was answered:
-- if this database has lost some up to there, it does nothing and says `behind`, the last that it knows.
-- The row of the node is locked first, then the accounts in their order.
create function latchkey.lease_credits(
    instance text, seq bigint, after bigint, accounts bigint[], asked bigint[], needed bigint[],
    returned bigint[], spent bigint[], out life text, out behind bigint, out granted bigint[],
    out remaining bigint[], out known boolean[])
language plpgsql security definer
set search_path = pg_catalog, pg_temp set plan_cache_mode = force_generic_plan as $$
#variable_conflict use_column
declare
    last latchkey.credit_answers;
    one record;
    told record;
    c latchkey.credit_accounts;
    held bigint;
    lost bigint;
    was_held bigint;
    was_lost bigint;
    given bigint;
    began timestamptz;
    most constant integer := coalesce(cardinality(accounts), 0);
begin
    if lease_credits.instance is null or lease_credits.seq is null or lease_credits.seq < 0
       or most <> coalesce(cardinality(asked), 0) or most <> coalesce(cardinality(returned), 0)
       or most <> coalesce(cardinality(spent), 0) or most <> coalesce(cardinality(needed), 0)
       or array_position(accounts, null) is not null
       or exists (select from unnest(asked || needed || returned || spent) as n
                  where n is null or n not between 0 and 1000000000000000) then
        raise invalid_parameter_value using message = 'leases of credits that cannot be read';
    end if;
    select l.life, l.began into life, began from latchkey.lease_life_began() as l;
    insert into latchkey.credit_answers as a (instance) values (lease_credits.instance)
        on conflict do nothing;
    select * into last from latchkey.credit_answers a where a.instance = lease_credits.instance for update;
    if last.seq > lease_credits.seq then
        raise object_not_in_prerequisite_state using message = format(
            'call %s of %s was overtaken by call %s', lease_credits.seq, lease_credits.instance, last.seq);
    elsif last.seq = lease_credits.seq then
        granted := last.granted;
        remaining := last.remaining;
        known := last.known;
        return;
    elsif last.seq <> lease_credits.after then
        behind := last.seq;
        return;
    end if;

    perform from latchkey.credit_accounts a where a.account = any (accounts)
        order by a.account for update;
    granted := array_fill(0::bigint, array[most]);
    remaining := granted;
    known := array_fill(false, array[most]);
    for one in
        select e.account, e.wants, e.needs, e.returns, e.used, e.place::integer as place
        from unnest(accounts, asked, needed, returned, spent) with ordinality
            as e (account, wants, needs, returns, used, place)
        order by e.account, e.place
    loop
        select * into c from latchkey.credit_accounts a where a.account = one.account;
        continue when not found;
        c := latchkey.after_refill(c, clock_timestamp());
        was_held := coalesce((select l.held from latchkey.credit_leases l
            where l.instance = lease_credits.instance and l.account = one.account), 0);
        was_lost := coalesce((select w.amount from latchkey.credit_write_offs w
            where w.instance = lease_credits.instance and w.account = one.account), 0);
        select * into told
            from latchkey.settle_report(c, was_held, was_lost, one.used, one.returns) as r;
        c := told.c;
        held := told.held;
        lost := told.lost;
        given := case when clock_timestamp() >= began + interval '3 s' then latchkey.credit_slice(
            one.wants, one.needs, c.remaining, (
                select count(*) from latchkey.credit_leases l
                where l.account = one.account and l.instance <> lease_credits.instance)) else 0 end;
        held := held + given;
        update latchkey.credit_accounts a
            set remaining = c.remaining - given, leased = c.leased + given, unaccounted = c.unaccounted,
                spent = c.spent, refilled_at = c.refilled_at, changed_at = clock_timestamp()
            where a.account = one.account;
        if held = 0 and was_held > 0 then
            delete from latchkey.credit_leases l
                where l.instance = lease_credits.instance and l.account = one.account;
        elsif held <> was_held then
            insert into latchkey.credit_leases as l (instance, account, held)
                values (lease_credits.instance, one.account, held)
                on conflict (instance, account) do update set held = excluded.held;
        end if;
        if lost <> was_lost then
            delete from latchkey.credit_write_offs w where lost = 0
                and w.instance = lease_credits.instance and w.account = one.account;
            update latchkey.credit_write_offs w set amount = lost where lost > 0
                and w.instance = lease_credits.instance and w.account = one.account;
        end if;
        granted[one.place] := given;
        remaining[one.place] := c.remaining - given;
        known[one.place] := given > 0 or one.wants = 0 or c.remaining = 0;
    end loop;
    perform latchkey.note_credits(accounts, spent);
    update latchkey.credit_answers a
        set seq = lease_credits.seq, granted = lease_credits.granted, remaining = lease_credits.remaining,
            known = lease_credits.known, asked_at = clock_timestamp()
        where a.instance = lease_credits.instance;
end
$$;

-- What nodes hold that are gone is written off: it stays subtracted and counts as spent, unless the node
-- comes back within a month and tells of it. A node is gone when it answers nothing from its cache any
-- more, by the rule of who is waited for; or has no row, and has not asked for a minute. Answers with how
-- many nodes were gone; 100 at most. Who is asking right now is left for the next time, and no lock is
-- waited for: the feed's connection asks this.
create function latchkey.settle_credit_leases() returns bigint
language plpgsql security definer
set search_path = pg_catalog, pg_temp set lock_timeout = '100ms' as $$
declare
    gone text;
    settled bigint := 0;
begin
    for gone in
        select distinct l.instance from latchkey.credit_leases l
        where not exists (
            select from latchkey.nodes n where n.instance_id::text = l.instance
            and n.heartbeat_at > clock_timestamp() - (n.max_staleness + interval '10 s'))
        limit 100
    loop
        perform from latchkey.credit_answers a
            where a.instance = gone and a.asked_at < clock_timestamp() - interval '1 minute'
            for update skip locked;
        continue when not found;
        begin
            perform from latchkey.credit_accounts c
                join latchkey.credit_leases l on l.account = c.account
                where l.instance = gone order by c.account for update of c;
            update latchkey.credit_accounts c
                set leased = c.leased - l.held, unaccounted = c.unaccounted + l.held,
                    changed_at = clock_timestamp()
                from latchkey.credit_leases l where l.instance = gone and l.account = c.account;
            insert into latchkey.credit_write_offs as w (instance, account, amount)
                select l.instance, l.account, l.held from latchkey.credit_leases l where l.instance = gone
                on conflict (instance, account) do update
                    set amount = w.amount + excluded.amount, at = excluded.at;
            delete from latchkey.credit_leases l where l.instance = gone;
            settled := settled + 1;
        exception when lock_not_available then
            null; -- somebody has one of the accounts for long: the next time
        end;
    end loop;
    delete from latchkey.credit_write_offs where (instance, account) in (
        select instance, account from latchkey.credit_write_offs
        where at < clock_timestamp() - interval '30 days'
          -- It has still to tell what it has spent of that.
          and not exists (select from latchkey.credit_leases l
                          where l.instance = credit_write_offs.instance)
        limit 10000 for update skip locked);
    delete from latchkey.credit_answers a where a.instance in (
        select o.instance from latchkey.credit_answers o
        where o.asked_at < clock_timestamp() - interval '30 days'
          and not exists (select from latchkey.credit_leases l where l.instance = o.instance)
          and not exists (select from latchkey.credit_write_offs w where w.instance = o.instance)
        limit 10000 for update skip locked);
    return settled;
end
$$;

-- --- What operators do ---

-- The account that is named: of a key, or of an owner within an organization. `bound_to`: the organization that
-- whoever asks is bound to, NULL for all. `is_there`: there is such a key, or such an organization. For a
-- key without an account of its own, `named` is NULL and `shared` its owner's.
create function latchkey.find_credit_account(
    of_key text, of_organization text, of_owner text, bound_to text,
    out is_there boolean, out named bigint, out shared bigint,
    out real_organization latchkey.api_keys.organization_id%type)
language plpgsql stable set search_path = pg_catalog, pg_temp as $$
declare
    bound latchkey.api_keys.organization_id%type;
begin
    is_there := false;
    if bound_to is not null then
        bound := (select o."organization_id" from latchkey.organization_named(bound_to) as o);
        if bound is null then
            return;
        end if;
    end if;
    if of_key is not null then
        select true, a.account, k.credit_account into is_there, named, shared
            from latchkey.api_keys k
            left join latchkey.credit_accounts a on a.key_id = k.key_id
            where k.key_id = of_key
              and (bound_to is null or latchkey.same_organization(k.organization_id, bound));
        is_there := coalesce(is_there, false);
        return;
    end if;
    real_organization := (
        select o."organization_id" from latchkey.organization_named(of_organization) as o
        where bound_to is null or latchkey.same_organization(o."organization_id", bound));
    is_there := real_organization is not null;
    named := (select a.account from latchkey.credit_accounts a
              where a.external_id = of_owner
                and latchkey.same_organization(a.organization_id, real_organization));
end
$$;

-- No row: there is no such key or organization; a row of NULLs: it has no account. A key shows what it
-- spends from.
create function latchkey.show_credits(of_key text, of_organization text, of_owner text, bound_to text)
returns setof latchkey.credit_accounts
language plpgsql stable set search_path = pg_catalog, pg_temp as $$
begin
    return query
        select r.*
        from latchkey.find_credit_account(of_key, of_organization, of_owner, bound_to) as f
        left join latchkey.credit_accounts a on a.account = coalesce(f.named, f.shared)
        cross join lateral latchkey.after_refill(a, clock_timestamp()) as r
        where f.is_there;
end
$$;

-- Makes the account or changes it; NULL leaves `remaining` as it is, and it counts what nodes hold.
create function latchkey.set_credits(
    of_key text, of_organization text, of_owner text, bound_to text, new_remaining bigint,
    sets_refill boolean, amount bigint, every_s bigint)
returns setof latchkey.credit_accounts
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
    found_account record;
    c latchkey.credit_accounts;
begin
    select * into found_account
        from latchkey.find_credit_account(of_key, of_organization, of_owner, bound_to);
    if not found_account.is_there then
        return;
    end if;
    if found_account.named is null then
        return query insert into latchkey.credit_accounts as a
            (kind, key_id, organization_id, external_id, remaining, refill_amount, refill_every_s)
            values (case when of_key is null then 'owner' else 'key' end, of_key,
                    found_account.real_organization, case when of_key is null then of_owner end,
                    coalesce(new_remaining, 0), amount, every_s)
            returning a.*;
        return;
    end if;
    select * into c from latchkey.credit_accounts a where a.account = found_account.named for update;
    c := latchkey.after_refill(c, clock_timestamp());
    if sets_refill and (c.refill_amount, c.refill_every_s) is distinct from (amount, every_s) then
        c.refill_amount := amount;
        c.refill_every_s := every_s;
        c.refilled_at := clock_timestamp();
    end if;
    return query update latchkey.credit_accounts a
        set remaining = case when new_remaining is null then c.remaining
                             else greatest(new_remaining - c.leased, 0) end,
            refill_amount = c.refill_amount, refill_every_s = c.refill_every_s,
            refilled_at = c.refilled_at, changed_at = clock_timestamp()
        where a.account = found_account.named
        returning a.*;
end
$$;

-- No row: there is no such key or organization, or a row of NULLs: it has no account of its own.
create function latchkey.add_credits(
    of_key text, of_organization text, of_owner text, bound_to text, amount bigint)
returns setof latchkey.credit_accounts
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
    found_account record;
    c latchkey.credit_accounts;
begin
    select * into found_account
        from latchkey.find_credit_account(of_key, of_organization, of_owner, bound_to);
    if not found_account.is_there then
        return;
    end if;
    select * into c from latchkey.credit_accounts a where a.account = found_account.named for update;
    if c.account is not null then
        c := latchkey.after_refill(c, clock_timestamp());
        if amount > 1000000000000000 - c.remaining - c.leased then
            raise numeric_value_out_of_range using
                message = 'an account holds 1000000000000000 at most, with what nodes have of it';
        end if;
        update latchkey.credit_accounts a
            set remaining = c.remaining + amount, refilled_at = c.refilled_at,
                changed_at = clock_timestamp()
            where a.account = c.account returning a.* into c;
    end if;
    return next c;
end
$$;
create function latchkey.remove_credits(of_key text, of_organization text, of_owner text, bound_to text)
returns setof latchkey.credit_accounts
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
    found_account record;
    c latchkey.credit_accounts;
begin
    select * into found_account
        from latchkey.find_credit_account(of_key, of_organization, of_owner, bound_to);
    if not found_account.is_there then
        return;
    end if;
    delete from latchkey.credit_accounts a where a.account = found_account.named returning a.* into c;
    return next c;
end
$$;

-- Deletes usage of days that are over for so long; 100,000 rows at most, so that it ends within a poll's
-- deadline.
create function latchkey.prune_usage(days integer) returns bigint
language sql security definer set search_path = pg_catalog, pg_temp as $$
    with gone as (
        delete from latchkey.usage_by_day u
        where (u.day, u.organization_id, u.key_id, u.external_id) in (
            select o.day, o.organization_id, o.key_id, o.external_id from latchkey.usage_by_day o
            where o.day < (latchkey.trusted_now() at time zone 'UTC')::date - greatest(days, 31)
            limit 100000 for update skip locked)
        returning 1)
    select count(*) from gone
$$;

do $$
declare
    one record;
    server text;
begin
    for one in
        select oid::regprocedure as name from pg_catalog.pg_proc
        where pronamespace = 'latchkey'::regnamespace and proacl is null
    loop
        execute pg_catalog.format('revoke execute on function %s from public', one.name);
    end loop;
    -- They do nothing that their caller may not do.
    grant execute on function latchkey.credit_account_of, latchkey.after_refill,
        latchkey.find_credit_account, latchkey.show_credits to public;
    -- The roles of servers, those that may prune.
    for server in
        select pg_catalog.quote_ident(r.rolname)
        from pg_catalog.pg_proc p
        cross join lateral pg_catalog.aclexplode(p.proacl) as a
        join pg_catalog.pg_roles r on r.oid = a.grantee
        where p.oid = 'latchkey.prune_changes(interval, interval)'::regprocedure
          and a.privilege_type = 'EXECUTE' and a.grantee <> p.proowner
    loop
        execute 'grant select on latchkey.credit_accounts, latchkey.credit_leases,'
                ' latchkey.credit_write_offs, latchkey.credit_answers, latchkey.usage_by_day to ' || server;
        execute 'grant insert on latchkey.credit_accounts to ' || server;
        execute 'grant insert, update on latchkey.usage_by_day to ' || server;
        execute 'grant execute on function latchkey.lease_credits, latchkey.settle_credit_leases,'
                ' latchkey.set_credits, latchkey.add_credits, latchkey.remove_credits,'
                ' latchkey.prune_usage to ' || server;
    end loop;
end
$$;

-- step: triggers of accounts
create trigger latchkey_credit_lock before insert on latchkey.credit_accounts
    for each row when (new.external_id is not null) execute function latchkey.credit_account_locked();
create trigger latchkey_credit_lock_moved before update on latchkey.credit_accounts
    for each row when (
        (old.organization_id::text, old.external_id)
            is distinct from (new.organization_id::text, new.external_id))
    execute function latchkey.credit_account_locked();
create trigger latchkey_credit_lock_gone before delete on latchkey.credit_accounts
    for each row when (old.external_id is not null) execute function latchkey.credit_account_locked();
create trigger latchkey_credit_came after insert on latchkey.credit_accounts
    referencing new table as new_rows
    for each statement execute function latchkey.credit_accounts_came();
create trigger latchkey_credit_moved after update on latchkey.credit_accounts
    for each row when (
        (old.kind, old.key_id, old.organization_id::text, old.external_id)
        is distinct from (new.kind, new.key_id, new.organization_id::text, new.external_id))
    execute function latchkey.credit_account_moved();
create trigger latchkey_credit_gone after delete on latchkey.credit_accounts
    referencing old table as old_rows
    for each statement execute function latchkey.credit_accounts_gone();
create trigger latchkey_credit_emptied after truncate on latchkey.credit_accounts
    for each statement execute function latchkey.credit_accounts_emptied();
create trigger latchkey_audit_change after insert or update or delete on latchkey.credit_accounts
    for each row execute function latchkey.audit_credit_accounts();
create trigger latchkey_audit_truncate after truncate on latchkey.credit_accounts
    for each statement execute function latchkey.audit_truncate('credit_account');
select latchkey.set_triggers_of('latchkey.credit_accounts');

-- step: triggers of keys
create trigger latchkey_credit_insert before insert on latchkey.api_keys
    for each row when (new.external_id is not null or new.credit_account is not null)
    execute function latchkey.api_keys_credited();
create trigger latchkey_credit_update before update on latchkey.api_keys
    for each row when (
        (old.key_id, old.organization_id::text, old.external_id, old.credit_account)
        is distinct from (new.key_id, new.organization_id::text, new.external_id, new.credit_account))
    execute function latchkey.api_keys_credited();
create trigger latchkey_credit_renamed after update on latchkey.api_keys
    for each row when (old.key_id <> new.key_id) execute function latchkey.api_keys_credit_renamed();
create trigger latchkey_credit_gone after delete on latchkey.api_keys
    referencing old table as old_rows
    for each statement execute function latchkey.api_keys_credit_gone();
create trigger latchkey_credit_emptied after truncate on latchkey.api_keys
    for each statement execute function latchkey.api_keys_credit_gone();
create or replace trigger latchkey_row_update after update on latchkey.api_keys
    for each row when (
        (old.key_hash, old.key_id, old.organization_id::text, old.name, old.external_id, old.scopes,
         old.role_scopes, old.metadata, old.expires_at, old.enabled, old.revoked_at, old.allowed_networks,
         old.rate_limit_quantity, old.rate_limit_window_s, old.rate_limit_burst, old.rate_limit_scope,
         old.credit_account, old.caller_scopes, old.generation, old.previous_hash, old.previous_until)
        is distinct from
        (new.key_hash, new.key_id, new.organization_id::text, new.name, new.external_id, new.scopes,
         new.role_scopes, new.metadata, new.expires_at, new.enabled, new.revoked_at, new.allowed_networks,
         new.rate_limit_quantity, new.rate_limit_window_s, new.rate_limit_burst, new.rate_limit_scope,
         new.credit_account, new.caller_scopes, new.generation, new.previous_hash, new.previous_until))
    execute function latchkey.api_keys_row();
select latchkey.set_triggers_of('latchkey.api_keys');

-- step: expected triggers
insert into latchkey.expected_triggers
    select pg_catalog.format('%I.%I', n.nspname, c.relname), t.tgname,
           pg_catalog.pg_get_triggerdef(t.oid)
    from pg_catalog.pg_trigger t
    join pg_catalog.pg_class c on c.oid = t.tgrelid
    join pg_catalog.pg_namespace n on n.oid = c.relnamespace
    where not t.tgisinternal and t.tgname ~ '^latchkey_'
      and c.oid in ('latchkey.credit_accounts'::regclass, 'latchkey.api_keys'::regclass)
    on conflict (of_table, trigger_name) do update set definition = excluded.definition;
