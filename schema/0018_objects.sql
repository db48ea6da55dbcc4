-- What the lists of organizations, API keys and devices go by, and a key's hint.

-- step: hint
alter table latchkey.api_keys add column hint text;
comment on column latchkey.api_keys.hint is
    'the first characters of the key, for who has several; unknown for a key that only its hash is known of';

-- A list goes by the ids, of all or of one organization.
-- step: index on keys of organizations, outside a transaction
create index concurrently api_keys_of_organizations_idx
    on latchkey.api_keys (organization_id, key_id);
-- step: index on external ids, outside a transaction
create index concurrently api_keys_external_id_idx
    on latchkey.api_keys (external_id, key_id) where external_id is not null;
-- step: index on devices of organizations, outside a transaction
create index concurrently device_credentials_of_organizations_idx
    on public.device_credentials (ORGANIZATION_ID, DEVICE_ID);

-- step: functions
-- latchkey.organization_not_before(a, b) and latchkey.organization_after(a, b): organizations in the
-- order of their ids, by the operators of the column's own type, which no search path finds. A type
-- without an order of its own is compared as text. Without settings, so that they are inlined.
do $$
declare
    of_type oid;
    own text;
    comparison record;
begin
    with recursive layers as (
        select t.oid, t.typtype, t.typbasetype from pg_catalog.pg_type t
        join pg_catalog.pg_attribute a on a.atttypid = t.oid
        where a.attrelid = 'public.organizations'::regclass
          and a.attname = (pg_catalog.parse_ident('"organization_id"'))[1]
        union all
        select t.oid, t.typtype, t.typbasetype from layers l
        join pg_catalog.pg_type t on l.typtype = 'd' and t.oid = l.typbasetype)
    select oid into of_type from layers where typtype <> 'd';

    for comparison in
        select * from (values ('organization_not_before', 4, '>='), ('organization_after', 5, '>'))
            as c (named, strategy, sign)
    loop
        own := (
            select pg_catalog.format('operator(%I.%s)', n.nspname, o.oprname)
            from pg_catalog.pg_opclass c
            join pg_catalog.pg_am m on m.oid = c.opcmethod and m.amname = 'btree'
            join pg_catalog.pg_amop f on f.amopfamily = c.opcfamily and f.amoplefttype = of_type
                 and f.amoprighttype = of_type and f.amopstrategy = comparison.strategy
            join pg_catalog.pg_operator o on o.oid = f.amopopr
            join pg_catalog.pg_namespace n on n.oid = o.oprnamespace
            where c.opcdefault and c.opcintype = of_type);
        execute pg_catalog.format(
            'create or replace function latchkey.%I(a %s, b %2$s) returns boolean'
            ' language sql stable parallel safe as %L',
            comparison.named, pg_catalog.format_type(of_type, null),
            'select ' || coalesce('a ' || own || ' b', pg_catalog.format(
                'a::pg_catalog.text operator(pg_catalog.%s) b::pg_catalog.text', comparison.sign)));
        execute pg_catalog.format('grant execute on function latchkey.%I(%s, %2$s) to public',
                                  comparison.named, pg_catalog.format_type(of_type, null));
    end loop;
end
$$;

-- latchkey.made_at(row): when an organization or a device was made, where the older table notes it in
-- a column of that name and of a type that says so.
do $$
declare
    of_table text;
begin
    foreach of_table in array array['public.organizations', 'public.device_credentials'] loop
        execute pg_catalog.format(
            'create function latchkey.made_at(of_row %s) returns timestamptz'
            ' language sql stable parallel safe as %L',
            of_table,
            case when exists (
                select from pg_catalog.pg_attribute a
                where a.attrelid = of_table::regclass and a.attname = 'created_at'
                  and not a.attisdropped
                  and a.atttypid in ('timestamptz'::regtype, 'timestamp'::regtype, 'date'::regtype))
            then 'select of_row.created_at::pg_catalog.timestamptz'
            else 'select null::pg_catalog.timestamptz' end);
        execute pg_catalog.format('grant execute on function latchkey.made_at(%s) to public',
                                  of_table);
    end loop;
end
$$;
