#pragma once
// What the database said about one API key: facts, no verdict. A record never changes once made.
//
// A node may cache millions of them, so a record is small: it keeps each text once, as the answer
// shows it, and what few keys have (limits, networks, rights of callers) apart.

#include <latchkey/auth/caller/caller_scopes.hpp>
#include <latchkey/core/cache/fingerprint.hpp>
#include <latchkey/core/clock.hpp>
#include <latchkey/core/flow/rate_rule.hpp>
#include <latchkey/core/ip_network.hpp>

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace latchkey::auth {

/// The columns of one row, as a store reads them. While a rotated key's old secret still works, the
/// key has two records: one for each of its hashes.
struct api_key_facts {
    core::fingerprint key_hash{}; ///< of the secret that the record is about
    /// Set if that is the secret before the last rotation: when it stops being good.
    std::optional<core::real_time> retires_at;
    std::string key_id;
    std::string organization_id;
    std::optional<std::string> name;
    std::optional<std::string> external_id;
    std::vector<std::string> scopes;
    std::string metadata = "{}"; ///< JSON text, as PostgreSQL prints jsonb
    std::optional<core::real_time> expires_at;
    bool enabled = true;
    bool revoked = false;
    bool organization_enabled = true;
    std::vector<core::network> allowed_networks; ///< empty: any address
    std::optional<core::rate_rule> rate_limit;
    bool rate_limit_is_fleet = false;           ///< all nodes count it together
    std::optional<std::int64_t> credit_account; ///< what it spends from; nullopt: it costs nothing
    auth::caller_scopes caller_scopes;          ///< what it may ask of Latchkey itself
    std::uint32_t generation = 0; ///< how often the key was narrowed; its tokens carry it
};

/// Views that it returns are valid as long as the record.
class api_key_record {
  public:
    /// Sorts and dedupes the scopes, without those that count in caller_scopes alone.
    explicit api_key_record(api_key_facts facts);
    ~api_key_record();

    std::string_view key_id() const noexcept { return plain(key_id_part, &raw_texts::key_id); }
    std::string_view organization_id() const noexcept {
        return plain(organization_part, &raw_texts::organization_id);
    }
    std::string_view name() const noexcept; ///< empty if it has none
    bool enabled() const noexcept { return is(enabled_bit); }
    bool revoked() const noexcept { return is(revoked_bit); }
    bool organization_enabled() const noexcept { return is(organization_bit); }
    std::optional<core::real_time> expires_at() const noexcept {
        return expires_at_ == core::real_time::max() ? std::nullopt : std::optional(expires_at_);
    }
    std::optional<core::real_time> retires_at() const noexcept;
    /// When the secret stops being good: as the key expires, or before that as the secret retires.
    std::optional<core::real_time> ends_at() const noexcept;
    std::span<const core::network> allowed_networks() const noexcept;
    /// Null if the key has no limit of its own.
    const core::rate_rule* rate_limit() const noexcept;
    /// Whether all nodes count that limit together; false: each counts by itself.
    bool rate_limit_is_fleet() const noexcept;
    /// The account that each use is paid from; nullopt if uses cost nothing.
    std::optional<std::int64_t> credit_account() const noexcept;
    auth::caller_scopes caller_scopes() const noexcept;
    std::uint32_t generation() const noexcept;
    /// True if it has this scope. What begins with "latchkey:" is in caller_scopes alone.
    bool has_scope(std::string_view scope) const noexcept;
    /// True if one of its scopes gives this permission, by its segments "*", too.
    bool gives(std::string_view permission) const noexcept;
    /// Sets `out` to its scopes, sorted. Memory that `out` has is used again.
    void copy_scopes(std::vector<std::string>& out) const;
    /// All columns but the hash, which whoever asked knows. Copies them, so it is not for each
    /// request.
    api_key_facts facts() const;

    /// Appends the whole answer for a valid key, as compact JSON: `{"valid":true,"code":"VALID",
    /// "key_id":…,"organization_id":…,"name":…,"external_id":…,"scopes":[…],"metadata":{…},
    /// "expires_at":…}`. Unset members are null; times are RFC 3339 UTC; the scopes are both kinds.
    void append_answer(std::string& out) const;
    std::string answer() const;

    /// Its memory in bytes, itself included.
    std::size_t bytes() const noexcept;

  private:
    // The members' values in `text_`, one after the other, as JSON.
    enum part : std::size_t {
        key_id_part,
        organization_part,
        name_part,
        external_id_part,
        scopes_part,
        metadata_part,
        expires_part,
        parts
    };
    static constexpr std::array<std::string_view, parts> member_names = {
        R"({"valid":true,"code":"VALID","key_id":)",
        R"(,"organization_id":)",
        R"(,"name":)",
        R"(,"external_id":)",
        R"(,"scopes":)",
        R"(,"metadata":)",
        R"(,"expires_at":)"};
    // Texts that JSON spells otherwise.
    struct raw_texts {
        std::string key_id;
        std::string organization_id;
        std::optional<std::string> name;
        std::optional<std::string> external_id;
        std::vector<std::string> scopes;
    };
    struct rarities;
    enum bit : std::uint32_t { enabled_bit = 1, revoked_bit = 2, organization_bit = 4 };

    bool is(bit b) const noexcept { return (flags_ & b) != 0; }
    std::string_view value(part p) const noexcept {
        const auto begin = p == 0 ? 0 : ends_[p - 1];
        return {text_.get() + begin, ends_[p] - begin};
    }
    const raw_texts* raw() const noexcept;
    std::string_view plain(part p, std::string raw_texts::*raw_text) const noexcept {
        if (rare_) // and only then, perhaps
            if (const auto* r = raw()) return r->*raw_text;
        const auto quoted = value(p);
        return quoted.substr(1, quoted.size() - 2);
    }
    std::optional<std::string> unquoted(part p, std::optional<std::string> raw_texts::*) const;

    std::unique_ptr<const char[]> text_;
    std::unique_ptr<const rarities> rare_; ///< null for most keys
    core::real_time expires_at_;           ///< max: never
    std::array<std::uint32_t, parts> ends_{};
    std::uint32_t flags_ = 0;
};

} // namespace latchkey::auth
