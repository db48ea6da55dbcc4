#pragma once
// Query text that lists, shows and changes API keys and organizations for operators. Those of
// devices stand in device_object_statements.hpp.
//
// A list goes by ids, never by a number of rows to pass over. One call of it looks at a bounded
// number of rows, whatever its filters leave out, and answers a bounded number of bytes: so it ends
// soon, and operators' changes, which wait in the same queue, go on. Its first column is the id
// after which the next page begins, or NULL; if nothing was found, the others are NULL in the only
// row.

#include "pg/connection/joined_text.hpp"
#include "pg/connection/statement.hpp"

namespace latchkey::pg::statements {

// --- API keys ---

/// A row with what is told beside it. Opens a subquery k, which `key_row_end` closes.
inline constexpr char key_row_begin[] =
    "(select k.*, u.uses, u.last_used_at, p.last_used_at as previous_used_at, clock.now,"
    " h.revoked_at as held_since, a.kind as credit_kind, a.remaining + a.leased as credits,"
    " a.leased, a.unaccounted, a.spent, a.refill_amount, a.refill_every_s,"
    " a.refilled_at + make_interval(secs => a.refill_every_s) as refills_at,"
    " case when coalesce(k.revoked_at, h.revoked_at) is not null then 'revoked'"
    " when not k.enabled then 'disabled'"
    " when k.expires_at <= clock.now then 'expired' else 'active' end as state"
    " from ";
inline constexpr char key_row_end[] =
    " as k cross join (select clock_timestamp() as now) as clock"
    " left join lateral (select * from latchkey.credential_use u where u.kind = 'api_key'"
    " and u.credential_id = k.key_id collate \"C\" offset 0) as u on true"
    " left join lateral (select * from latchkey.credential_use u where k.previous_hash is not null"
    " and u.kind = 'previous_api_key' and u.credential_id = k.key_id collate \"C\""
    " and u.last_used_at >= k.rotated_at offset 0) as p"
    " on true"
    " left join lateral (select r.* from latchkey.credit_accounts c"
    " cross join lateral latchkey.after_refill(c, clock.now) as r"
    " where c.account = k.credit_account offset 0) as a on true"
    " left join latchkey.holds h on h.kind = 'api_key' and h.issuer = ''"
    " and h.value = k.key_id collate \"C\") as k";

/// Of such a row. Text that UTF-8 cannot express is shown with escapes.
inline constexpr char key_columns[] =
    "k.key_hash, latchkey.told(k.key_id), latchkey.told(k.hint),"
    " latchkey.told(k.organization_id::text), latchkey.told(k.name), latchkey.told(k.external_id),"
    " latchkey.told(k.scopes || k.caller_scopes),"
    " case when latchkey.told(k.metadata::text) = k.metadata::text then k.metadata::text"
    " else to_jsonb(latchkey.told(k.metadata::text))::text end,"
    " k.allowed_networks::text::text[], k.enabled, k.state, k.expires_at,"
    " k.revoked_at, case when k.revoked_at is null"
    " and k.held_since is not null then 'reasserted: the database had lost it'"
    " else latchkey.told(k.revoked_reason) end, k.rate_limit_quantity, k.rate_limit_window_s,"
    " k.rate_limit_burst, k.rate_limit_scope, k.generation,"
    " case when k.previous_hash is not null and k.previous_until > k.now then k.previous_until end,"
    " k.previous_used_at, k.origin, k.created_at, k.last_used_at, coalesce(k.uses, 0), k.now, "
    "k.previous_hash, k.credit_kind, k.credits, k.leased, k.unaccounted, k.spent, k.refill_amount,"
    " k.refill_every_s, k.refills_at,"

