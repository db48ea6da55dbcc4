#include "verification.hpp"

#include <latchkey/http/field_values.hpp>

#include <algorithm>
#include <array>
#include <charconv>

namespace latchkey::http {

namespace {

// X-Auth-Cache and Age, as lines.
class found_fields {
  public:
    static constexpr std::size_t more_max = 64;

    std::string_view write(auth::answer_source how, core::nanoseconds age, std::string_view more) {
        constexpr std::array<std::string_view, 3> sources = {
            "X-Auth-Cache: hit\r\nAge: ", "X-Auth-Cache: miss\r\nAge: ",
            "X-Auth-Cache: coalesced\r\nAge: "};
        const auto text = sources[static_cast<std::size_t>(how)];
        auto* end = std::copy(text.begin(), text.end(), bytes_);
        const auto seconds = std::max(age, core::nanoseconds(0)) / core::seconds(1);
        end = std::to_chars(end, bytes_ + sizeof bytes_ - more_max - 2, seconds).ptr;
        *end++ = '\r';
        *end++ = '\n';
        end = std::copy_n(more.begin(), std::min(more.size(), more_max), end);
        return {bytes_, static_cast<std::size_t>(end - bytes_)};
    }

  private:
    char bytes_[64 + more_max];
};

} // namespace

auth::cache_terms cache_terms_of(const exchange& ex) {
    const auto asked = ex.request.get(field::cache_control);
    if (asked.empty() || !ex.caller_is_trusted) return {};
    return {!asks_for_no_cache(asked), !asks_for_no_store(asked)};
}

std::optional<refusal> read_address(const json_value& given, std::optional<auth::address>& out) {
    if (!given.present) return std::nullopt;
    out = auth::parse_address(given.text);
    if (out) return std::nullopt;
    return refusal{400, "field \"ip\" must be an IPv4 or IPv6 address"};
}

void answer_invalid(exchange& ex, std::string& body, auth::verdict verdict) {
    body = R"({"valid":false,"code":")";
    body += auth::code_of(verdict);
    body += "\"}";
    ex.answer(200, json_type, body, uncached_field);
}

void answer_valid(exchange& ex, std::string_view answer, auth::answer_source how,
                  core::nanoseconds age, std::string_view more) {
    found_fields fields;
    ex.answer(200, json_type, answer, fields.write(how, age, more));
}

void refuse_undecided(exchange& ex, const char* what, const char* why) {
    ex.refuse(503, std::string(what) + " cannot be verified now: " + why, "Retry-After: 1\r\n");
}

void refuse_unissued(exchange& ex, std::string& body, const core::failure& why) {
    if (why.kind == core::failure_kind::invalid)
        return answer_invalid(ex, body, auth::verdict::expired);
    ex.refuse(503, "no token can be issued now: " + why.message, "Retry-After: 1\r\n");
}

} // namespace latchkey::http
