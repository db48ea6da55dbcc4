#pragma once
// The parameters of lists.

#include "api/query_table.hpp"

#include <array>
#include <string_view>

namespace latchkey::api {

namespace lists {

using enum parameter_kind;

inline constexpr std::array<std::string_view, 2> organization_states = {"active", "disabled"};
inline constexpr std::array<std::string_view, 3> device_states = {"active", "disabled", "revoked"};
inline constexpr std::array<std::string_view, 4> key_states = {"active", "disabled", "expired",
                                                               "revoked"};
inline constexpr std::array<std::string_view, 2> orders = {"desc", "asc"};

inline constexpr query_parameter organization_id{"organization_id", text,
                                                 "what belongs to exactly this organization"};
inline constexpr query_parameter name{"name", text, "what has this text in its name, in any case"};
inline constexpr query_parameter unused_for{
    "unused_for", seconds,
    "credentials that were not VALID for so many seconds, or are as old and never were"};
inline constexpr query_parameter limit{"limit", page, "how many at most; 100 without it"};
inline constexpr query_parameter cursor{"cursor", text, "the next_cursor of the page before"};

inline constexpr query_table pages({limit, cursor});
inline constexpr query_table organizations(
    {name, {"state", words, "what is in this state", organization_states}, limit, cursor});
inline constexpr query_table api_keys(
    {organization_id,
     name,
     {"external_id", text, "what has exactly this one"},
     {"state", words, "what is in this state, by the database's clock", key_states},
     unused_for,
     {"expiring_within", seconds, "keys that are good and expire within so many seconds"},
     {"key_hash", hash, "the key with this SHA-256, or that had it before its last rotation"},
     limit,
     cursor});
inline constexpr query_parameter external_id{"external_id", text, "the owner's whole external id"};
inline constexpr query_table
    owner({{"organization_id", text, "the owner's organization", {}, true},
           {"external_id", text, "the owner's whole external id", {}, true}});
inline constexpr query_table credit_accounts({organization_id, external_id, limit, cursor});
inline constexpr std::array<std::string_view, 3> usage_sums = {"key", "owner", "day"};
inline constexpr query_table
    usage({{"since", text, "from this day of UTC on, such as 2027-01-31; without it, this month"},
           {"until", text, "before this day"},
           organization_id,
           {"key_id", text, "of this key"},
           external_id,
           {"by", words, "sums for each of these; without it, each day's of each key", usage_sums},
           limit,
           cursor});
inline constexpr query_table roles({organization_id, name, limit, cursor});
inline constexpr query_table exports({organization_id, limit, cursor});
inline constexpr query_table
    devices({organization_id,
             name,
             {"state", words, "what is in this state, by the database's clock", device_states},
             unused_for,
             limit,
             cursor});
inline constexpr query_table audit_events(
    {{"since", time, "events at this time or later"},
     {"until", time, "events before this time"},
     {"actor", text, "a value of the actor: a key's id, a certificate's name, a uid, a role"},
     {"action", text, "such as api_key.revoke, or one half of it"},
     {"object_id", text, "the whole id"},
     {"organization_id", text, "the whole id"},
     {"order", words, "desc, or asc for the oldest first", orders},
     limit,
     cursor});

} // namespace lists

} // namespace latchkey::api
