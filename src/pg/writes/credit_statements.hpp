#pragma once
// Query text about credits and the usage by day.

#include "pg/connection/joined_text.hpp"
#include "pg/connection/statement.hpp"

namespace latchkey::pg::statements {

/// Of an account a, with the organization of its key k.
inline constexpr char credit_columns[] =
    "latchkey.told(a.key_id),"
    " latchkey.told(coalesce(a.organization_id::text, k.organization_id::text)),"
    " latchkey.told(a.external_id), a.kind, a.remaining + a.leased, a.leased, a.unaccounted,"
    " a.spent, a.refill_amount, a.refill_every_s,"
    " a.refilled_at + make_interval(secs => a.refill_every_s)";
inline constexpr char key_of_account[] =
    " as a left join latchkey.api_keys k on k.key_id = a.key_id";

/// $1: key_id, or NULL; $2: organization and $3: external id of an owner; $4: the only
/// organization, or NULL for all. No row: there is no such key or organization; NULLs: it has no
/// account.
inline constexpr auto show_credits_text =
    joined("select ", credit_columns,
           " from latchkey.show_credits($1::text, $2::text, $3::text, $4::text)", key_of_account);
inline constexpr statement show_credits{"show_credits", show_credits_text.text, 4};

/// $5: what remains, or NULL to keep it; $6: whether the refill changes; $7: its amount, $8: and
/// its interval in seconds, NULL for none.
inline constexpr auto set_credits_text =
    joined("select ", credit_columns,
           " from latchkey.set_credits($1::text, $2::text, $3::text, $4::text, $5::bigint,"
           " $6::boolean, $7::bigint, $8::bigint)",
           key_of_account);
inline constexpr statement set_credits{"set_credits", set_credits_text.text, 8};

/// $5: how many.
inline constexpr auto add_credits_text =
    joined("select ", credit_columns,
           " from latchkey.add_credits($1::text, $2::text, $3::text, $4::text, $5::bigint)",
           key_of_account);
inline constexpr statement add_credits{"add_credits", add_credits_text.text, 5};

inline constexpr auto remove_credits_text =
    joined("select ", credit_columns,
           " from latchkey.remove_credits($1::text, $2::text, $3::text, $4::text)", key_of_account);
inline constexpr statement remove_credits{"remove_credits", remove_credits_text.text, 4};

/// $1: the last account of the page before, or NULL; $2: how many at most, and one more; $3:
/// organization, $4: external id, NULL for each that does not matter.
inline constexpr auto list_credits_text =
    joined("select a.account::text, ", credit_columns,
           " from (select r.* from latchkey.credit_accounts c"
           " left join latchkey.api_keys o on o.key_id = c.key_id"
           " cross join lateral latchkey.after_refill(c, clock_timestamp()) as r"
           " where c.account > coalesce($1::text::bigint, 0)"
           " and ($3::text is null or c.organization_id::text = $3::text"
           " or o.organization_id::text = $3::text)"
           " and ($4::text is null or c.external_id = $4::text or o.external_id = $4::text)"
           " order by c.account limit $2::int8 + 1)",
           key_of_account, " order by a.account");
inline constexpr statement list_credits{"list_credits", list_credits_text.text, 4};

/// Of so many nodes that are gone (schema/0027).
inline constexpr statement settle_credit_leases{"settle_credit_leases",
                                                "select latchkey.settle_credit_leases()", 0};

// --- usage by day ---

/// $1: days.
inline constexpr statement prune_usage{"prune_usage", "select latchkey.prune_usage($1::integer)",
                                       1};

// Rows that the filters pass. $1: since, NULL: this month; $2: until, exclusive; $3: organization;
// $4: key; $5: external id; NULL for each that does not matter.
inline constexpr char usage_filter[] =
    " u.day >= coalesce($1::text::date,"
    " date_trunc('month', clock_timestamp() at time zone 'UTC')::date)"
    " and ($2::text is null or u.day < $2::text::date)"
    " and ($3::text is null or u.organization_id = $3::text)"
    " and ($4::text is null or u.key_id = $4::text)"
    " and ($5::text is null or u.external_id = $5::text)";

/// As above; $6: how many at most, and one more; $7: where the page before ended, or NULL. Columns:
/// that place, day, organization, key, external id, valid, cost, credits.
inline constexpr auto list_usage_text =
    joined("select jsonb_build_array(u.day, u.organization_id, u.key_id, u.external_id)::text,"
           " u.day::text, nullif(u.organization_id, ''), nullif(u.key_id, ''),"
           " nullif(u.external_id, ''), u.valid, u.cost, u.credits"
           " from latchkey.usage_by_day u where",
           usage_filter,
           " and ($7::text is null or (u.day, u.organization_id, u.key_id, u.external_id) >"
           " (($7::jsonb ->> 0)::date, $7::jsonb ->> 1, $7::jsonb ->> 2, $7::jsonb ->> 3))"
           " order by u.day, u.organization_id, u.key_id, u.external_id limit $6::int8 + 1");
inline constexpr statement list_usage{"list_usage", list_usage_text.text, 7};

/// $8: what is summed for each: key, owner or day. It looks at all rows that the filters pass.
inline constexpr auto sum_usage_text = joined(
    "select jsonb_build_array(s.day, s.organization_id, s.key_id, s.external_id)::text,"
    " nullif(s.day, ''), nullif(s.organization_id, ''), nullif(s.key_id, ''),"
    " nullif(s.external_id, ''), s.valid, s.cost, s.credits"
    " from (select case $8 when 'day' then u.day::text else '' end collate \"C\" as day,"
    " case $8 when 'day' then '' else u.organization_id end as organization_id,"
    " case $8 when 'key' then u.key_id else '' end as key_id,"
    " case $8 when 'day' then '' else u.external_id end as external_id,"
    " sum(u.valid)::int8 as valid, sum(u.cost)::int8 as cost, sum(u.credits)::int8 as credits"
    " from latchkey.usage_by_day u where",
    usage_filter,
    " group by 1, 2, 3, 4) as s"
    " where $7::text is null or (s.day, s.organization_id, s.key_id, s.external_id) >"
    " ($7::jsonb ->> 0, $7::jsonb ->> 1, $7::jsonb ->> 2, $7::jsonb ->> 3)"
    " order by s.day, s.organization_id, s.key_id, s.external_id limit $6::int8 + 1");
inline constexpr statement sum_usage{"sum_usage", sum_usage_text.text, 8};

} // namespace latchkey::pg::statements
