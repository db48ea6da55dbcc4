#include "api/public/verification.hpp"

#include <latchkey/api/public_api.hpp>
#include <latchkey/core/text/json_text.hpp>
#include <latchkey/core/text/text_writer.hpp>
#include <latchkey/http/client_address.hpp>
#include <latchkey/http/field_values.hpp>

#include <algorithm>
#include <array>
#include <cstdint>

namespace latchkey::api {

namespace {

// Writes X-Auth-Cache and Age as lines.
class found_fields {
  public:
    std::string_view write(auth::answer_source how, core::nanoseconds age, std::string_view more) {
        constexpr std::array<std::string_view, 3> sources = {
            "X-Auth-Cache: hit\r\nAge: ", "X-Auth-Cache: miss\r\nAge: ",
            "X-Auth-Cache: coalesced\r\nAge: "};
        const auto seconds = std::max(age, core::nanoseconds(0)) / core::seconds(1);
        core::text_writer text(bytes_);
        text << sources[static_cast<std::size_t>(how)] << static_cast<std::uint64_t>(seconds)
             << "\r\n"
             << more;
        return text.written();
    }

  private:
    char bytes_[128];
};

// The reason is not for strangers.
http::refusal not_issued() {
    return {503, "no token can be issued now; the server's log says why"};
}

} // namespace

auth::cache_terms cache_terms_of(http::exchange& ex) {
    const auto asked = ex.request.get(http::field::cache_control);
    // What a gateway passes on is its client's. Brokers' HTTP clients send it of themselves.
    if (asked.empty() || ex.bare() || ex.fixed() || !ex.caller().trusted) return {};
    return {!http::asks_for_no_cache(asked), !http::asks_for_no_store(asked)};
}

std::optional<http::refusal> read_address(const http::json_value& given,
                                          std::optional<core::address>& out) {
    if (!given.present) return std::nullopt;
    out = http::address_named_by(given.text);
    if (out) return std::nullopt;
    return http::refusal{400, "field \"ip\" must be an IPv4 or IPv6 address"};
}

void note_verdict(http::exchange& ex, auth::verdict what, std::string_view credential,
                  std::string_view organization) {
    auto& note = ex.note;
    note.verdict = auth::code_of(what);
    note.refused = what != auth::verdict::valid;
    note.credential = credential;
    note.organization = organization;
}

bool is_told_why(http::exchange& ex) {
    return !ex.bare() && ex.caller().trusted;
}

void answer_invalid(http::exchange& ex, std::string& body, auth::verdict verdict) {
    body = R"({"valid":false,"code":")";
    body += auth::code_of(verdict);
    body += '"';
    if (verdict == auth::verdict::invalid_format && !ex.reason.empty() && is_told_why(ex)) {
        body += R"(,"detail":)";
        core::append_json_string(body, ex.reason);
    }
    body += '}';
    ex.answer(200, http::json_type, body, uncached_field);
}

void answer_valid(http::exchange& ex, http::compressor& compression, std::string_view answer,
                  auth::answer_source how, core::nanoseconds age) {
    found_fields fields;
    compression.answer(ex, http::json_type, answer, fields.write(how, age, {}));
}

void answer_with_token(http::exchange& ex, std::string_view answer, auth::answer_source how,
                       core::nanoseconds age) {
    found_fields fields;
    ex.answer(200, http::json_type, answer, fields.write(how, age, "Cache-Control: no-store\r\n"));
}

void note_limit(http::exchange& ex, const auth::key_limit& limit) {
    ex.limits.note("key", limit.rule, limit.said);
}

void answer_limited(http::exchange& ex, std::string& body, const auth::key_limit& limit) {
    body.clear();
    auth::append_limited(body, limit);
    std::string fields(uncached_field);
    if (limit.said.retry_after != core::rate_decision::never)
        fields += "Retry-After: " +
                  std::to_string(
                      std::max<std::uint64_t>(1, http::seconds_until(limit.said.retry_after))) +
                  "\r\n";
    ex.answer(200, http::json_type, body, fields);
}

void refuse_undecided(http::exchange& ex, const char* what, const char* why,
                      core::nanoseconds retry_after) {
    const auto seconds =
        std::max(std::chrono::ceil<core::seconds>(retry_after), core::seconds(1)).count();
    ex.note.reason = why;
    ex.refuse(503, std::string(what) + " cannot be verified now: " + why,
              "Retry-After: " + std::to_string(seconds) + "\r\n");
}

void refuse_body(http::exchange& ex, const http::refusal& why) {
    ex.reason = why.detail;
    ex.refuse(why);
}

std::optional<http::refusal> why_no_token(const public_api& api) {
    const auto why = api.token_issuer.obstacle(core::moment::now());
    if (!why) return std::nullopt;
    return not_issued();
}

void refuse_unissued(http::exchange& ex, std::string& body, const core::failure& why) {
    if (why.kind == core::failure_kind::invalid)
        return answer_invalid(ex, body, auth::verdict::expired);
    ex.refuse(not_issued());
}

} // namespace latchkey::api
