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
constexpr std::size_t member_bytes_max = 112 + 5 * 20;

void append_member(std::string& out, const key_limit& limit) {
    const auto seconds = [](core::nanoseconds t) {
        return static_cast<std::uint64_t>(std::chrono::ceil<core::seconds>(t).count());
    };
    char room[member_bytes_max];
    core::text_writer text(room);
    text << R"(,"rate_limit":{"quantity":)" << limit.rule.quantity() << R"(,"window":)"
         << seconds(limit.rule.window()) << R"(,"burst":)" << limit.rule.burst()
         << R"(,"remaining":)" << limit.said.remaining << R"(,"reset":)"
         << seconds(limit.said.full_after) << (limit.is_fleet ? R"(,"scope":"fleet"}})" : "}}");
    out += text.written();
}

} // namespace

key_bucket::key_bucket(core::rate_limiter& limits, fleet_limits* fleet, std::size_t worker,
                       const api_key_record& with_limit) noexcept
    : limits_(limits),
      fleet_(with_limit.rate_limit_is_fleet() ? fleet : nullptr),
      worker_(worker),
      rule_(*with_limit.rate_limit()),
      key_id_(fleet_ ? with_limit.key_id() : std::string_view()),
      key_(key_of(limits, with_limit)),
      shared_(fleet_ ? fleet_->key(limits.scope("the key's own", rule_), key_id_)
                     : core::lease_key{}),
      is_fleet_(with_limit.rate_limit_is_fleet()) {}

key_counted key_bucket::counted(const core::lease_decision& said,
                                std::uint64_t cost) const noexcept {
    key_counted out{{rule_, rate_decision_of(said), is_fleet_}, said.what};
    if (cost > rule_.quantity()) out.limit.said.retry_after = core::rate_decision::never;
    return out;
}

key_counted key_bucket::take(std::uint64_t cost, core::boot_time now) const noexcept {
    using enum core::lease_decision::standing;
    if (fleet_) return counted(fleet_->take(worker_, shared_, cost, now), cost);
    const auto said = limits_.take(key_, rule_, cost, now);
    return {{rule_, said, is_fleet_}, said.allowed ? allowed : spent};
}

key_counted key_bucket::look(std::uint64_t cost, core::boot_time now) const noexcept {
    using enum core::lease_decision::standing;
    if (fleet_) return counted(fleet_->look(worker_, shared_, cost, now), cost);
    const auto said = limits_.look(key_, rule_, cost, now);
    return {{rule_, said, is_fleet_}, said.allowed ? allowed : spent};
}

lease_wanted key_bucket::wanted(std::uint64_t cost) const {
    return fleet_->wanted(shared_, "key", rule_, key_id_, cost);
}

void append_credits(std::string& out, std::uint64_t remaining) {
    out.pop_back();
    out += R"(,"credits":{"remaining":)" + std::to_string(remaining) + "}}";
}

void append_limit(std::string& out, const key_limit& limit) {
    out.pop_back();
    append_member(out, limit);
}

void append_limited(std::string& out, const key_limit& limit) {
    out += R"({"valid":false,"code":"RATE_LIMITED")";
    append_member(out, limit);
}

} // namespace latchkey::auth
