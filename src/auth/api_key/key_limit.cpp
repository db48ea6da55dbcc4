#include <latchkey/auth/api_key/key_limit.hpp>

#include <latchkey/core/text/text_writer.hpp>

#include <chrono>
#include <string_view>

namespace latchkey::auth {

namespace {

core::rate_key key_of(const core::rate_limiter& limits, const api_key_record& key) noexcept {
    // No rate policy has this name. Both secrets of a rotated key share the limit.
    return limits.key(limits.scope("the key's own", *key.rate_limit()), key.key_id());
}

// Room for the names, and for five numbers.
constexpr std::size_t member_bytes_max = 96 + 5 * 20;

void append_member(std::string& out, const key_limit& limit) {
    const auto seconds = [](core::nanoseconds t) {
        return static_cast<std::uint64_t>(std::chrono::ceil<core::seconds>(t).count());
    };
    char room[member_bytes_max];
    core::text_writer text(room);
    text << R"(,"rate_limit":{"quantity":)" << limit.rule.quantity() << R"(,"window":)"
         << seconds(limit.rule.window()) << R"(,"burst":)" << limit.rule.burst()
         << R"(,"remaining":)" << limit.said.remaining << R"(,"reset":)"
         << seconds(limit.said.full_after) << "}}";
    out += text.written();
}

} // namespace

key_bucket::key_bucket(core::rate_limiter& limits, const api_key_record& with_limit) noexcept
    : limits_(limits), rule_(*with_limit.rate_limit()), key_(key_of(limits, with_limit)) {}

void append_limit(std::string& out, const key_limit& limit) {
    out.pop_back();
    append_member(out, limit);
}

void append_limited(std::string& out, const key_limit& limit) {
    out += R"({"valid":false,"code":"RATE_LIMITED")";
    append_member(out, limit);
}

} // namespace latchkey::auth
