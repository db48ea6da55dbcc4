#pragma once
// What a new configuration changes in a running process, and what it cannot.

#include "server/settings/configuration.hpp"

#include <string>
#include <vector>

namespace latchkey::server {

/// Values as the file would spell them; those of secrets are left empty.
struct changed_setting {
    std::string key; ///< "log.level"; "issuers" for all of [[issuers]]
    std::string from;
    std::string to;
};

struct reload_report {
    std::vector<changed_setting> changed;       ///< obeyed from now on
    std::vector<changed_setting> needs_restart; ///< differ from what is obeyed, and stay unobeyed
};

struct reload_plan {
    configuration obeyed; ///< the running one, with what can be taken from the new one
    reload_report report;
};

/// Pure. Goes by the table of keys: those that are marked as reloadable are taken.
reload_plan plan_reload(const configuration& running, const configuration& next);

/// {"changed":[{"key","from","to"}],"needs_restart":[…]}; null for values that are not shown.
std::string to_json(const reload_report&);

/// "log.level, cache.ttl"
std::string names_of(const std::vector<changed_setting>&);

} // namespace latchkey::server
