#pragma once
// Shared by the commands that list, and by those that take an id.

#include "server/cli/admin_client.hpp"
#include "server/cli/table.hpp"

#include <boost/json/object.hpp>

#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace latchkey::server {

inline constexpr option limit_option = {"limit", "N", "how many at most; without it, all"};
inline constexpr option cursor_option = {"cursor", "CURSOR",
                                         "list what follows it; an earlier page printed it"};

/// A list of the admin API, and how it is shown.
struct list_kind {
    std::string_view target; ///< "/admin/v1/api-keys"
    std::string_view member; ///< of the answer: "api_keys"
    std::string_view noun;   ///< "There are no API keys."
    std::string_view id;     ///< the member that --quiet prints
    std::span<const column> columns;
    bool has_pages = true; ///< the list takes `limit` and `cursor`
    /// Its last page may name a cursor, too: of what comes later. The answer's `more` says which
    /// page is the last one.
    bool grows = false;
    /// Whether a row is shown. Null: all are.
    bool (*shows)(const boost::json::object&) = nullptr;
};

extern const list_kind organizations_list;
extern const list_kind api_keys_list;
extern const list_kind credit_accounts_list;
extern const list_kind usage_rows_list;
extern const list_kind devices_list;
extern const list_kind roles_list;
extern const list_kind role_grants_list; ///< its target lacks the role
extern const list_kind revocations_list;
extern const list_kind signing_keys_list;
extern const list_kind nodes_list;
extern const list_kind audit_events_list;
extern const list_kind refreshed_issuers_list;

/// Lists what `query` ("?a=b", or empty) asks for, from --cursor on: page by page until the end or
/// --limit, so that memory stays bounded. Prints a table, with --quiet ids, with --json one
/// document
/// {"list":[…],"next_cursor":…}. Returns the exit code.
int show_list(const list_kind&, const std::string& query, const command_line&, command_context&);

/// Prints the list in an answer that is no page.
int show_rows(const list_kind&, const admin_answer&, const command_line&, command_context&);

/// Returns the cursor of the next page in an answer; empty if there is none.
std::string next_cursor(const std::string& body);

/// Returns whether an answer says that `more` is there already.
bool has_more(const std::string& body);

/// Whether a word may be part of a URL path without escapes.
bool may_be_an_id(std::string_view);

/// Prints `"…" is no DEVICE_ID` and returns the exit code if the argument cannot be an id; else
/// returns nullopt. A whole API key is refused as well, and not repeated.
std::optional<int> refuse_id(const command_line&, command_context&, std::string_view what);

} // namespace latchkey::server
