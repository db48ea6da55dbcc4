#pragma once
// Spans as a collector takes them: the body of an ExportTraceServiceRequest in OTLP's JSON
// (opentelemetry-proto 1.x; ids are hexadecimal, 64-bit numbers are texts, enumerations numbers).

#include <latchkey/core/trace/span_queue.hpp>

#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace latchkey::core {

/// What the spans come from: names and values, "service.name" among them.
using resource_attributes = std::vector<std::pair<std::string, std::string>>;

std::string otlp_json(std::span<const trace_span>, const resource_attributes&,
                      std::string_view version);

} // namespace latchkey::core
