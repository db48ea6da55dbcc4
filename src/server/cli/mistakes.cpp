#include "server/cli/mistakes.hpp"

#include <latchkey/core/text/json_text.hpp>

#include <algorithm>

namespace latchkey::server {

std::string mistakes_json(std::string_view lines) {
    std::string out = "[";
    for (std::size_t begin = 0; begin < lines.size();) {
        const auto end = std::min(lines.find('\n', begin), lines.size());
        if (begin > 0) out += ',';
        core::append_json_string(out, lines.substr(begin, end - begin));
        begin = end + 1;
    }
    return out + ']';
}

} // namespace latchkey::server
