-- How the old tables' columns are compared. They have the types that they had, and one of another
-- schema, such as citext, has operators of its own. No search path may find them, since others may
-- write in the schemas on it: they are named with their schema, as the type's own order has them.
--
-- What is made here has no settings, so that it is inlined and indexes serve it; each name in it is
-- spelled out. They are of the types that the columns have now: one whose type is changed later is
-- compared by its old type's operators, where the new type can be cast, and fails otherwise.

-- A column's type; of a domain, what it is made of.
create function latchkey.column_type(of_table regclass, of_column text) returns oid
language sql stable set search_path = pg_catalog, pg_temp as $$
    with recursive layers as (
        select t.oid, t.typtype, t.typbasetype from pg_type t
        join pg_attribute a on a.atttypid = t.oid
        where a.attrelid = of_table and a.attname = of_column
        union all
        select t.oid, t.typtype, t.typbasetype from layers l
        join pg_type t on l.typtype = 'd' and t.oid = l.typbasetype)
    select oid from layers where typtype <> 'd'
$$;

-- The operator of a type's default order: 3 for =, 4 for >=, 5 for >. NULL: it has no order of its
-- own, and is compared as text (varchar, an enum).
create function latchkey.operator_of(of_type oid, place int) returns text
language sql stable set search_path = pg_catalog, pg_temp as $$
    select format('operator(%I.%s)', n.nspname, o.oprname)
    from pg_opclass c
    join pg_am m on m.oid = c.opcmethod and m.amname = 'btree'
    join pg_amop f on f.amopfamily = c.opcfamily and f.amoplefttype = of_type
         and f.amoprighttype = of_type and f.amopstrategy = place
    join pg_operator o on o.oid = f.amopopr
    join pg_namespace n on n.oid = o.oprnamespace
    where c.opcdefault and c.opcintype = of_type
$$;

-- Makes latchkey.NAME(a, b). Types that differ are compared as text.
create function latchkey.make_comparison(named text, one oid, other oid, place int) returns void
language plpgsql set search_path = pg_catalog, pg_temp as $$
declare
    as_text constant text := format('a::pg_catalog.text operator(pg_catalog.%s) b::pg_catalog.text',
                                    (array['=', '>=', '>'])[place - 2]);
    found_one constant text := case when one = other then latchkey.operator_of(one, place) end;
begin
    execute format(
        'create or replace function latchkey.%I(a %s, b %s) returns boolean'
        ' language sql stable parallel safe as %L',
        named, format_type(one, null), format_type(other, null),
        'select ' || coalesce('a ' || found_one || ' b', as_text));
    execute format('grant execute on function latchkey.%I(%s, %s) to public',
                   named, format_type(one, null), format_type(other, null));
end
$$;

-- Makes latchkey.is_active(status).
create function latchkey.make_is_active(of_type oid) returns void
language plpgsql set search_path = pg_catalog, pg_temp as $$
declare
    own constant text := latchkey.operator_of(of_type, 3);
begin
    execute format(
        'create or replace function latchkey.is_active(status %s) returns boolean'
        ' language sql stable parallel safe as %L',
        format_type(of_type, null),
        case when own is null then
            'select status::pg_catalog.text operator(pg_catalog.=) ''active''::pg_catalog.text'
        else format('select status %s ''active''', own) end);
    execute format('grant execute on function latchkey.is_active(%s) to public',
                   format_type(of_type, null));
end
$$;

do $$
declare
    organization constant oid := latchkey.column_type('public.organizations', 'organization_id');
    device constant oid := latchkey.column_type('public.device_credentials', 'device_id');
begin
    -- Of keys, and of what an operator gives; and of devices, which may spell them in another type.
    perform latchkey.make_comparison('same_organization', organization, organization, 3);
    perform latchkey.make_comparison(
        'is_devices_organization', organization,
        latchkey.column_type('public.device_credentials', 'organization_id'), 3);
    perform latchkey.make_comparison('device_not_before', device, device, 4);
    perform latchkey.make_comparison('device_after', device, device, 5);
    perform latchkey.make_is_active(latchkey.column_type('public.organizations', 'status'));
    perform latchkey.make_is_active(latchkey.column_type('public.device_credentials', 'status'));
