#pragma once
// Something that an operator should look at.

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace latchkey::server {

enum class severity {
    warning, ///< it works, though not as well or as safely as it could
    error,   ///< something does not work, or will not
};
enum class remedy {
    repair, ///< something that is needed is away
    change, ///< the configuration, or what it names, has to be changed
};

struct finding {
    std::string_view name; ///< of a fixed list, in snake_case
    severity how_bad = severity::warning;
    remedy by = remedy::change;
    std::string message; ///< what is so
    std::string mend;    ///< what to do
};

std::string_view name_of(severity);

/// 0 without errors; 78 if a configuration has to be changed; else 69.
int exit_code_of(std::span<const finding>);

/// [{"name":…,"severity":…,"message":…,"mend":…},…]
std::string json_of(std::span<const finding>);

} // namespace latchkey::server
