#include "server/doctor/finding.hpp"

#include "server/cli/exit_code.hpp"

#include <latchkey/core/text/json_object.hpp>

#include <algorithm>

namespace latchkey::server {

std::string_view name_of(severity s) {
    return s == severity::error ? "error" : "warning";
}

int exit_code_of(std::span<const finding> all) {
    const auto is_error = [](const finding& f) { return f.how_bad == severity::error; };
    const auto is_change = [&](const finding& f) { return is_error(f) && f.by == remedy::change; };
    if (std::ranges::any_of(all, is_change)) return exit_code::configuration;
    return std::ranges::any_of(all, is_error) ? exit_code::unavailable : exit_code::ok;
}

std::string json_of(std::span<const finding> all) {
    const auto one = [](const finding& f) {
        return core::json_object({{"name", f.name},
                                  {"severity", name_of(f.how_bad)},
                                  {"message", f.message},
                                  {"mend", f.mend}});
    };
    return core::json_array(all, one).text;
}

} // namespace latchkey::server
