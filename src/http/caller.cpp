#include <latchkey/http/caller.hpp>

#include <latchkey/core/text/ascii.hpp>
#include <latchkey/http/client_address.hpp>

#include <utility>

namespace latchkey::http {

namespace {

constexpr std::string_view line_end = "\r\n";

// Removes the text after the last separator from the end and returns it.
std::string_view last_part(std::string_view& rest, std::string_view separator) noexcept {
    const auto at = rest.rfind(separator);
    if (at == std::string_view::npos) return std::exchange(rest, {});
    const auto part = rest.substr(at + separator.size());
    rest = rest.substr(0, at);
    return part;
}

std::optional<std::string_view> forwarded_in(std::string_view line) noexcept {
    const auto colon = line.find(':');
    if (!core::same_text(line.substr(0, colon), "x-forwarded-for")) return std::nullopt;
    return line.substr(colon + 1);
}

class walk {
  public:
    explicit walk(const client_origin& from) noexcept : from_(from) { found_.client = from.peer; }

    caller back_over(std::string_view lines) noexcept {
        for (bool more = true; more && !lines.empty();) {
            const auto entries = forwarded_in(last_part(lines, line_end));
            more = !entries || passes(*entries);
        }
        return found_;
    }

  private:
    // Returns false if the walk is over.
    bool passes(std::string_view entries) noexcept {
        for (bool more = true; more;) {
            more = entries.find(',') != std::string_view::npos;
            const auto entry = address_named_by(core::trimmed(last_part(entries, ",")));
            found_.readable = entry.has_value();
            if (!entry) return false;
            found_.client = entry;
            if (!core::contains(from_.rules->proxies, *entry)) return false;
        }
        return true;
    }

    const client_origin& from_;
    caller found_;
};

bool is_trusted(const caller& found, const trust& rules) noexcept {
    if (!found.readable) return false;
    if (!found.client) return rules.unix_callers;
    return !core::contains(rules.proxies, *found.client) &&
           core::contains(rules.callers, *found.client);
}

std::vector<core::network> networks_in(const std::string& list) {
    return core::parse_networks(list).value_or(std::vector<core::network>{});
}

} // namespace

trust trust_of(const configuration& settings) {
    return {networks_in(settings.trusted_callers), networks_in(settings.trusted_proxies),
            settings.trusted_unix_callers};
}

caller judge_caller(const client_origin& from, const forwarded_fields& said) noexcept {
    caller out;
    if (!from.by_proxy) {
        out.client = out.counted = from.peer;
        out.trusted = !said.any() && is_trusted(out, *from.rules);
        return out;
    }
    out = walk(from).back_over(said.lines);
    if (said.lines.empty() && said.standard) out.readable = false;
    // To be able to open a unix socket does not make a caller trusted, whoever it names.
    const bool may_be = from.peer || from.rules->unix_callers;
    out.trusted = may_be && is_trusted(out, *from.rules);
    return out;
}

} // namespace latchkey::http
