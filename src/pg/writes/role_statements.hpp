#pragma once
// Query text about roles and who holds them (schema/0025), in the way of object_statements.hpp.

#include "pg/connection/joined_text.hpp"
#include "pg/connection/statement.hpp"

namespace latchkey::pg::statements {

/// Of the role r and the grant g: the holder, if the grant counts (schema/0025). What is left of a
/// former holder does not.
inline constexpr char key_that_holds[] =
    " from latchkey.api_keys k where k.key_id = g.holder_id collate \"default\""
    " and k.role_scopes is not null"
    " and latchkey.same_organization(r.organization_id, k.organization_id)";
inline constexpr char device_that_holds[] =
    " from public.device_credentials d"
    " where latchkey.device_key(d.DEVICE_ID::text) = latchkey.device_key(g.holder_id)"
    " and d.role_scopes is not null"
    " and latchkey.is_devices_organization(r.organization_id, d.ORGANIZATION_ID)";

inline constexpr auto role_columns_text = joined(
    "latchkey.told(r.role_id), latchkey.told(r.organization_id::text), latchkey.told(r.name),"
    " latchkey.told(r.scopes), (select count(*) from latchkey.role_grants g"
    " where g.role_id = r.role_id and g.kind = 'api_key' and exists (select",
    key_that_holds,
    ")), (select count(*) from latchkey.role_grants g where g.role_id = r.role_id"
    " and g.kind = 'device' and exists (select",
    device_that_holds, ")), r.created_at");
inline constexpr auto& role_columns = role_columns_text.text;

/// $1: id, $2: the only organization, or NULL for all.
inline constexpr char whose_role_is[] =
    " where r.role_id = $1::text"
    " and coalesce(latchkey.same_organization(r.organization_id, $2), $2 is null)";

/// $1: id, $2: organization, $3: name, $4: scopes.
inline constexpr auto create_role_text = joined(
    "insert into latchkey.roles as r (role_id, organization_id, name, scopes)"
    " select $1::text, o.\"organization_id\", $3::text, $4::text[] from public.organizations o"
    " where latchkey.same_organization(o.\"organization_id\", $2) returning ",
    role_columns);
inline constexpr statement create_role{"create_role", create_role_text.text, 4};

inline constexpr auto show_role_text =
    joined("select ", role_columns, " from latchkey.roles r", whose_role_is);
inline constexpr statement show_role{"show_role", show_role_text.text, 2};

/// $3: name, or NULL to keep it; $4: scopes, or NULL.
inline constexpr auto change_role_text =
    joined("update latchkey.roles r set name = coalesce($3::text, r.name),"
           " scopes = coalesce($4::text[], r.scopes)",
           whose_role_is, " returning ", role_columns);
inline constexpr statement change_role{"change_role", change_role_text.text, 4};

inline constexpr auto delete_role_text =
    joined("delete from latchkey.roles r", whose_role_is, " returning ", role_columns);
inline constexpr statement delete_role{"delete_role", delete_role_text.text, 2};

// $1: the last id of the page before, or NULL; $2: how many at most; $3: a part of the name, or
// NULL. `which` is about $4.
template <std::size_t Size>
consteval auto list_roles_by(const char (&which)[Size]) {
    return joined(
        "with found as materialized (select r.*, row_number() over in_order as place,"
        " coalesce(sum(octet_length(r.scopes::text) + octet_length(r.name))"
        " over (in_order rows between unbounded preceding and 1 preceding), 0) as bytes_before"
        " from (select * from latchkey.roles r where ",
        which,
        " and r.role_id > coalesce($1::text, '') and ($3::text is null"
        " or position(lower($3::text) in lower(r.name collate \"default\")) > 0)"
        " order by r.role_id limit $2::int8 + 1) as r window in_order as (order by r.role_id)),"
        " shown as (select * from found where place <= $2::int8"
        " and (place = 1 or bytes_before < 524288))"
        " select case when (select count(*) from found) > (select count(*) from shown)"
        " then (select s.role_id from shown s order by s.role_id desc limit 1) end, ",
        role_columns, " from (values (1)) as one left join shown as r on true order by r.role_id");
}
inline constexpr auto list_all_roles_text = list_roles_by("true");
inline constexpr statement list_all_roles{"list_roles", list_all_roles_text.text, 3};
/// $4: organization.
inline constexpr auto list_roles_of_organization_text =
    list_roles_by("latchkey.same_organization(r.organization_id, $4)");
inline constexpr statement list_roles_of_organization{"list_roles",
                                                      list_roles_of_organization_text.text, 4};

/// $3: kind and $4: id of the holder. Tells whether there is such a holder in the role's
/// organization, whether it may have one role more, whether this has granted it, and by which
/// hashes the holder is known if it is a key.
inline constexpr auto grant_role_text = joined(
    "with r as materialized (select r.* from latchkey.roles r", whose_role_is,
    "), holder as materialized ("
    "select k.role_scopes is not null as has_roles, k.key_hash, k.previous_hash"
    " from r join latchkey.api_keys k"
    " on latchkey.same_organization(r.organization_id, k.organization_id)"
    " where $3::text = 'api_key' and k.key_id = $4::text"
    " union all select d.role_scopes is not null, null, null"
    " from r join public.device_credentials d"
    " on latchkey.is_devices_organization(r.organization_id, d.ORGANIZATION_ID)"
    " where $3::text = 'device'"
    " and latchkey.device_key(d.DEVICE_ID::text) = latchkey.device_key($4::text)),"
    " held as materialized (select exists (select from holder) as is_there,"
    " not exists (select from holder where has_roles)"
    " or (select count(*) from latchkey.role_grants g join latchkey.roles o on o.role_id = "
    "g.role_id"
    " and latchkey.same_organization(o.organization_id, r.organization_id)"
    " where g.kind = $3::text and g.holder_id = $4::text and g.role_id <> r.role_id) < 20"
    " as has_room from r),"
    " made as (insert into latchkey.role_grants (role_id, kind, holder_id)"
    " select r.role_id, $3::text, $4::text from r, held where held.is_there and held.has_room"
    " on conflict do nothing returning true)"
    " select latchkey.told(r.role_id), latchkey.told(r.organization_id::text),"
    " latchkey.told(r.name), held.is_there, held.has_room, exists (select from made),"
    " (select key_hash from holder limit 1), (select previous_hash from holder limit 1)"
    " from r, held");
inline constexpr statement grant_role{"grant_role", grant_role_text.text, 4};

/// The holder is locked before the grant, as where a role goes.
inline constexpr auto ungrant_role_text =
    joined("with r as materialized (select r.* from latchkey.roles r", whose_role_is,
           "), key as materialized (select k.key_hash, k.previous_hash from latchkey.api_keys k"
           " where $3::text = 'api_key' and k.key_id = $4::text and exists (select from r)"
           " for no key update),"
           " device as materialized (select 1 as one from public.device_credentials d"
           " where $3::text = 'device' and exists (select from r)"
           " and latchkey.device_key(d.DEVICE_ID::text) = latchkey.device_key($4::text)"
           " for no key update),"
           " locked as materialized (select (select count(*) from key)"
           " + (select count(*) from device) as holders),"
           " gone as (delete from latchkey.role_grants g using r, locked"
           " where locked.holders is not null and g.role_id = r.role_id"
           " and g.kind = $3::text and g.holder_id = $4::text returning true)"
           " select latchkey.told(r.role_id), latchkey.told(r.organization_id::text),"
           " latchkey.told(r.name), true, true, exists (select from gone),"
           " (select key_hash from key limit 1), (select previous_hash from key limit 1) from r");
inline constexpr statement ungrant_role{"ungrant_role", ungrant_role_text.text, 4};

/// $3: kind and id of the last one of the page before, or '' and ''; $5: how many at most.
inline constexpr auto list_role_grants_text =
    joined("with found as materialized (select g.* from latchkey.role_grants g"
           " join latchkey.roles r on r.role_id = g.role_id",
           whose_role_is,
           " and (g.kind, g.holder_id) > ($3::text, $4::text)"
           " and case g.kind when 'api_key' then exists (select",
           key_that_holds, ") else exists (select", device_that_holds,
           ") end"
           " order by g.kind, g.holder_id limit $5::int8 + 1),"
           " shown as (select * from found order by kind, holder_id limit $5::int8)"
           " select case when (select count(*) from found) > (select count(*) from shown)"
           " then (select s.kind || ' ' || s.holder_id from shown s"
           " order by s.kind desc, s.holder_id desc limit 1) end,"
           " s.kind, latchkey.told(s.holder_id), s.granted_at"
           " from (values (1)) as one left join shown as s on true order by s.kind, s.holder_id");
inline constexpr statement list_role_grants{"list_role_grants", list_role_grants_text.text, 5};

} // namespace latchkey::pg::statements
