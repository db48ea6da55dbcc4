-- Roles: named lists of scopes of an organization, which its keys and devices are granted. What a
-- holder has by its roles stands in its own row (role_scopes), where triggers keep it: a look-up reads
-- no more than before, and a change of a role is a change of its holders, which the feed, the
-- generations and the audit trail see as any other.

-- step: tables

-- Names are compared when a statement ends, since organizations may change ids with each other.
do $$
declare
    id_type text := (
        select pg_catalog.format_type(atttypid, atttypmod) from pg_catalog.pg_attribute
        where attrelid = 'public.organizations'::regclass
          and attname = (pg_catalog.parse_ident('"organization_id"'))[1]);
begin
    execute pg_catalog.format(
        'create table latchkey.roles (
             role_id text collate "C" primary key,
             organization_id %s not null,
             name text collate "C" not null check (name <> ''''),
             scopes text[] not null default ''{}'' check (
                 array_position(scopes, null) is null
                 and '' '' || array_to_string(scopes, '' '') !~ '' latchkey:''),
             created_at timestamptz not null default now(),
             unique (organization_id, name) deferrable)', id_type);
end
$$;
create index roles_of_organizations_idx on latchkey.roles (organization_id, role_id);
comment on table latchkey.roles is
    'named lists of scopes, each of one organization; scopes of callers (latchkey:...) are in none';

create table latchkey.role_grants (
    role_id text collate "C" not null references latchkey.roles on delete cascade,
    kind text collate "C" not null check (kind in ('api_key', 'device')),
    holder_id text collate "C" not null,
    granted_at timestamptz not null default now(),
    primary key (role_id, kind, holder_id)
);
create index role_grants_of_holders_idx on latchkey.role_grants (kind, holder_id);
comment on table latchkey.role_grants is
    'who holds a role; a grant counts while the holder''s role_scopes is not NULL and the organization is the role''s';

alter table latchkey.api_keys add column role_scopes text[];
comment on column latchkey.api_keys.role_scopes is
    'the scopes of its roles, kept by triggers; NULL: it has no role';

-- step: column of devices
do $$
declare
    there text := (
        select pg_catalog.format_type(atttypid, atttypmod) from pg_catalog.pg_attribute
        where attrelid = 'public.device_credentials'::regclass and attname = 'role_scopes'
          and not attisdropped);
begin
    if there is null then
        alter table public.device_credentials add column role_scopes text[];
    elsif there <> 'text[]' then
        raise feature_not_supported using
            message = pg_catalog.format(
                'public.device_credentials has a column "role_scopes" of type %s: Latchkey needs a '
                'text[] of that name, which holds the scopes of a device''s roles; rename yours',
                there);
    end if;
end
$$;
comment on column public.device_credentials.role_scopes is
    'the scopes of its roles, kept by triggers; NULL: it has no role';

-- step: functions

-- Of holders of roles, by their ids. Two that change the roles of one holder at the same time go one
-- after the other: the holder is locked first, so that the second reads what the first has written.
-- `granted`: also for those that had no role. Each holder's roles are looked up by the index, without
-- joins: a plan that was made for few of them may not do for many.
create function latchkey.lock_holders(of_kind text, ids text[]) returns void
language plpgsql set search_path = pg_catalog, pg_temp set plan_cache_mode = force_custom_plan as $$
begin
    if of_kind = 'api_key' then
        perform from latchkey.api_keys k where k.key_id = any (ids) order by k.key_id for no key update;
    else
        perform from public.device_credentials d
            where latchkey.device_key(d.DEVICE_ID::text) = any (array(
                select latchkey.device_key(i) from unnest(ids) as i))
            order by latchkey.device_key(d.DEVICE_ID::text) for no key update;
    end if;
end
$$;
create function latchkey.refresh_keys(ids text[], granted boolean) returns void
language plpgsql set search_path = pg_catalog, pg_temp set plan_cache_mode = force_custom_plan as $$
begin
    perform latchkey.lock_holders('api_key', ids);
    update latchkey.api_keys k set role_scopes = (
            select case when count(*) > 0 then coalesce(
                array_agg(distinct s.scope collate "C") filter (where s.scope is not null), '{}') end
            from latchkey.role_grants g
            join latchkey.roles r on r.role_id = g.role_id
                 and latchkey.same_organization(r.organization_id, k.organization_id)
            left join lateral unnest(r.scopes) as s (scope) on true
            where g.kind = 'api_key' and g.holder_id = k.key_id collate "C")
        where k.key_id = any (ids) and (granted or k.role_scopes is not null);
end
$$;
create function latchkey.refresh_devices(ids text[], granted boolean) returns void
language plpgsql set search_path = pg_catalog, pg_temp set plan_cache_mode = force_custom_plan as $$
declare
    keys constant bytea[] := array(
        select distinct latchkey.device_key(i) as key from unnest(ids) as i order by key);
begin
    perform latchkey.lock_holders('device', ids);
    update public.device_credentials d set role_scopes = (
            select case when count(*) > 0 then coalesce(
                array_agg(distinct s.scope collate "C") filter (where s.scope is not null), '{}') end
            from latchkey.role_grants g
            join latchkey.roles r on r.role_id = g.role_id
                 and latchkey.is_devices_organization(r.organization_id, d.ORGANIZATION_ID)
            left join lateral unnest(r.scopes) as s (scope) on true
            where g.kind = 'device' and g.holder_id = d.DEVICE_ID::text collate "C")
        where latchkey.device_key(d.DEVICE_ID::text) = any (keys)
          and (granted or d.role_scopes is not null);
end
$$;
create function latchkey.refresh_holders(of_kind text, ids text[], granted boolean) returns void
language plpgsql set search_path = pg_catalog, pg_temp as $$
begin
    if coalesce(ids, '{}') = '{}' then
        return;
    elsif of_kind = 'api_key' then
        perform latchkey.refresh_keys(ids, granted);
    else
        perform latchkey.refresh_devices(ids, granted);
    end if;
end
$$;

-- A role belongs to one organization, and its name to it alone there.
create function latchkey.roles_stay() returns trigger
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
    if new.role_id <> old.role_id
       or latchkey.changes_hands(old.organization_id::text, new.organization_id::text)
    then
        raise feature_not_supported using message =
            'a role stays what it is, and of its organization: make another one';
    end if;
    return new;
end
$$;
create function latchkey.roles_updated() returns trigger
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
    perform latchkey.refresh_holders(h.kind, h.ids, false)
        from (select g.kind, array_agg(g.holder_id) as ids from latchkey.role_grants g
              where g.role_id = new.role_id group by g.kind order by g.kind) as h;
    return null;
end
$$;

-- Whoever holds a role loses it while the role is still there to be told of, also where nothing
-- cascades: what a replica applies. Holders are locked before their grants, as everywhere.
create function latchkey.roles_going() returns trigger
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
    perform latchkey.lock_holders(h.kind, h.ids)
        from (select g.kind, array_agg(g.holder_id) as ids from latchkey.role_grants g
              where g.role_id = old.role_id group by g.kind order by g.kind) as h;
    delete from latchkey.role_grants g where g.role_id = old.role_id;
    return old;
end
$$;

-- Whether a grant that is there counts: its holder is of the role's organization, and has roles.
create function latchkey.is_held(of_kind text, of_holder text, of_role text) returns boolean
language sql stable set search_path = pg_catalog, pg_temp as $$
    select case of_kind
        when 'api_key' then exists (
            select from latchkey.api_keys k join latchkey.roles r on r.role_id = of_role
                 and latchkey.same_organization(r.organization_id, k.organization_id)
            where k.key_id = of_holder and k.role_scopes is not null)
        else exists (
            select from public.device_credentials d join latchkey.roles r on r.role_id = of_role
                 and latchkey.is_devices_organization(r.organization_id, d.ORGANIZATION_ID)
            where latchkey.device_key(d.DEVICE_ID::text) = latchkey.device_key(of_holder)
              and d.role_scopes is not null) end
$$;
-- A grant whose row is left of a former holder is made anew. The role is locked before its holder, as
-- where roles change; without such a row, which is rare, nothing is.
create function latchkey.role_grants_come() returns trigger
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
    if not exists (select from latchkey.role_grants g
                   where g.role_id = new.role_id and g.kind = new.kind and g.holder_id = new.holder_id)
       or latchkey.is_held(new.kind, new.holder_id, new.role_id)
    then
        return new;
    end if;
    perform from latchkey.roles r where r.role_id = new.role_id for share;
    perform latchkey.lock_holders(new.kind, array[new.holder_id]);
    if not latchkey.is_held(new.kind, new.holder_id, new.role_id) then
        delete from latchkey.role_grants g
            where g.role_id = new.role_id and g.kind = new.kind and g.holder_id = new.holder_id;
    end if;
    return new;
end
$$;
-- Of grants that are made, one id and one role each: those whose holder is not of the role's
-- organization. Joins of sets, since there may be many.
create function latchkey.misplaced_grants(of_kind text, ids text[], role_ids text[]) returns setof text
language plpgsql stable set search_path = pg_catalog, pg_temp set plan_cache_mode = force_custom_plan as $$
begin
    if of_kind = 'api_key' then
        return query
            select n.id from unnest(ids, role_ids) as n (id, role_id)
            left join latchkey.api_keys k on k.key_id = n.id
            left join latchkey.roles r on r.role_id = n.role_id collate "C"
            where latchkey.same_organization(r.organization_id, k.organization_id) is not true;
    else
        return query
            select n.id from unnest(ids, role_ids) as n (id, role_id)
            left join public.device_credentials d
                on latchkey.device_key(d.DEVICE_ID::text) = latchkey.device_key(n.id)
            left join latchkey.roles r on r.role_id = n.role_id collate "C"
            where latchkey.is_devices_organization(r.organization_id, d.ORGANIZATION_ID) is not true;
    end if;
end
$$;
-- Grants that were of others: of a credential before it went to another organization, or of one that is
-- gone and had the id. Whoever has no role now has none of them.
create function latchkey.drop_former_grants(of_kind text, ids text[], role_ids text[]) returns void
language plpgsql set search_path = pg_catalog, pg_temp set plan_cache_mode = force_custom_plan as $$
declare
    bare text[];
begin
    if of_kind = 'api_key' then
        bare := array(select k.key_id from latchkey.api_keys k
                      where k.key_id = any (ids) and k.role_scopes is null);
    else
        bare := array(select d.DEVICE_ID::text from public.device_credentials d
                      where latchkey.device_key(d.DEVICE_ID::text) = any (array(
                          select latchkey.device_key(i) from unnest(ids) as i))
                        and d.role_scopes is null);
    end if;
    delete from latchkey.role_grants g using (
        select f.role_id, f.holder_id
        from unnest(bare) as b (id)
        join latchkey.role_grants f on f.kind = of_kind and f.holder_id = b.id collate "C"
        except
        select n.role_id collate "C", n.id collate "C" from unnest(ids, role_ids) as n (id, role_id)) as former
        where g.kind = of_kind and g.role_id = former.role_id and g.holder_id = former.holder_id;
end
$$;
create function latchkey.hold_roles(of_kind text, ids text[], role_ids text[]) returns void
language plpgsql set search_path = pg_catalog, pg_temp set plan_cache_mode = force_custom_plan as $$
declare
    most constant integer := 20;
    wrong text;
begin
    -- Until this is committed, the roles keep their scopes, and the holders their organization.
    perform from latchkey.roles r where r.role_id = any (role_ids) order by r.role_id for share;
    perform latchkey.lock_holders(of_kind, ids);
    select m into wrong from latchkey.misplaced_grants(of_kind, ids, role_ids) as m limit 1;
    if wrong is not null then
        raise foreign_key_violation using message = format(
            'a role is for keys and devices of its own organization, and there is no such %s: %s',
            case of_kind when 'api_key' then 'key' else of_kind end, wrong);
    end if;
    perform latchkey.drop_former_grants(of_kind, ids, role_ids);
    select g.holder_id into wrong from latchkey.role_grants g
        where g.kind = of_kind and g.holder_id = any (ids) group by g.holder_id
        having count(*) > most limit 1;
    if wrong is not null then
        raise check_violation using message = format('%s would have more than %s roles', wrong, most);
    end if;
    perform latchkey.refresh_holders(of_kind, ids, true);
end
$$;
create function latchkey.role_grants_made() returns trigger
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
    perform latchkey.hold_roles(h.kind, h.ids, h.role_ids)
        from (select g.kind, array_agg(g.holder_id) as ids, array_agg(g.role_id) as role_ids
              from new_rows g group by g.kind order by g.kind) as h;
    return null;
end
$$;
create function latchkey.role_grants_taken() returns trigger
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
    perform latchkey.refresh_holders(h.kind, h.ids, false)
        from (select g.kind, array_agg(g.holder_id) as ids from old_rows g
              group by g.kind order by g.kind) as h;
    return null;
end
$$;
create function latchkey.role_grants_kept() returns trigger
language plpgsql set search_path = pg_catalog, pg_temp as $$
begin
    raise feature_not_supported using message = format(
        '%s of latchkey.%s is refused: its holders would not be told', tg_op, tg_table_name),
        hint = 'insert and delete its rows';
end
$$;

-- Whoever gets the id of an organization that is gone finds no roles of it.
create function latchkey.drop_roles(ids text[]) returns void
language plpgsql set search_path = pg_catalog, pg_temp as $$
begin
    delete from latchkey.roles r
        where r.organization_id::text collate "C" = any (ids)
          and not exists (select from public.organizations o
                          where latchkey.same_organization(o."organization_id", r.organization_id));
end
$$;
do $$
declare
    one record;
    whole text;
begin
    for one in
        select * from (values
            ('organizations_gone', '
    return null;
end', '
    perform latchkey.drop_roles(array(select "organization_id"::text from old_rows));
    return null;
end'),
            ('organizations_judged', '
    return null;
end', '
    perform latchkey.drop_roles(array(
        select "organization_id"::text from old_rows
        except select "organization_id"::text from new_rows));
    return null;
end'),
            ('organizations_emptied', '
    return null;
end', '
    delete from latchkey.roles;
    return null;
end'),
            ('organizations_row', '
        perform latchkey.disable_organizations(latchkey.all_names(array[old_id]), null);', '
        perform latchkey.disable_organizations(latchkey.all_names(array[old_id]), null);
        perform latchkey.drop_roles(array[old_id]);')) as e (function, before, after)
    loop
        whole := pg_get_functiondef(('latchkey.' || one.function)::regproc);
        if position(one.before in whole) = 0 then
            raise exception 'latchkey.% is not as it was', one.function;
        end if;
        execute replace(whole, one.before, one.after);
    end loop;
end
$$;

-- Roles follow an organization whose id changes, as its keys do; its new id has no others.
do $$
declare
    whole text := pg_get_functiondef('latchkey.follow_renames'::regproc);
    before constant text := '
    perform set_config(''latchkey.follows_renames'', ''on'', true);';
begin
    if position(before in whole) = 0 then
        raise exception 'latchkey.follow_renames is not as it was';
    end if;
    execute replace(whole, before, before || '
    delete from latchkey.roles r using unnest(renames) as m
        where r.organization_id = m.new_id
          and not exists (select from unnest(renames) as o where o.old_id = r.organization_id);
    update latchkey.roles r set organization_id = m.new_id
        from unnest(renames) as m where r.organization_id = m.old_id;');
end
$$;

-- What role_scopes holds comes from grants. Of what others write there, a row that is new keeps what its
-- grants give: it may come from another partition. One that was there keeps what it had.
create function latchkey.api_keys_come() returns trigger
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
    new.role_scopes := (
        select case when count(*) > 0 then coalesce(
            array_agg(distinct s.scope collate "C") filter (where s.scope is not null), '{}') end
        from latchkey.role_grants g
        join latchkey.roles r on r.role_id = g.role_id
             and latchkey.same_organization(r.organization_id, new.organization_id)
        left join lateral unnest(r.scopes) as s (scope) on true
        where g.kind = 'api_key' and g.holder_id = new.key_id collate "C");
    return new;
end
$$;
create function latchkey.devices_come() returns trigger
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
    new.role_scopes := (
        select case when count(*) > 0 then coalesce(
            array_agg(distinct s.scope collate "C") filter (where s.scope is not null), '{}') end
        from latchkey.role_grants g
        join latchkey.roles r on r.role_id = g.role_id
             and latchkey.is_devices_organization(r.organization_id, new.ORGANIZATION_ID)
        left join lateral unnest(r.scopes) as s (scope) on true
        where g.kind = 'device' and g.holder_id = new.DEVICE_ID::text collate "C");
    return new;
end
$$;
-- Whether it is grants and roles that change a holder: the stack of calls shows it.
create function latchkey.refreshes_roles() returns boolean
language plpgsql set search_path = pg_catalog, pg_temp as $$
declare
    stack text;
begin
    get diagnostics stack = pg_context;
    return stack ~ 'latchkey\.refresh_(keys|devices)\(';
end
$$;

-- What narrows: whatever the scopes came from. A device's own may have more than
-- one dimension. Whoever changes hands, or gets another id, leaves its
-- roles behind.
create or replace function latchkey.api_keys_narrowed() returns trigger
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
    changes_hands constant boolean :=
        latchkey.changes_hands(old.organization_id::text, new.organization_id::text);
begin
    if changes_hands or new.key_id <> old.key_id then
        new.role_scopes := null;
    elsif new.role_scopes is distinct from old.role_scopes and not latchkey.refreshes_roles() then
        new.role_scopes := old.role_scopes;
    end if;
    new.generation := latchkey.raised(old.generation, new.generation,
        not (old.scopes || old.role_scopes) <@ (new.scopes || new.role_scopes)
        or not old.caller_scopes <@ new.caller_scopes
        or latchkey.networks_narrowed(old.allowed_networks, new.allowed_networks)
        or coalesce(new.expires_at < coalesce(old.expires_at, 'infinity'), false)
        or changes_hands
        or (old.enabled and not new.enabled)
        or (old.revoked_at is null and new.revoked_at is not null));
    return new;
end
$$;
create or replace function latchkey.devices_narrowed() returns trigger
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
    changes_hands constant boolean :=
        latchkey.changes_hands(old.ORGANIZATION_ID::text, new.ORGANIZATION_ID::text);
begin
    if changes_hands or new.DEVICE_ID::text collate "C" is distinct from old.DEVICE_ID::text collate "C"
    then
        new.role_scopes := null;
    elsif new.role_scopes is distinct from old.role_scopes and not latchkey.refreshes_roles() then
        new.role_scopes := old.role_scopes;
    end if;
    new.generation := latchkey.raised(old.generation, new.generation,
        not array(select unnest(latchkey.device_scopes(old.scopes))
                  union all select unnest(old.role_scopes))
            <@ array(select unnest(latchkey.device_scopes(new.scopes))
                     union all select unnest(new.role_scopes))
        or changes_hands
        or (coalesce(latchkey.is_active(old.STATUS), false)
            and not coalesce(latchkey.is_active(new.STATUS), false))
        or (old.revoked_at is null and new.revoked_at is not null));
    return new;
end
$$;

-- What the feed tells of.
create or replace function latchkey.judged_columns(d public.device_credentials) returns jsonb
language sql stable as $$
    select jsonb_build_array(d.DEVICE_ID, d.DEVICE_SECRET, d.ORGANIZATION_ID, d.STATUS, d.NAME,
                             d.scopes, d.metadata, d.previous_secret, d.previous_secret_until,
                             d.revoked_at is not null, d.generation, d.role_scopes)
$$;
do $$
declare
    whole text := pg_get_functiondef('latchkey.api_keys_updated'::regproc);
begin
    if position('caller_scopes, generation' in whole) = 0 then
        raise exception 'latchkey.api_keys_updated is not as it was';
    end if;
    execute replace(whole, 'caller_scopes, generation', 'caller_scopes, role_scopes, generation');
end
$$;

-- The audit trail.
do $$
declare
    whole text := pg_get_functiondef(
        'latchkey.write_events(text, text, jsonb[], jsonb[], bigint)'::regprocedure);
    before constant text := 'when ''device'' then ''device_id'' ';
begin
    if position(before in whole) = 0 then
        raise exception 'latchkey.write_events is not as it was';
    end if;
    execute replace(whole, before, before || 'when ''role'' then ''role_id'' ');
end
$$;
-- A device is shown as before, and what it has by its roles.
create function latchkey.shown_device(
    id text, secret text, organization text, standing text, name text, scopes jsonb, metadata jsonb,
    previous_secret text, previous_until timestamptz, revoked_at timestamptz, reason text,
    role_scopes text[])
returns jsonb
language sql stable set search_path = pg_catalog, pg_temp as $$
    select latchkey.shown_device(id, secret, organization, standing, name, scopes, metadata,
                                 previous_secret, previous_until, revoked_at, reason)
           || jsonb_build_object('role_scopes', role_scopes)
$$;
do $$
declare
    one record;
    whole text := pg_get_functiondef('latchkey.audit_devices'::regproc);
begin
    for one in
        select * from (values
            ('old.revoked_reason::text)', 'old.revoked_reason::text, old.role_scopes)'),
            ('new.revoked_reason::text)', 'new.revoked_reason::text, new.role_scopes)'),
            ('r.revoked_reason::text)', 'r.revoked_reason::text, r.role_scopes)'),
            ('o.reason as old_reason,', 'o.reason as old_reason, o.role_scopes as old_role_scopes,'),
            ('collate "C" as reason', 'collate "C" as reason, r.role_scopes'),
            ('o.until, o.revoked_at, o.reason)', 'o.until, o.revoked_at, o.reason, o.role_scopes)'),
            ('n.until, n.revoked_at, n.reason)', 'n.until, n.revoked_at, n.reason, n.role_scopes)'),
            ('c.old_reason)', 'c.old_reason, c.old_role_scopes)'),
            ('c.reason)', 'c.reason, c.role_scopes)')) as e (before, after)
    loop
        if position(one.before in whole) = 0 then
            raise exception 'latchkey.audit_devices is not as it was';
        end if;
        whole := replace(whole, one.before, one.after);
    end loop;
    execute whole;
end
$$;
create function latchkey.shown(r latchkey.roles) returns jsonb
language sql stable as $$ select to_jsonb(r) - 'created_at' $$;
create function latchkey.shown(g latchkey.role_grants) returns jsonb
language sql stable set search_path = pg_catalog, pg_temp as $$
    select jsonb_build_object(
        'role_id', g.role_id, 'name', r.name, 'organization_id', r.organization_id,
        case g.kind when 'api_key' then 'key_id' else 'device_id' end, g.holder_id)
    from (select g.role_id) as one left join latchkey.roles r on r.role_id = one.role_id
$$;
create function latchkey.audit_roles() returns trigger
language plpgsql security definer
set search_path = pg_catalog, pg_temp set lock_timeout = '50ms' set timezone = 'UTC' as $$
declare
    most constant integer := latchkey.begin_audit();
    total bigint;
    before jsonb[];
    after jsonb[];
begin
    if tg_op = 'INSERT' then
        select count(*) into total from new_rows;
        after := array(select latchkey.shown(r::latchkey.roles) from new_rows r limit most);
    elsif tg_op = 'DELETE' then
        select count(*) into total from old_rows;
        before := array(select latchkey.shown(r::latchkey.roles) from old_rows r limit most);
    else
        select count(*) into total from new_rows;
        before := array(select latchkey.shown(r::latchkey.roles) from old_rows r
                        order by r.role_id limit most);
        after := array(select latchkey.shown(r::latchkey.roles) from new_rows r
                       order by r.role_id limit most);
    end if;
    if total > 0 then
        perform latchkey.write_events('role', lower(case tg_op when 'INSERT' then 'create' else tg_op end),
                                      before, after, total);
    end if;
    return null;
exception when others then
    perform latchkey.tell_unrecorded(sqlstate, sqlerrm);
    return null;
end
$$;
create function latchkey.audit_role_grants() returns trigger
language plpgsql security definer
set search_path = pg_catalog, pg_temp set lock_timeout = '50ms' set timezone = 'UTC' as $$
declare
    most constant integer := latchkey.begin_audit();
    total bigint;
begin
    if tg_op = 'INSERT' then
        select count(*) into total from new_rows;
        if total > 0 then
            perform latchkey.write_events('role', 'grant', null, array(
                select latchkey.shown(g::latchkey.role_grants) from new_rows g limit most), total);
        end if;
    else
        select count(*) into total from old_rows;
        if total > 0 then
            perform latchkey.write_events('role', 'ungrant', array(
                select latchkey.shown(g::latchkey.role_grants) from old_rows g limit most), null, total);
        end if;
    end if;
    return null;
exception when others then
    perform latchkey.tell_unrecorded(sqlstate, sqlerrm);
    return null;
end
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
    for server in
        select pg_catalog.quote_ident(r.rolname)
        from pg_catalog.pg_proc p
        cross join lateral pg_catalog.aclexplode(p.proacl) as a
        join pg_catalog.pg_roles r on r.oid = a.grantee
        where p.oid = 'latchkey.prune_changes(interval, interval)'::regprocedure
          and a.privilege_type = 'EXECUTE' and a.grantee <> p.proowner
    loop
        execute 'grant select, insert, update, delete on latchkey.roles, latchkey.role_grants to '
                || server;
    end loop;
end
$$;

-- step: triggers of roles and keys
create trigger latchkey_roles_stay before update on latchkey.roles
    for each row execute function latchkey.roles_stay();
create trigger latchkey_roles_update after update on latchkey.roles
    for each row when (old.scopes is distinct from new.scopes)
    execute function latchkey.roles_updated();
create trigger latchkey_roles_delete before delete on latchkey.roles
    for each row execute function latchkey.roles_going();
create trigger latchkey_roles_truncate before truncate on latchkey.roles
    for each statement execute function latchkey.role_grants_kept();
create trigger latchkey_audit_insert after insert on latchkey.roles
    referencing new table as new_rows
    for each statement execute function latchkey.audit_roles();
create trigger latchkey_audit_update after update on latchkey.roles
    referencing old table as old_rows new table as new_rows
    for each statement execute function latchkey.audit_roles();
create trigger latchkey_audit_delete after delete on latchkey.roles
    referencing old table as old_rows
    for each statement execute function latchkey.audit_roles();

create trigger latchkey_roles_come before insert on latchkey.role_grants
    for each row execute function latchkey.role_grants_come();
create trigger latchkey_roles_insert after insert on latchkey.role_grants
    referencing new table as new_rows
    for each statement execute function latchkey.role_grants_made();
create trigger latchkey_roles_delete after delete on latchkey.role_grants
    referencing old table as old_rows
    for each statement execute function latchkey.role_grants_taken();
create trigger latchkey_roles_update before update on latchkey.role_grants
    for each row execute function latchkey.role_grants_kept();
create trigger latchkey_roles_truncate before truncate on latchkey.role_grants
    for each statement execute function latchkey.role_grants_kept();
create trigger latchkey_audit_insert after insert on latchkey.role_grants
    referencing new table as new_rows
    for each statement execute function latchkey.audit_role_grants();
create trigger latchkey_audit_delete after delete on latchkey.role_grants
    referencing old table as old_rows
    for each statement execute function latchkey.audit_role_grants();
select latchkey.set_triggers_of('latchkey.roles');
select latchkey.set_triggers_of('latchkey.role_grants');

create or replace trigger latchkey_generation before update on latchkey.api_keys
    for each row when (
        (old.scopes, old.caller_scopes, old.allowed_networks, old.expires_at, old.enabled,
         old.revoked_at, old.organization_id::text, old.generation, old.role_scopes, old.key_id)
        is distinct from
        (new.scopes, new.caller_scopes, new.allowed_networks, new.expires_at, new.enabled,
         new.revoked_at, new.organization_id::text, new.generation, new.role_scopes, new.key_id))
    execute function latchkey.api_keys_narrowed();
create trigger latchkey_roles_come before insert on latchkey.api_keys
    for each row when (new.role_scopes is not null) execute function latchkey.api_keys_come();
create or replace trigger latchkey_row_update after update on latchkey.api_keys
    for each row when (
        (old.key_hash, old.key_id, old.organization_id::text, old.name, old.external_id, old.scopes,
         old.metadata, old.expires_at, old.enabled, old.revoked_at, old.allowed_networks,
         old.rate_limit_quantity, old.rate_limit_window_s, old.rate_limit_burst, old.caller_scopes,
         old.role_scopes, old.generation, old.previous_hash, old.previous_until)
        is distinct from
        (new.key_hash, new.key_id, new.organization_id::text, new.name, new.external_id, new.scopes,
         new.metadata, new.expires_at, new.enabled, new.revoked_at, new.allowed_networks,
         new.rate_limit_quantity, new.rate_limit_window_s, new.rate_limit_burst, new.caller_scopes,
         new.role_scopes, new.generation, new.previous_hash, new.previous_until))
    execute function latchkey.api_keys_row();
select latchkey.set_triggers_of('latchkey.api_keys');

-- step: triggers of devices
create or replace trigger latchkey_roles_come before insert on public.device_credentials
    for each row when (new.role_scopes is not null) execute function latchkey.devices_come();
create or replace trigger latchkey_generation before update on public.device_credentials
    for each row when (
        old.scopes::text collate "C" is distinct from new.scopes::text collate "C"
        or old.role_scopes is distinct from new.role_scopes
        or old.DEVICE_ID::text collate "C" is distinct from new.DEVICE_ID::text collate "C"
        or old.STATUS::text collate "C" is distinct from new.STATUS::text collate "C"
        or old.ORGANIZATION_ID::text collate "C" is distinct from
            new.ORGANIZATION_ID::text collate "C"
        or (old.revoked_at is null) <> (new.revoked_at is null)
        or old.generation is distinct from new.generation)
    execute function latchkey.devices_narrowed();
create or replace trigger latchkey_row_audit_update after update on public.device_credentials
    for each row when (
        (old.DEVICE_ID::text collate "C", old.DEVICE_SECRET::text collate "C",
         old.ORGANIZATION_ID::text collate "C", old.STATUS::text collate "C", old.NAME::text
         collate "C", old.scopes::text collate "C", old.metadata::text collate "C",
         old.previous_secret::text collate "C", old.previous_secret_until::text collate "C",
         old.revoked_at::text collate "C", old.revoked_reason::text collate "C",
         old.role_scopes::text collate "C")
        is distinct from
        (new.DEVICE_ID::text collate "C", new.DEVICE_SECRET::text collate "C",
         new.ORGANIZATION_ID::text collate "C", new.STATUS::text collate "C", new.NAME::text
         collate "C", new.scopes::text collate "C", new.metadata::text collate "C",
         new.previous_secret::text collate "C", new.previous_secret_until::text collate "C",
         new.revoked_at::text collate "C", new.revoked_reason::text collate "C",
         new.role_scopes::text collate "C"))
    execute function latchkey.audit_devices();
select latchkey.set_triggers_of('public.device_credentials');

-- step: expected triggers
insert into latchkey.expected_triggers
    select pg_catalog.format('%I.%I', n.nspname, c.relname), t.tgname,
           pg_catalog.pg_get_triggerdef(t.oid)
    from pg_catalog.pg_trigger t
    join pg_catalog.pg_class c on c.oid = t.tgrelid
    join pg_catalog.pg_namespace n on n.oid = c.relnamespace
    where not t.tgisinternal and not c.relispartition
      and (t.tgname in ('latchkey_generation', 'latchkey_roles_come')
           or (t.tgname = 'latchkey_row_update' and c.oid = 'latchkey.api_keys'::regclass)
           or (t.tgname = 'latchkey_row_audit_update'
               and c.oid = 'public.device_credentials'::regclass)
           or c.oid in ('latchkey.roles'::regclass, 'latchkey.role_grants'::regclass))
    on conflict (of_table, trigger_name) do update set definition = excluded.definition;
do $$
declare
    one regclass;
begin
    for one in
        select w.of_table from latchkey.wanted_triggers() w
        join pg_catalog.pg_trigger t on t.tgrelid = w.of_table and t.tgname = w.trigger_name
        where t.tgname in ('latchkey_generation', 'latchkey_roles_come') and t.tgenabled <> w.wanted
    loop
        perform latchkey.set_triggers_of(one);
    end loop;
end
$$;