    " case when k.role_scopes is null then '{}'::text[]"
    " else latchkey.told(array(select r.name::text from latchkey.role_grants g"
    " join latchkey.roles r on r.role_id = g.role_id"
    " and latchkey.same_organization(r.organization_id, k.organization_id)"
    " where g.kind = 'api_key' and g.holder_id = k.key_id collate \"C\" order by r.name)) end";

/// $1: id, $2: the only organization, or NULL for all.
inline constexpr auto show_api_key_text =
    joined("select ", key_columns, " from ", key_row_begin,
           "(select * from latchkey.api_keys k where k.key_id = $1::text"
           " and coalesce(latchkey.same_organization(k.organization_id, $2), $2 is null))",
           key_row_end);
inline constexpr statement show_api_key{"show_api_key", show_api_key_text.text, 2};

/// $1: id, $2: the only organization, or NULL for all; $3: what changes, as JSON. Returns no row if
/// there is no such key. A key that is revoked, or that an array owns, stays as it is: the row
/// tells. The update has no condition on that, so that the later of two changes at the same time
/// sees what the earlier one wrote.
inline constexpr auto change_api_key_text = joined(
    "with changed as (update latchkey.api_keys k set"
    " (name, external_id, scopes, caller_scopes, metadata, allowed_networks, enabled, expires_at,"
    " rate_limit_quantity, rate_limit_window_s, rate_limit_burst, rate_limit_scope) = (select"
    " case when j ? 'name' then j ->> 'name' else k.name end,"
    " case when j ? 'external_id' then j ->> 'external_id' else k.external_id end,"
    " case when j ? 'scopes' then array(select jsonb_array_elements_text(j -> 'scopes'))"
    " else k.scopes end,"
    " case when j ? 'caller_scopes'"
    " then array(select jsonb_array_elements_text(j -> 'caller_scopes')) else k.caller_scopes end,"
    " case when j ? 'metadata' then j -> 'metadata' else k.metadata end,"
    " case when j ? 'allowed_ips'"
    " then array(select e::inet from jsonb_array_elements_text(j -> 'allowed_ips') as e)"
    " else k.allowed_networks end,"
    " case when j ? 'enabled' then (j ->> 'enabled')::boolean else k.enabled end,"
    " case when j ? 'expires_at' then (j ->> 'expires_at')::timestamptz else k.expires_at end,"
    " case when j ? 'rate_limit' then (j -> 'rate_limit' ->> 'quantity')::bigint"
    " else k.rate_limit_quantity end,"
    " case when j ? 'rate_limit' then (j -> 'rate_limit' ->> 'window')::integer"
    " else k.rate_limit_window_s end,"
    " case when j ? 'rate_limit' then (j -> 'rate_limit' ->> 'burst')::bigint"
    " else k.rate_limit_burst end,"
    " case when j ? 'rate_limit' then coalesce(j -> 'rate_limit' ->> 'scope', 'node')"
    " else k.rate_limit_scope end"
    " from (select case when k.revoked_at is null and k.origin = 'latchkey' then $3::jsonb"
    " else '{}' end as j) as given)"
    " where k.key_id = $1::text"
    " and coalesce(latchkey.same_organization(k.organization_id, $2), $2 is null)"
    " returning k.*) select ",
    key_columns, " from ", key_row_begin, "changed", key_row_end);
inline constexpr statement change_api_key{"change_api_key", change_api_key_text.text, 3};

// $1: the last id of the page before, or NULL; $2: how many at most; $3: a part of the name;
// $4: external id; $5: state; $6: unused for so many seconds; $7: expiring within so many seconds;
// NULL for each that does not matter. `which` says where to look, by $8 and $9.
template <std::size_t Size>
consteval auto list_api_keys_by(const char (&which)[Size]) {
    return joined(
        "with found as materialized (select k.*, row_number() over in_order as place,"
        " coalesce(sum(k.bytes) over (in_order rows between unbounded preceding and 1 preceding),"
        " 0) as bytes_before from (select k.*, octet_length(k.metadata::text)"
        " + octet_length(k.scopes::text) + octet_length(k.allowed_networks::text)"
        " + coalesce(octet_length(k.name), 0) + coalesce(octet_length(k.external_id), 0) as bytes"
        " from ",
        key_row_begin, "(select * from latchkey.api_keys k where ", which,
        " and k.key_id > coalesce($1::text, '') order by k.key_id limit 2000)", key_row_end,
        " where ($3::text is null or position(lower($3::text) in lower(k.name)) > 0)"
        " and ($4::text is null or k.external_id = $4::text)"
        " and ($5::text is null or k.state = $5::text)"
        " and ($6::float8 is null or coalesce(k.last_used_at, k.created_at)"
        " <= k.now - make_interval(secs => $6::float8))"
        " and ($7::float8 is null or (k.state = 'active'"
        " and k.expires_at <= k.now + make_interval(secs => $7::float8)))"
        " order by k.key_id limit $2::int8 + 1) as k window in_order as (order by k.key_id)),"
        " shown as (select * from found where place <= $2::int8"
        " and (place = 1 or bytes_before < 524288))"
        " select latchkey.told(next.id), ",
        key_columns,
        " from (select case when (select count(*) from found) > (select count(*) from shown)"
        " then (select s.key_id from shown s order by s.key_id desc limit 1)"
        " else (select k.key_id from latchkey.api_keys k where ",
        which,
        " and k.key_id > coalesce($1::text, '') order by k.key_id offset 1999 limit 1)"
        " end as id) as next left join shown as k on true order by k.key_id");
}
inline constexpr auto list_all_api_keys_text = list_api_keys_by("true");
inline constexpr statement list_all_api_keys{"list_api_keys", list_all_api_keys_text.text, 7};

/// $8: organization.
inline constexpr auto list_api_keys_of_organization_text =
    list_api_keys_by("latchkey.same_organization(k.organization_id, $8)");
inline constexpr statement list_api_keys_of_organization{
    "list_api_keys", list_api_keys_of_organization_text.text, 8};

/// $8: organization, or NULL for all; $9: external id.
inline constexpr auto list_api_keys_by_external_id_text = list_api_keys_by(
    "k.external_id = $9::text"
    " and coalesce(latchkey.same_organization(k.organization_id, $8), $8 is null)");
inline constexpr statement list_api_keys_by_external_id{"list_api_keys",
                                                        list_api_keys_by_external_id_text.text, 9};

/// $8: organization, or NULL for all; $9: hash of the key or of its previous generation.
inline constexpr auto list_api_keys_by_hash_text = list_api_keys_by(
    "(k.key_hash = $9::bytea or k.previous_hash = $9::bytea)"
    " and coalesce(latchkey.same_organization(k.organization_id, $8), $8 is null)");
inline constexpr statement list_api_keys_by_hash{"list_api_keys", list_api_keys_by_hash_text.text,
                                                 9};

// --- organizations: the table is o, and the older service's columns may have any type ---

inline constexpr char organization_columns[] =
    "latchkey.told(o.\"organization_id\"::text) as id, latchkey.told(o.\"name\"::text) as label,"
    " coalesce(latchkey.told(o.\"status\"::text), '') as word,"
    " coalesce(latchkey.is_active(o.\"status\"), false) as enabled, latchkey.made_at(o) as made,"
    " clock_timestamp() as now";

/// The identifier's type is the column's, text or uuid: parameters without a cast take it.
inline constexpr auto create_organization_text =
    joined("insert into public.organizations as o (\"organization_id\", \"name\") values ($1, $2)"
           " returning ",
           organization_columns);
inline constexpr statement create_organization{"create_organization", create_organization_text.text,
                                               2};

/// $1: id, $2: the only organization, or NULL for all.
inline constexpr auto show_organization_text =
    joined("select ", organization_columns,
           " from public.organizations o"
           " where latchkey.same_organization(o.\"organization_id\", $1)"
           " and coalesce(latchkey.same_organization(o.\"organization_id\", $2), $2 is null)");
inline constexpr statement show_organization{"show_organization", show_organization_text.text, 2};

/// $1 and $2 as above; $3: name, or NULL to keep it; $4: whether it is enabled, or NULL. A status
/// that says the same in another word stays. A row is made of the values, since the columns may
/// have any type.
inline constexpr auto change_organization_text = joined(
    "update public.organizations o set"
    " \"name\" = case when $3::text is null then o.\"name\" else"
    " (jsonb_populate_record(null::public.organizations,"
    " jsonb_build_object((parse_ident('\"name\"'))[1], $3::text))).\"name\" end,"
    " \"status\" = case when $4::boolean is null"
    " or coalesce(latchkey.is_active(o.\"status\"), false) = $4::boolean then o.\"status\" else"
    " (jsonb_populate_record(null::public.organizations,"
    " jsonb_build_object((parse_ident('\"status\"'))[1],"
    " case when $4::boolean then 'active' else 'disabled' end))).\"status\" end"
    " where latchkey.same_organization(o.\"organization_id\", $1)"
    " and coalesce(latchkey.same_organization(o.\"organization_id\", $2), $2 is null)"
    " returning ",
    organization_columns);
inline constexpr statement change_organization{"change_organization", change_organization_text.text,
                                               4};

/// $1: the last id of the page before, or NULL; $2: how many at most; $3: a part of the name; $4:
/// state: active or disabled. The first id stands in for NULL, so that an index on the ids serves
/// every page. `which` is about $5.
template <std::size_t Size>
consteval auto list_organizations_by(const char (&which)[Size]) {
    return joined(
        "with looked_at as materialized (select o.\"organization_id\" as sort, ",
        organization_columns, " from public.organizations o where ", which,
        " and latchkey.organization_not_before(o.\"organization_id\", coalesce($1,"
        " (select f.\"organization_id\" from public.organizations f"
        " order by f.\"organization_id\" limit 1)))"
        " and latchkey.organization_after(o.\"organization_id\", $1) is not false"
        " order by o.\"organization_id\" limit 2000),"
        " found as materialized (select o.*, row_number() over in_order as place,"
        " coalesce(sum(octet_length(o.id) + coalesce(octet_length(o.label), 0)"
        " + octet_length(o.word)) over (in_order rows between unbounded preceding and 1 "
        "preceding), 0) as bytes_before"
        " from (select * from looked_at o"
        " where ($3::text is null or position(lower($3::text) in lower(o.label collate "
        "\"default\"))"
        " > 0)"
        " and ($4::text is null or o.enabled = ($4::text = 'active'))"
        " order by o.sort limit $2::int8 + 1) as o window in_order as (order by o.sort)),"
        " shown as (select * from found where place <= $2::int8"
        " and (place = 1 or bytes_before < 524288))"
        " select next.id, o.id, o.label, o.word, o.enabled, o.made, o.now"
        " from (select case when (select count(*) from found) > (select count(*) from shown)"
        " then (select s.id from shown s order by s.sort desc limit 1)"
        " else (select l.id from looked_at l order by l.sort offset 1999 limit 1)"
        " end as id) as next left join shown as o on true order by o.sort");
}
inline constexpr auto list_all_organizations_text = list_organizations_by("true");
inline constexpr statement list_all_organizations{"list_organizations",
                                                  list_all_organizations_text.text, 4};
/// $5: the only organization.
inline constexpr auto list_one_organization_text =
    list_organizations_by("latchkey.same_organization(o.\"organization_id\", $5)");
inline constexpr statement list_one_organization{"list_organizations",
                                                 list_one_organization_text.text, 5};

} // namespace latchkey::pg::statements
