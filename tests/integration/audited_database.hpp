#pragma once
// A database whose audit trail is looked at.

#include "support.hpp"

#include <string>

namespace latchkey::test {

struct audited_database : migrated_database {
    session reader{uri()};

    /// What was recorded since the last call: "organization.create o, api_key.create k, …".
    std::string recorded(const std::string& shown = "concat_ws(' ', action, object_id)") {
        const auto out = value("select coalesce(string_agg(" + shown +
                               ", ', ' order by event_id), '') from latchkey.audit_events"
                               " where event_id > " +
                               std::to_string(last_));
        last_ = std::stol(value("select coalesce(max(event_id), 0) from latchkey.audit_events"));
        return out;
    }
    /// The changes of one event, as JSON texts.
    std::string last_change() { return recorded("concat_ws(' -> ', before, after)"); }
    std::string failed() { return value("select failed from latchkey.audit_state()"); }
    std::string failed_with() { return value("select failed_with from latchkey.audit_state()"); }

  private:
    long last_ = 0;
};

/// Ways in which the trail cannot be written, and the SQLSTATE that says so.
struct audit_damage {
    const char* name;
    const char* done;
    const char* sqlstate;
};
inline std::ostream& operator<<(std::ostream& out, const audit_damage& d) {
    return out << d.name;
}
inline const audit_damage audit_damages[] = {
    {"full",
     "create function public.refuse() returns trigger language plpgsql as"
     " 'begin raise disk_full; end';"
     "create trigger refuse before insert on latchkey.audit_events for each row"
     " execute function public.refuse()",
     "53100"},
    {"read-only",
     "create function public.refuse() returns trigger language plpgsql as"
     " 'begin raise read_only_sql_transaction; end';"
     "create trigger refuse before insert on latchkey.audit_events for each row"
     " execute function public.refuse()",
     "25006"},
    {"gone", "alter table latchkey.audit_events rename to elsewhere", "42P01"},
};

} // namespace latchkey::test
