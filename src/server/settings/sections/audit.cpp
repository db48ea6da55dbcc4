#include "server/settings/sections/table.hpp"

namespace latchkey::server::settings {

namespace {

constexpr setting rows[] = {
    {"audit.keep", duration_or(31 * 24h, 36'500 * 24h, "forever"),
     at<&configuration::database, &pg::configuration::audit_keep>,
     "How long the audit trail (latchkey.audit_events) keeps its events: whole months go, once "
     "their\n"
     "last event is older than this. The shortest of all nodes counts.",
     reloadable},
};

} // namespace

std::span<const setting> audit_section() {
    return rows;
}

} // namespace latchkey::server::settings
