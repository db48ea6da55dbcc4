#pragma once
// What a pooler in front of the database reports, and the setting that helps.

#include <string_view>

namespace latchkey::pg {

/// For a database that is silent after the login was accepted.
inline constexpr const char* silent_after_login =
    "the database took the connection and then did not answer within database.connect_timeout; a "
    "pooler in session mode (PgBouncer: pool_size) has to have as many connections for each node "
    "as database.connections and database.overflow together, and four more";

/// Returns the end of a sentence that says what to do; empty if the message is not a known
/// pooler's.
constexpr std::string_view pooler_hint(std::string_view message) {
    const auto has = [&](std::string_view part) {
        return message.find(part) != std::string_view::npos;
    };
    if (has("server_login_retry"))
        return "; PgBouncer does not try the database again for server_login_retry (15 s): set it "
               "to 1";
    if (has("no more connections allowed")) return "; raise max_client_conn of PgBouncer";
    if (has("query_wait_timeout")) return "; raise pool_size of PgBouncer";
    return "";
}

} // namespace latchkey::pg
