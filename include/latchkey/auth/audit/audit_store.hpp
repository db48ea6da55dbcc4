#pragma once
// The audit trail: who changed what, and when. The database writes it in the transaction of each
// change (schema/0020); here it is read, and acts without a row are recorded. `pg` implements it.

#include <latchkey/auth/operator_request.hpp>
#include <latchkey/auth/store.hpp>
#include <latchkey/core/clock.hpp>

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

namespace latchkey::auth {

struct audit_event {
    std::string event_id;
    core::real_time at;
    std::string actor;  ///< JSON object
    std::string action; ///< such as "api_key.revoke"
    std::string object_kind;
    std::optional<std::string> object_id; ///< not set: several objects
    std::optional<std::string> organization_id;
    std::optional<std::string> request_id;
    std::optional<std::string> before; ///< JSON objects
    std::optional<std::string> after;
};

/// Which events are asked for; a member that is not set excludes none.
struct audit_query {
    std::optional<core::real_time> since;
    std::optional<core::real_time> until; ///< exclusive
    std::optional<std::string> actor;     ///< one of the actor's values, such as its key_id
    std::optional<std::string> action;    ///< "api_key.revoke", or either half of it
    std::optional<std::string> object_id;
    std::optional<std::string> organization_id;
    std::optional<std::string> only_organization; ///< the asker may see no other's events
    bool oldest_first = false;
    std::size_t limit = 100;
    std::optional<std::string> cursor; ///< as the page before gave it
};

struct audit_page {
    std::vector<audit_event> events;
    /// Of the next page. With the oldest first it is always there: later it brings what has been
    /// committed since, each event once.
    std::optional<std::string> next_cursor;
    /// The next page goes on with what is there already. A page looks at so many events only, and
    /// may have shown none of them.
    bool more = false;
};

/// An act that changes no row.
struct audit_act {
    std::string action;
    std::string object_kind;
    std::optional<std::string> object_id;
    std::optional<std::string> before; ///< JSON objects
    std::optional<std::string> after;
};

/// Lives on the control thread.
class audit_store {
  public:
    virtual ~audit_store() = default;
    /// Fails with `invalid` for a cursor that no page gave.
    virtual operation<audit_page> list_audit_events(audit_query) = 0;
    /// Answers with the event's id.
    virtual operation<std::string> record_act(audit_act, operator_request& by) = 0;
};

} // namespace latchkey::auth
