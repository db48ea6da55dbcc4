#pragma once
// Everything that migrations make, as text: databases with equal text have equal schemas.

#include "support.hpp"

namespace latchkey::test {

/// Removes the marks of the old tables' columns (legacy_names.hpp), which texts of earlier releases
/// lack: they mean the same.
inline std::string without_marks(std::string text) {
    for (const std::string name :
         {"organization_id", "name", "api_keys", "status", "device_id", "device_secret"}) {
        std::string capitals = name;
        for (char& c : capitals)
            c = c == '_' ? c : static_cast<char>(c - 'a' + 'A');
        for (const auto& mark : {'"' + name + '"', capitals})
            for (std::size_t at = 0; (at = text.find(mark, at)) != text.npos; at += name.size())
                text.replace(at, mark.size(), name);
    }
    return text;
}

inline std::string schema_catalog(test_database& database) {
    std::string text;
    for (const auto& line : database.query(R"(
        with ours as (select oid from pg_namespace where nspname in ('public', 'latchkey'))
        select line from (
            select format('table %s %s %s %s', c.oid::regclass, c.relkind, c.relrowsecurity,
                          c.reloptions) as line
            from pg_class c where relnamespace in (select oid from ours)
            union all
            select format('acl %s %s', c.oid::regclass, c.relacl)
            from pg_class c where relnamespace in (select oid from ours)
            union all
            select format('column %s %s %s %s %s %s %s', a.attrelid::regclass, a.attnum, a.attname,
                          format_type(a.atttypid, a.atttypmod), a.attnotnull, a.attidentity,
                          (select pg_get_expr(adbin, adrelid) from pg_attrdef
                           where adrelid = a.attrelid and adnum = a.attnum))
            from pg_attribute a join pg_class c on c.oid = a.attrelid
            where relnamespace in (select oid from ours) and attnum > 0
            union all
            select format('constraint %s %s %s %s', conrelid::regclass, conname, convalidated,
                          pg_get_constraintdef(oid))
            from pg_constraint where connamespace in (select oid from ours)
            union all
            select format('index %s %s %s', pg_get_indexdef(indexrelid), indisvalid, indisready)
            from pg_index i join pg_class c on c.oid = i.indexrelid
            where relnamespace in (select oid from ours)
            union all
            select format('trigger %s %s', pg_get_triggerdef(t.oid), tgenabled)
            from pg_trigger t where not tgisinternal
            union all
            select format('function %s %s', pg_get_functiondef(oid), proacl)
            from pg_proc where pronamespace in (select oid from ours) and prokind = 'f'
            union all
            select format('comment %s %s', pg_describe_object(classoid, objoid, objsubid),
                          description)
            from pg_description d
            where exists (select from pg_class c where c.oid = d.objoid
                          and relnamespace in (select oid from ours))
            union all
            select format('policy %s', p) from pg_policies p where schemaname = 'public'
        ) as lines order by line collate "C")"))
        text += line[0].value() + "\n";
    return without_marks(std::move(text));
}

/// All keys, the findings about arrays, and the organizations whose tokens are revoked.
inline std::string mirrored(test_database& database) {
    std::string text;
    for (const auto& line : database.query(R"(
        select to_jsonb(k) - 'created_at' as line from latchkey.api_keys k
        union all
        select to_jsonb(f) - 'found_at' from latchkey.mirror_findings f
        union all
        select jsonb_build_array(kind, value, expires_at) from latchkey.revocations
        order by line)"))
        text += line[0].value() + "\n";
    return text;
}

} // namespace latchkey::test
