#include <latchkey/auth/caller/caller_scopes.hpp>

#include <algorithm>
#include <array>

namespace latchkey::auth {

namespace {

// In the order of the bits.
constexpr std::array<std::string_view, 2 * caller_right_count - 1> names_of_bits = {
    "latchkey:verify",       "latchkey:verify:*",    "latchkey:issue",
    "latchkey:issue:*",      "latchkey:introspect",  "latchkey:introspect:*",
    "latchkey:revoke",       "latchkey:revoke:*",    "latchkey:admin:read",
    "latchkey:admin:read:*", "latchkey:admin:write", "latchkey:admin:write:*",
    "latchkey:metrics"};

constexpr std::uint32_t own_bit(caller_right right) {
    return 1u << (2 * static_cast<unsigned>(right));
}
// That of metrics is never set.
constexpr std::uint32_t all_bit(caller_right right) {
    return own_bit(right) << 1;
}
constexpr std::uint32_t all_bits = 0x555u << 1;

std::uint32_t bit_named(std::string_view name) noexcept {
    const auto found = std::ranges::find(names_of_bits, name);
    if (found == names_of_bits.end()) return 0;
    return 1u << (found - names_of_bits.begin());
}

} // namespace

void drop_reserved_scopes(std::vector<std::string>& scopes) {
    std::erase_if(scopes, [](std::string_view scope) { return is_reserved_scope(scope); });
}

bool caller_scopes::add(std::string_view name) noexcept {
    const auto bit = bit_named(name);
    bits_ |= bit;
    return bit != 0;
}

bool caller_scopes::has(std::string_view name) const noexcept {
    return (bits_ & bit_named(name)) != 0;
}

caller_reach caller_scopes::reach(caller_right right) const noexcept {
    if (right == caller_right::metrics)
        return (bits_ & own_bit(right)) ? caller_reach::all : caller_reach::none;
    if (bits_ & all_bit(right)) return caller_reach::all;
    return (bits_ & own_bit(right)) ? caller_reach::own : caller_reach::none;
}

bool caller_scopes::may_give(const caller_scopes& others, bool same_organization) const noexcept {
    // Who may ask about all organizations may ask about each of them.
    const auto by_reach = (bits_ & all_bits) | ((bits_ & all_bits) >> 1);
    const auto metrics = bits_ & own_bit(caller_right::metrics);
    const auto held = by_reach | metrics | (same_organization ? bits_ : 0);
    return (others.bits_ & ~held) == 0;
}

std::vector<std::string> caller_scopes::names() const {
    std::vector<std::string> out;
    for (std::size_t i = 0; i < names_of_bits.size(); ++i)
        if (bits_ & (1u << i)) out.emplace_back(names_of_bits[i]);
    return out;
}

std::string_view caller_scopes::name_of(caller_right right) noexcept {
    return names_of_bits[2 * static_cast<std::size_t>(right)];
}

std::string caller_scopes::all_names() {
    std::string out;
    for (const auto name : names_of_bits)
        (out += out.empty() ? "" : ", ") += name;
    return out;
}

caller_scopes take_caller_scopes(std::vector<std::string>& scopes) {
    caller_scopes out;
    for (const auto& scope : scopes)
        out.add(scope);
    drop_reserved_scopes(scopes);
    return out;
}

std::optional<std::string> find_unknown_caller_scope(std::span<const std::string> scopes) {
    for (const auto& scope : scopes)
        if (is_reserved_scope(scope) && bit_named(scope) == 0) return scope;
    return std::nullopt;
}

} // namespace latchkey::auth
