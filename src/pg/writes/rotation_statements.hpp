#pragma once
// Query text of the rotation of API keys. That of devices stands with the others of devices.

#include "pg/connection/joined_text.hpp"
#include "pg/connection/statement.hpp"

namespace latchkey::pg::statements {

/// Why a key gets no other secret: 0 if it does.
enum class rotation_obstacle { none, revoked, of_array, previous_works };

// The key as it is once it is locked, so that the later of two rotations at the same time sees what
// the earlier one wrote. $1: id, $2: the only organization, or NULL for all.
inline constexpr char key_to_rotate[] =
    "with was as materialized (select k.key_id, k.key_hash, k.previous_hash,"
    " case when k.revoked_at is not null then 1 when k.origin <> 'latchkey' then 2"
    " when k.previous_until > clock_timestamp() then 3 else 0 end as obstacle, k.previous_until"
    " from latchkey.api_keys k where k.key_id = $1::text"
    " and coalesce(latchkey.same_organization(k.organization_id, $2), $2 is null) for update)";

// The hashes are those by which caches may know the key.
inline constexpr char rotated_columns[] =
    " k.key_id, k.previous_until,"
    " array_remove(array[was.key_hash, was.previous_hash, k.key_hash], null)";

/// $3: the new hash, $4: seconds for which the old secret stays good, $5: the new hint. Returns no
/// row if there is no such key. The first column is the obstacle; if there is one, the second is
/// when the secret before the last rotation ends, and the rest is NULL.
inline constexpr auto rotate_api_key_text =
    joined(key_to_rotate,
           ", rotated as (update latchkey.api_keys k set key_hash = $3::bytea,"
           " previous_hash = case when $4::float8 > 0 then was.key_hash end,"
           " previous_until = case when $4::float8 > 0"
           " then clock_timestamp() + make_interval(secs => $4::float8) end,"
           " rotated_at = clock_timestamp(), hint = $5::text"
           " from was where k.key_id = was.key_id and was.obstacle = 0 returning k.*)"
           " select was.obstacle, was.previous_until,",
           rotated_columns, " from was left join rotated k on true");
inline constexpr statement rotate_api_key{"rotate_api_key", rotate_api_key_text.text, 5};

/// Without the first two columns.
inline constexpr auto finish_key_rotation_text =
    joined(key_to_rotate,
           " update latchkey.api_keys k set previous_hash = null, previous_until = null"
           " from was where k.key_id = was.key_id returning",
           rotated_columns);
inline constexpr statement finish_key_rotation{"finish_key_rotation", finish_key_rotation_text.text,
                                               2};

} // namespace latchkey::pg::statements
