#include "server/settings/sections/table.hpp"

namespace latchkey::server::settings {

namespace {

template <auto Field>
constexpr field_access breaker_at = at<&configuration::breaker, Field>;

using breaker = core::breaker_configuration;

constexpr setting rows[] = {
    {"breaker.enabled", flag(), breaker_at<&breaker::enabled>,
     "Whether to stop asking a database that does not answer: look-ups then get 503 at once\n"
     "rather than after database.query_timeout. Cached answers and the feed of changes go on."},
    {"breaker.window", duration(100ms, 1min), breaker_at<&breaker::window>,
     "How far back look-ups are counted, over all workers. At most database.query_timeout is\n"
     "used, so that older successes no longer count when the first time-outs arrive."},
    {"breaker.calls_min", count(1, 200), breaker_at<&breaker::calls_min>,
     "Fewest look-ups within the window for which the rate of failures counts."},
    {"breaker.failure_rate", count(1, 100), breaker_at<&breaker::failure_rate>,
     "Percentage of failed look-ups at which the breaker opens. Errors, time-outs and a missing\n"
     "connection are failures; \"no such key\" is an answer."},
    {"breaker.open_time", duration(10ms, 1min), breaker_at<&breaker::open_time>,
     "How long the breaker stays open the first time, less a random part of up to a half. The\n"
     "time doubles whenever it opens again."},
    {"breaker.open_time_max", duration(10ms, 5min), breaker_at<&breaker::open_time_max>,
     "The longest such time. A database that answers again is noticed after this time at the\n"
     "latest."},
    {"breaker.probes", count(1, 3), breaker_at<&breaker::probes>,
     "Queries of its own that the server then tries, on open connections. When all are answered,\n"
     "the breaker closes. No request waits for them."},
};

} // namespace

std::span<const setting> breaker_section() {
    return rows;
}

} // namespace latchkey::server::settings
