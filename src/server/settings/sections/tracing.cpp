#include "server/settings/sections/table.hpp"

#include <array>

namespace latchkey::server::settings {

namespace {

constexpr std::array<std::string_view, 6> samplers = {"parentbased_always_on",
                                                      "parentbased_always_off",
                                                      "parentbased_traceidratio",
                                                      "always_on",
                                                      "always_off",
                                                      "traceidratio"};
static_assert(static_cast<std::size_t>(core::trace_sampler::traceidratio) + 1 == samplers.size());

template <auto Field>
constexpr field_access tracing_at = at<&configuration::tracing, Field>;

using tracing = tracing_configuration;

constexpr setting rows[] = {
    {"tracing.endpoint", text(is_collector_url, "a URL such as http://127.0.0.1:4318/v1/traces"),
     tracing_at<&tracing::endpoint>,
     "Where spans are sent, as OTLP/HTTP in JSON. Empty: nothing is recorded; a caller's "
     "traceparent\n"
     "is handed on nevertheless. OTEL_EXPORTER_OTLP_TRACES_ENDPOINT, or _OTLP_ENDPOINT with\n"
     "/v1/traces behind it, says the same. OTEL_ variables win over this file, and\n"
     "LATCHKEY_TRACING__... over them. OTEL_SDK_DISABLED=true switches off."},
    {"tracing.headers",
     secret(is_field_list, "name=value, with commas between several, and no field that the "
                           "request has itself"),
     tracing_at<&tracing::headers>,
     "Header fields of those requests (OTEL_EXPORTER_OTLP_TRACES_HEADERS), such as a collector's\n"
     "key. Best given as LATCHKEY_TRACING__HEADERS_FILE."},
    {"tracing.sampler", choice(samplers), tracing_at<&tracing::sampler>,
     "Which requests are recorded (OTEL_TRACES_SAMPLER). Those that begin with \"parentbased_\" "
     "obey\n"
     "the caller's traceparent, and decide by themselves without one."},
    {"tracing.ratio", text(is_ratio, "a number from 0 to 1"), tracing_at<&tracing::ratio>,
     "The part that a sampler by ratio records (OTEL_TRACES_SAMPLER_ARG)."},
    {"tracing.service_name", text(is_short_text, "at most 1024 bytes"),
     tracing_at<&tracing::service_name>, "The resource's service.name (OTEL_SERVICE_NAME)."},
    {"tracing.attributes", text(is_pair_list, "name=value, with commas between several"),
     tracing_at<&tracing::attributes>,
     "Further attributes of the resource (OTEL_RESOURCE_ATTRIBUTES)."},
    {"tracing.ca_file", text(is_path, "a path"), tracing_at<&tracing::ca_file>,
     "Certificates (PEM) of the authorities that the collector's certificate must descend from.\n"
     "Empty: those of the system."},
    {"tracing.timeout", duration(100ms, 1min), tracing_at<&tracing::timeout>,
     "Time for one export (OTEL_EXPORTER_OTLP_TRACES_TIMEOUT, in milliseconds)."},
    {"tracing.delay", duration(100ms, 1min), tracing_at<&tracing::delay>,
     "Pause between two exports (OTEL_BSP_SCHEDULE_DELAY, in milliseconds). A full batch does not\n"
     "wait for it."},
    {"tracing.batch_max", count(1, 2048), tracing_at<&tracing::batch_max>,
     "Spans in one export (OTEL_BSP_MAX_EXPORT_BATCH_SIZE)."},
    {"tracing.queue_max", count(1, 1'000'000), tracing_at<&tracing::queue_max>,
     "Spans that wait for their export (OTEL_BSP_MAX_QUEUE_SIZE). Those that do not fit are lost "
     "and\n"
     "counted (auth_trace_spans_dropped_total); no request waits."},
};

} // namespace

std::span<const setting> tracing_section() {
    return rows;
}

} // namespace latchkey::server::settings
