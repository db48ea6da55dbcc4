#pragma once
// Query text that asks whether a name or id that an operator gave exists, and for similar ones.

#include "pg/connection/statement.hpp"

namespace latchkey::pg::statements {

// Columns: id, whether it is known, name. The first row is about the given name itself; the rows
// after it are others.

/// $1: the name.
inline constexpr statement find_organization{"find_organization",
                                             "select latchkey.told(id), known, latchkey.told(name) "
                                             "from latchkey.find_organization($1::text)",
                                             1};

/// $1: the id. A revocation is remembered longer than the credential that it was made with. The
/// others are API keys next to it in the order of ids, or some devices.
inline constexpr statement find_credential{
    "find_credential",
    "with given as materialized (select $1::text as id,"
    " exists (select from latchkey.api_keys where key_id = $1::text)"
    " or exists (select from public.device_credentials d"
    " where latchkey.device_key(d.DEVICE_ID::text) = latchkey.device_key($1::text))"
    " or exists (select from latchkey.revocations"
    " where kind = 'credential' and issuer = '' and value = $1::text) as known),"
    " after as (select key_id, name from latchkey.api_keys, given where not known"
    " and key_id > $1::text order by key_id limit 100),"
    " before as (select key_id, name from latchkey.api_keys, given where not known"
    " and key_id < $1::text order by key_id desc limit 100),"
    " devices as (select d.DEVICE_ID::text as id, d.NAME::text as label"
    " from public.device_credentials d, given"
    " where not known and d.DEVICE_ID is not null limit 500)"
    " select latchkey.told(id), known, latchkey.told(name) from ("
    "select id, known, null::text as name from given union all select key_id, false, name from "
    "after"
    " union all select key_id, false, name from before"
    " union all select id, false, label from devices) as all_of_them",
    1};

} // namespace latchkey::pg::statements
