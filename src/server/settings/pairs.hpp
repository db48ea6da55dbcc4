#pragma once
// Lists of the form of OTEL_RESOURCE_ATTRIBUTES and OTEL_EXPORTER_OTLP_HEADERS.

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace latchkey::server {

/// Reads "name=value,name=value". Values may have percent-encoded bytes (W3C Baggage). Returns
/// nullopt if a name has other characters than a token of HTTP's or "/", if a value is malformed,
/// or has a control character.
std::optional<std::vector<std::pair<std::string, std::string>>> read_pairs(std::string_view);

} // namespace latchkey::server
