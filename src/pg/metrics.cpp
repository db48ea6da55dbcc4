#include <latchkey/pg/metrics.hpp>

namespace latchkey::pg {

void metrics::observe(std::string_view statement, double seconds) noexcept {
    for (std::size_t i = 0; i < measured_statements.size(); ++i)
        if (measured_statements[i] == statement) query_seconds[i].observe(seconds);
}

void metrics::add_to(lookup_totals& out) const {
    static_assert(measured_statements[0] == "find_api_keys" &&
                  measured_statements[1] == "find_devices");
    for (const auto& of : {&query_seconds[0], &query_seconds[1]})
        for (std::size_t b = 0; b < out.by_duration.size(); ++b)
            out.by_duration[b] += of->count(b);
    for (const auto& one : lookups_refused)
        out.refused += one.value();
}

void metrics::collect(core::metric_sink& sink) const {
    for (std::size_t i = 0; i < measured_statements.size(); ++i)
        sink.add_histogram("auth_db_query_duration_seconds", "From sending a query to its answer.",
                           {{"statement", measured_statements[i]}}, query_seconds[i]);
    sink.add_histogram("auth_db_batch_size", "Look-ups gathered into one query.", {}, batch_size);

    const auto connections = [&](const char* state, const core::gauge& g) {
        sink.add_gauge("auth_db_connections", "Connections to the database, by state.",
                       {{"state", state}}, static_cast<double>(g.value()));
    };
    connections("idle", connections_idle);
    connections("busy", connections_busy);
    connections("connecting", connections_connecting);
    sink.add_gauge("auth_db_lookups_waiting", "Look-ups that wait for a connection.", {},
                   static_cast<double>(lookups_waiting.value()));
    sink.add_gauge("auth_db_lookups_in_flight", "Look-ups in queries that have no answer yet.", {},
                   static_cast<double>(lookups_in_flight.value()));
    sink.add_gauge("auth_db_lookups_in_flight_limit", "How many may be: it follows the latency.",
                   {}, static_cast<double>(lookup_limit.value()));

    const auto count = [&](const char* name, const char* help, const core::counter& c) {
        sink.add_counter(name, help, {}, static_cast<double>(c.value()));
    };
    count("auth_db_connects_total", "Connections opened.", connects);
    count("auth_db_connects_failed_total", "Attempts to connect that failed.", connects_failed);
    count("auth_db_connections_lost_total", "Connections that broke.", connections_lost);
    count("auth_db_queries_failed_total", "Queries that the server answered with an error.",
          queries_failed);
    count("auth_db_queries_overdue_total", "Queries past their deadline; each ends its connection.",
          queries_overdue);
    count("auth_breaker_opened_total", "How often the breaker before the database has opened.",
          breaker_opened);
    count("auth_device_bare_secrets_total",
          "Devices loaded whose secret is bare text: latchkey device rehash mends that.",
          bare_secrets);
    for (std::size_t i = 0; i < refusal_reasons.size(); ++i)
        sink.add_counter("auth_db_lookups_refused_total",
                         "Look-ups refused without the database's word, by reason.",
                         {{"reason", refusal_reasons[i]}},
                         static_cast<double>(lookups_refused[i].value()));
}

} // namespace latchkey::pg