end
$$;

-- The triggers and the operator's functions compare so as well, whichever step made them.
do $$
declare
    one record;
    whole text;
begin
    for one in
        select oid, prosrc from pg_catalog.pg_proc
        where pronamespace = 'latchkey'::regnamespace and prokind = 'f' and proconfig is not null
    loop
        whole := pg_get_functiondef(one.oid);
        whole := regexp_replace(whole, '((\w+\.)?\mstatus) = ''active''',
                                'latchkey.is_active(\1)', 'g');
        whole := regexp_replace(whole, '((\w+\.)?\mstatus) is distinct from ''active''',
                                'latchkey.is_active(\1) is not true', 'g');
        whole := regexp_replace(
            whole, '\mo\.organization_id = one\.organization_id\M',
            'latchkey.is_devices_organization(o.organization_id, one.organization_id)');
        whole := regexp_replace(whole, '\mo\.organization_id = one\M(?!\.)',
                                'latchkey.same_organization(o.organization_id, one)');
        if whole <> pg_get_functiondef(one.oid) then
            execute whole;
        end if;
        -- A writer's session may have backslashes stand for something: not in here.
        if position('\' in one.prosrc) > 0 then
            execute format('alter function %s set standard_conforming_strings = on',
                           one.oid::regprocedure);
        end if;
    end loop;
end
$$;

-- Letter for letter, though the column's type may take two spellings for one: what is cached knows
-- its organization by the spelling.
create or replace function latchkey.organizations_updated() returns trigger
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
    perform latchkey.write_changes('organizations', null, (
        select array_agg(distinct id) from (
            (select organization_id::text collate "C", status::text collate "C" from old_rows
             except select organization_id::text collate "C", status::text collate "C" from new_rows)
            union all
            (select organization_id::text collate "C", status::text collate "C" from new_rows
             except select organization_id::text collate "C", status::text collate "C" from old_rows)
        ) as differing (id, status)));
    return null;
end
$$;

-- Letter for letter these are not active, and their tokens counted as revoked.
select latchkey.enable_organizations(
    (select array_agg(organization_id::text) from public.organizations
     where latchkey.is_active(status) and status::text collate "C" <> 'active'));

-- --- What is told in UTF-8 ---

-- In a database of another encoding, or of none, a text may hold bytes that UTF-8 has no character
-- for. Nobody can present such a text, nor an answer hold it: it must not spoil what is told beside
-- it. Such a text with its bytes as escapes.
create function latchkey.told_or_escaped(given text) returns text
language plpgsql stable set search_path = pg_catalog, pg_temp as $$
begin
    perform convert_to(given, 'UTF8');
    return given;
exception when character_not_in_repertoire or untranslatable_character then
    return encode(convert_to(given, getdatabaseencoding()), 'escape');
end
$$;
create function latchkey.told_or_escaped(given text[]) returns text[]
language plpgsql stable set search_path = pg_catalog, pg_temp as $$
begin
    perform convert_to(array_to_string(given, ' '), 'UTF8');
    return given;
exception when character_not_in_repertoire or untranslatable_character then
    return array(select latchkey.told_or_escaped(one)
                 from unnest(given) with ordinality as each (one, place) order by place);
end
$$;

-- Inlined; in UTF-8 each text can be told.
create function latchkey.told(given text) returns text
language sql stable as $$
    select case when pg_catalog.getdatabaseencoding() operator(pg_catalog.=) 'UTF8'
           then given else latchkey.told_or_escaped(given) end
$$;
create function latchkey.told(given text[]) returns text[]
language sql stable as $$
    select case when pg_catalog.getdatabaseencoding() operator(pg_catalog.=) 'UTF8'
           then given else latchkey.told_or_escaped(given) end
$$;
grant execute on function
    latchkey.told_or_escaped(text), latchkey.told_or_escaped(text[]),
    latchkey.told(text), latchkey.told(text[]) to public;

drop function latchkey.make_comparison(text, oid, oid, int);
drop function latchkey.make_is_active(oid);
drop function latchkey.operator_of(oid, int);
drop function latchkey.column_type(regclass, text);
