#pragma once
// Query text about the mirror of public.organizations.api_keys.

#include "pg/connection/statement.hpp"

namespace latchkey::pg::statements {

/// Bounded, so that no poll of the feed waits long behind it: at most 100,000 findings are counted,
/// and the first 50 returned.
inline constexpr statement count_mirror_findings{
    "count_mirror_findings",
    "with counted as materialized (select outcome from latchkey.mirror_findings limit 100000),"
    " told as (select * from latchkey.mirror_findings order by organization_id limit 50)"
    " select count(*) filter (where outcome = 'skipped'),"
    " count(*) filter (where outcome = 'disabled'), count(*) filter (where outcome = 'renamed'),"
    " (select coalesce(json_agg(json_build_object("
    "'organization_id', latchkey.told(organization_id),"
    " 'place', nullif(place, -1), 'outcome', outcome, 'code', code, 'reason', "
    "latchkey.told(reason),"
    " 'key_id', nullif(latchkey.told(key_id), '')) order by organization_id, place), '[]')::text "
    "from told)"
    " from counted",
    0};

} // namespace latchkey::pg::statements
