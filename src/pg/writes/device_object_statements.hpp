#pragma once
// Query text that lists, shows and changes devices for operators, in the way of
// object_statements.hpp. The table is d, and the older service's columns may have any type.

#include "pg/lookup/device_statements.hpp"

namespace latchkey::pg::statements {

/// $1: id, $2: the only organization, or NULL for all.
inline constexpr char whose_device_is[] =
    " where latchkey.device_key(d.DEVICE_ID::text) = latchkey.device_key($1::text)"
    " and coalesce(latchkey.is_devices_organization($2, d.ORGANIZATION_ID), $2 is null)";

inline constexpr auto show_device_text =
    joined("select ", device_columns, " from public.device_credentials d", whose_device_is);
inline constexpr statement show_device{"show_device", show_device_text.text, 2};

/// $3: what changes, as JSON (name, scopes, metadata, enabled). Returns no row if there is no such
/// device. A revoked one stays as it is: the row tells. A status that says the same in another word
/// stays. A row is made of the values, since the columns may have any type.
inline constexpr auto change_device_text = joined(
    "update public.device_credentials d set (NAME, scopes, metadata, STATUS) = (select"
    " case when j ? 'name' then (jsonb_populate_record(null::public.device_credentials,"
    " jsonb_build_object((parse_ident('NAME'))[1], j -> 'name'))).NAME else d.NAME end,"
    " case when j ? 'scopes' then (jsonb_populate_record(null::public.device_credentials,"
    " jsonb_build_object('scopes', j -> 'scopes'))).scopes else d.scopes end,"
    " case when j ? 'metadata' then (jsonb_populate_record(null::public.device_credentials,"
    " jsonb_build_object('metadata', j -> 'metadata'))).metadata else d.metadata end,"
    " case when not j ? 'enabled'"
    " or coalesce(latchkey.is_active(d.STATUS), false) = (j ->> 'enabled')::boolean"
    " then d.STATUS else (jsonb_populate_record(null::public.device_credentials,"
    " jsonb_build_object((parse_ident('STATUS'))[1],"
    " case when (j ->> 'enabled')::boolean then 'active' else 'disabled' end))).STATUS end"
    " from (select case when d.revoked_at is null then $3::jsonb else '{}' end as j) as given)",
    whose_device_is, " returning ", device_columns);
inline constexpr statement change_device{"change_device", change_device_text.text, 3};

// $1: the last id of the page before, or NULL; $2: how many at most; $3: a part of the name;
// $4: state; $5: unused for so many seconds; NULL for each that does not matter. The first id
// stands in for NULL, so that an index on the ids serves every page. `which` is about $6.
template <std::size_t Size>
consteval auto list_devices_by(const char (&which)[Size]) {
    return joined(
        "with found as materialized (select d.*, row_number() over in_order as place,"
        " coalesce(sum(octet_length(d.metadata) + octet_length(d.scopes::text)"
        " + octet_length(d.id) + coalesce(octet_length(d.label), 0))"
        " over (in_order rows between unbounded preceding and 1 preceding), 0) as bytes_before"
        " from (select * from (select d.DEVICE_ID as sort, ",
        device_columns, " from public.device_credentials d where ", which,
        " and latchkey.device_not_before(d.DEVICE_ID, coalesce($1, (select f.DEVICE_ID"
        " from public.device_credentials f order by f.DEVICE_ID limit 1)))"
        " and latchkey.device_after(d.DEVICE_ID, $1) is not false"
        " order by d.DEVICE_ID limit 2000) as d"
        " where ($3::text is null"
        " or position(lower($3::text) in lower(d.label collate \"default\")) > 0)"
        " and ($4::text is null or d.state = $4::text)"
        " and ($5::float8 is null"
        " or coalesce(d.used, d.made, '-infinity') <= d.now - make_interval(secs => $5::float8))"
        " order by d.sort limit $2::int8 + 1) as d window in_order as (order by d.sort)),"
        " shown as (select * from found where place <= $2::int8"
        " and (place = 1 or bytes_before < 524288))"
        " select next.id, d.id, d.whose, d.label, d.scopes, d.metadata, d.word, d.secret_form,"
        " d.previous_until, d.revoked, d.reason, d.enabled, d.state, d.generation, d.has_previous,"
        " d.previous_used, d.made, d.used, d.uses, d.now, d.roles"
        " from (select case when (select count(*) from found) > (select count(*) from shown)"
        " then (select s.id from shown s order by s.sort desc limit 1)"
        " else (select latchkey.told(d.DEVICE_ID::text) from public.device_credentials d where ",
        which,
        " and latchkey.device_not_before(d.DEVICE_ID, coalesce($1, (select f.DEVICE_ID"
        " from public.device_credentials f order by f.DEVICE_ID limit 1)))"
        " and latchkey.device_after(d.DEVICE_ID, $1) is not false"
        " order by d.DEVICE_ID offset 1999 limit 1)"
        " end as id) as next left join shown as d on true order by d.sort");
}
inline constexpr auto list_all_devices_text = list_devices_by("true");
inline constexpr statement list_all_devices{"list_devices", list_all_devices_text.text, 5};
/// $6: organization.
inline constexpr auto list_devices_of_organization_text =
    list_devices_by("latchkey.is_devices_organization($6, d.ORGANIZATION_ID)");
inline constexpr statement list_devices_of_organization{"list_devices",
                                                        list_devices_of_organization_text.text, 6};

// Devices in the order of their keys, with the stored forms of their secrets. $1: the place of the
// last one of the page before, or NULL; $2: how many at most. `which` is about $3. A bare secret,
// which is good as it stands, does not leave the database.
template <std::size_t Size>
consteval auto export_devices_by(const char (&which)[Size]) {
    return joined(
        "select encode(latchkey.device_key(d.DEVICE_ID::text), 'hex'),"
        " case when d.DEVICE_SECRET::text ~ '^(sha256|scrypt):'"
        " then latchkey.told(d.DEVICE_SECRET::text) end,"
        " case when d.previous_secret::text ~ '^(sha256|scrypt):'"
        " then latchkey.told(d.previous_secret::text) end, ",
        device_columns, " from public.device_credentials d where ", which,
        " and latchkey.device_key(d.DEVICE_ID::text) > coalesce(decode($1::text, 'hex'), '')"
        " order by latchkey.device_key(d.DEVICE_ID::text) limit $2::int8");
}
inline constexpr auto export_all_devices_text = export_devices_by("true");
inline constexpr statement export_all_devices{"export_devices", export_all_devices_text.text, 2};
/// $3: organization.
inline constexpr auto export_devices_of_organization_text =
    export_devices_by("latchkey.is_devices_organization($3, d.ORGANIZATION_ID)");
inline constexpr statement export_devices_of_organization{
    "export_devices", export_devices_of_organization_text.text, 3};

} // namespace latchkey::pg::statements
