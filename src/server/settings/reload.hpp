#pragma once
// Decides what a new configuration changes in a running process, and what needs a restart.

#include "server/settings/configuration.hpp"

#include <string>
#include <vector>

namespace latchkey::server {

/// A setting that differs. Values are spelled as in the file; those of secrets are empty.
struct changed_setting {
    std::string name; ///< "log.level"; "issuers" for all of [[issuers]]
    std::string from;
    std::string to;
};

struct reload_report {
    std::vector<changed_setting> changed;       ///< they apply from now on
    std::vector<changed_setting> needs_restart; ///< they differ, and do not apply before a restart
};

struct reload_plan {
    configuration obeyed; ///< the running one, with the reloadable values of the new one
    reload_report report;
};

/// Takes the settings that the table marks as reloadable. Pure.
reload_plan plan_reload(const configuration& running, const configuration& next);

/// Returns {"changed":[{"key","from","to"}],"needs_restart":[…]}, with null for values that are not
/// shown.
std::string to_json(const reload_report&);

/// Returns "log.level, cache.ttl".
std::string names_of(const std::vector<changed_setting>&);

} // namespace latchkey::server
