#include "server/settings/sections/table.hpp"

namespace latchkey::server::settings {

namespace {

template <auto Field>
constexpr field_access use_at = at<&configuration::use, Field>;

using use = auth::use_configuration;

constexpr setting rows[] = {
    {"use.enabled", flag(), use_at<&use::enabled>,
     "Whether to record how often and when each credential was used (latchkey.credential_use).",
     reloadable},
    {"use.flush_interval", duration(100ms, 1h), use_at<&use::flush_interval>,
     "How often the counts are written. A crash loses the counts of this time. A graceful end\n"
     "loses none, unless the database is away or server.drain_timeout is over.",
     reloadable},
    {"use.credentials_max", count(1, 10'000'000), use_at<&use::credentials_max>,
     "Credentials that are counted in one interval, per worker. Uses of further ones are not\n"
     "counted; auth_uses_uncounted_total says how many.",
     reloadable},
    {"use.kept_days", count(31, 36'500),
     at<&configuration::database, &pg::configuration::usage_kept_days>,
     "How many days of the usage by day (latchkey.usage_by_day) are kept. The least of all nodes\n"
     "counts.",
     reloadable},
};

} // namespace

std::span<const setting> use_section() {
    return rows;
}

} // namespace latchkey::server::settings
