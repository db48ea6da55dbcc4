#include "server/cli/query_writer.hpp"

#include "server/settings/units.hpp"

#include <latchkey/core/text/rfc3339.hpp>
#include <latchkey/crypto/digest.hpp>

namespace latchkey::server {

namespace {

// Percent-encodes all but RFC 3986's unreserved characters and the colons of times.
std::string encoded(std::string_view text) {
    std::string out;
    for (const char c : text) {
        const bool plain = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') ||
                           (c >= 'A' && c <= 'Z') || c == '-' || c == '.' || c == '_' || c == '~' ||
                           c == ':';
        out += plain ? std::string(1, c) : '%' + crypto::to_hex(std::string_view(&c, 1));
    }
    return out;
}

} // namespace

void query_writer::given(std::string_view name, std::string_view value) {
    query_ += query_.empty() ? '?' : '&';
    query_ += std::string(name) + '=' + encoded(value);
}

void query_writer::text(std::string_view option, std::string_view name) {
    if (const auto value = line_.get(option)) given(name, *value);
}

void query_writer::seconds(std::string_view option, std::string_view name) {
    const auto value = line_.get(option);
    if (!value) return;
    const auto time = parse_duration(*value);
    if (!time || time->count() < 1000 || time->count() % 1000 != 0)
        return complain("--" + std::string(option) + " \"" + *value +
                        "\": expected a duration in whole seconds, such as 90d or 12h");
    given(name, std::to_string(time->count() / 1000));
}

void query_writer::time(std::string_view option, std::string_view name) {
    const auto value = line_.get(option);
    if (!value) return;
    if (core::parse_rfc3339(*value)) return given(name, *value);
    const auto ago = parse_duration(*value);
    // 100 years: further back, the clock's type would overflow.
    if (!ago || ago->count() < 0 || *ago > std::chrono::hours(24 * 36525))
        return complain("--" + std::string(option) + " \"" + *value +
                        "\": expected a time such as 2027-01-01T00:00:00Z, or how long ago, "
                        "such as 2d or 12h");
    given(name, core::rfc3339_of(now_ - *ago));
}

core::result<std::string> query_writer::finish() const {
    if (!wrong_.empty()) return core::failure{core::failure_kind::invalid, wrong_};
    return query_;
}

void query_writer::complain(const std::string& text) {
    if (wrong_.empty()) wrong_ = text;
}

} // namespace latchkey::server
