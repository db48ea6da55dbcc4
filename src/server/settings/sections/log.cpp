#include "server/settings/sections/table.hpp"

#include <array>

namespace latchkey::server::settings {

namespace {

constexpr std::array<std::string_view, 4> log_levels = {"debug", "info", "warning", "error"};
constexpr std::array<std::string_view, 3> log_formats = {"automatic", "text", "json"};
static_assert(static_cast<std::size_t>(core::log_level::error) + 1 == log_levels.size());
static_assert(static_cast<std::size_t>(log_format::json) + 1 == log_formats.size());

template <auto Field>
constexpr field_access log_at = at<&configuration::log, Field>;

constexpr setting rows[] = {
    {"log.level", choice(log_levels), log_at<&log_configuration::level>,
     "The lowest level that is written. \"debug\" writes a line for each request.", reloadable},
    {"log.format", choice(log_formats), log_at<&log_configuration::format>,
     "The form of log lines on standard error. \"automatic\": text on a terminal, JSON elsewhere.\n"
     "In the journal, lines of both forms have its priorities."},
    {"log.requests_one_in", count(0, 1'000'000'000), log_at<&log_configuration::requests_one_in>,
     "Of good requests, one in so many has a line in the log; 0: none. Each one that is refused, "
     "and\n"
     "each error, has a line.",
     reloadable},
    {"log.requests_max", count(1, 1'000'000), log_at<&log_configuration::requests_max>,
     "Lines about requests that a worker writes in a second, and as many about errors;\n"
     "auth_log_requests_left_out_total counts further ones.",
     reloadable},
    {"log.items_max", count(0, 10'000), log_at<&log_configuration::items_max>,
     "Lines about the items of one batch that are refused, and as many about those that stay\n"
     "undecided; they count for log.requests_max. Further ones are counted in\n"
     "auth_log_requests_left_out_total.",
     reloadable},
};

} // namespace

std::span<const setting> log_section() {
    return rows;
}

} // namespace latchkey::server::settings
