#include "server/settings/sections/table.hpp"

namespace latchkey::server::settings {

namespace {

template <auto Field>
constexpr field_access use_at = at<&configuration::use, Field>;

using use = auth::use_configuration;

constexpr setting rows[] = {
    {"use.enabled", flag(), use_at<&use::enabled>,
     "Write down how often and when each credential was used (latchkey.credential_use).",
     reloadable},
    {"use.flush_interval", duration(100ms, 1h), use_at<&use::flush_interval>,
     "How often: what a crash may lose. A graceful end loses nothing, unless the database is "
     "away\n"
     "or server.drain_timeout is over.",
     reloadable},
    {"use.credentials_max", count(1, 10'000'000), use_at<&use::credentials_max>,
     "Credentials that are counted in one interval, per worker. Further ones are not, and\n"
     "auth_uses_uncounted_total tells.",
     reloadable},
};

} // namespace

std::span<const setting> use_section() {
    return rows;
}

} // namespace latchkey::server::settings
