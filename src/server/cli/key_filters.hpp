#pragma once
// The filters of the commands that concern many API keys.

#include "server/cli/query_writer.hpp"

namespace latchkey::server {

inline constexpr option organization_filter = {"organization", "ID", "those of an organization"};
inline constexpr option name_filter = {"name", "TEXT",
                                       "those whose name contains it, in large or small letters"};
inline constexpr option external_id_filter = {"external-id", "ID",
                                              "those with this id of your own"};
inline constexpr option unused_filter = {"unused", "90d", "those that were not used for this long"};
inline constexpr option expiring_filter = {"expiring", "14d", "those that expire within this time"};
inline constexpr option state_filter = {.name = "state",
                                        .value_name = "STATE",
                                        .help = "those that are active, disabled, expired or "
                                                "revoked",
                                        .values = "active|disabled|expired|revoked"};

/// Adds the filters that were given.
inline void add_key_filters(query_writer& query) {
    query.text("organization", "organization_id");
    query.text("name", "name");
    query.text("external-id", "external_id");
    query.text("state", "state");
    query.seconds("unused", "unused_for");
    query.seconds("expiring", "expiring_within");
}

} // namespace latchkey::server
