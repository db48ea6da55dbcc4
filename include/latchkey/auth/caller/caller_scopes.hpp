#pragma once
// What a caller may ask of Latchkey itself: the scopes that begin with "latchkey:". They count only
// where Latchkey's admin path put them (latchkey.api_keys.caller_scopes, [[callers]]); as an
// ordinary scope of a key, a device or a token, such a text grants nothing.

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace latchkey::auth {

inline constexpr std::string_view reserved_scopes = "latchkey:"; ///< what they begin with

constexpr bool is_reserved_scope(std::string_view scope) noexcept {
    return scope.starts_with(reserved_scopes);
}
/// Takes out the scopes that count nowhere but in caller_scopes.
void drop_reserved_scopes(std::vector<std::string>&);

/// What an endpoint asks for.
enum class caller_right { verify, issue, introspect, revoke, admin_read, admin_write, metrics };
inline constexpr std::size_t caller_right_count = 7;

/// Whose credentials a right is for. `metrics` is for all or none.
enum class caller_reach { none, own, all };

/// A set of such scopes.
class caller_scopes {
  public:
    constexpr caller_scopes() noexcept = default;
    /// What an operator on the admin socket holds.
    static constexpr caller_scopes all() noexcept { return caller_scopes((1u << count) - 1); }

    /// Adds one by its name, such as "latchkey:verify:*". Returns false, and adds nothing, if there
    /// is no such scope.
    bool add(std::string_view name) noexcept;
    /// True if exactly this scope is in the set: `latchkey:verify:*` is not `latchkey:verify`.
    bool has(std::string_view name) const noexcept;
    caller_reach reach(caller_right) const noexcept;
    /// True if whoever holds this set may give `others`. `same_organization`: to a credential of
    /// its own organization; to another's it gives `latchkey:verify` only by `latchkey:verify:*`.
    bool may_give(const caller_scopes& others, bool same_organization) const noexcept;
    bool empty() const noexcept { return bits_ == 0; }
    std::vector<std::string> names() const;

    friend bool operator==(const caller_scopes&, const caller_scopes&) = default;

    /// Returns "latchkey:verify" and so on.
    static std::string_view name_of(caller_right) noexcept;
    /// Returns the names of all of them, for messages.
    static std::string all_names();

  private:
    static constexpr std::size_t count = 2 * caller_right_count - 1; // metrics has no ":*"

    explicit constexpr caller_scopes(std::uint32_t bits) noexcept : bits_(bits) {}
    std::uint32_t bits_ = 0; // two for each right: its own, then ":*"
};

/// Moves the scopes of a caller from a list into a set. Those that are unknown are dropped.
caller_scopes take_caller_scopes(std::vector<std::string>& scopes);
/// Returns the first that begins like one and is none.
std::optional<std::string> find_unknown_caller_scope(std::span<const std::string> scopes);

} // namespace latchkey::auth
