#include "http/asked_of_gateway.hpp"

#include "http/request_line_of_log.hpp"

#include <latchkey/http/field_values.hpp>

namespace latchkey::http {

namespace {

struct source {
    std::string_view field;
    std::string_view other; ///< counts if the first is absent
    std::string_view logged_as;
};
constexpr std::array<source, 4> sources = {{
    {"x-forwarded-method", "x-original-method", "original_method"},
    {"x-forwarded-uri", "x-original-uri", "original_uri"},
    {"x-forwarded-host", "", "original_host"},
    {"x-forwarded-proto", "", "original_scheme"},
}};

} // namespace

asked_of_gateway::asked_of_gateway(std::string_view lines) {
    for (std::size_t i = 0; i < sources.size(); ++i) {
        auto& value = values_[i];
        value = list_of(lines, sources[i].field);
        if (value.empty() && !sources[i].other.empty()) value = list_of(lines, sources[i].other);
        // A query may hold a secret, and so may what stands where an id belongs.
        if (const auto end = value.find_first_of("?;#"); end != value.npos) value.resize(end);
        value = loggable_path(value);
        if (value.size() > length_max) value.resize(length_max);
    }
}

void asked_of_gateway::append(std::vector<core::log_field>& out) const {
    for (std::size_t i = 0; i < sources.size(); ++i)
        if (!values_[i].empty()) out.emplace_back(sources[i].logged_as, values_[i]);
}

} // namespace latchkey::http
