#include "server/settings/sections/table.hpp"

namespace latchkey::server::settings {

namespace {

template <auto Field>
constexpr field_access breaker_at = at<&configuration::breaker, Field>;

using breaker = core::breaker_configuration;

constexpr setting rows[] = {
    {"breaker.enabled", flag(), breaker_at<&breaker::enabled>,
     "Stop asking a database that does not answer: look-ups get 503 at once, rather than after\n"
     "database.query_timeout. Cached answers and the feed of changes go on."},
    {"breaker.window", duration(100ms, 1min), breaker_at<&breaker::window>,
     "Look-ups of the last so long are counted, over all workers. At most\n"
     "database.query_timeout counts: when the first time-outs come, what was answered before them\n"
     "has left it."},
    {"breaker.calls_min", count(1, 200), breaker_at<&breaker::calls_min>,
     "Look-ups within the window before their rate of failures means anything."},
    {"breaker.failure_rate", count(1, 100), breaker_at<&breaker::failure_rate>,
     "Percent of them at which the breaker opens. Errors, time-outs and a missing connection are\n"
     "failures; that there is no such key is an answer."},
    {"breaker.open_time", duration(10ms, 1min), breaker_at<&breaker::open_time>,
     "How long it stays open at first, less up to a half at random. It doubles each time."},
    {"breaker.open_time_max", duration(10ms, 5min), breaker_at<&breaker::open_time_max>,
     "At most so long: how late, at worst, it is noticed that the database answers again."},
    {"breaker.probes", count(1, 3), breaker_at<&breaker::probes>,
     "Queries of its own that it tries after that, on connections that are up. When all are\n"
     "answered, it closes. No request waits for them."},
};

} // namespace

std::span<const setting> breaker_section() {
    return rows;
}

} // namespace latchkey::server::settings
