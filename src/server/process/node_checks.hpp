#pragma once
// The checks of what a node needs besides the database: decided from plain facts. Pure.

#include "server/process/log_writer.hpp"

#include <latchkey/api/status_source.hpp>
#include <latchkey/core/clock.hpp>

#include <cstddef>
#include <optional>
#include <string>

namespace latchkey::server {

/// FEED_LATE: neither a poll that is a little slow nor one that failed once is worth waking
/// anybody.
api::check feed_check(core::nanoseconds age, core::nanoseconds interval);
/// CLOCK_DIFFERS past 5 s. `offset`: the database's clock minus this machine's.
api::check clock_check(const std::optional<core::nanoseconds>& offset);
/// CERTIFICATE_ENDS_SOON within 14 days, then CERTIFICATE_EXPIRED.
api::check certificate_check(core::real_time ends, core::real_time now);
/// CONNECTIONS_FULL for 10 s after one was refused.
api::check connections_check(const std::optional<core::boot_time>& full_at, std::size_t allowed,
                             core::boot_time now);
/// LOG_LINES_DROPPED for 5 minutes after one was lost.
api::check log_check(const std::optional<log_writer::loss>&, core::boot_time now);
/// `at`: when a token was last asked for that could not be issued. True for an hour after that.
bool was_asked_lately(core::boot_time at, core::boot_time now);
/// ISSUING_IMPOSSIBLE, if tokens are wanted from this node.
api::check issuing_check(const std::string& why_not, bool is_wanted);

} // namespace latchkey::server
