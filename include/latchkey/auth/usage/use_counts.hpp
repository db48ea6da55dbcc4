#pragma once
// A worker's part of the counting: what it adds to while it answers.

#include <latchkey/auth/configuration.hpp>
#include <latchkey/auth/usage/use_table.hpp>
#include <latchkey/core/metrics.hpp>

#include <cstddef>
#include <string_view>
#include <utility>

namespace latchkey::auth {

/// One per worker; used on its thread alone. The verifiers add, `use_flush` takes.
class use_counts {
  public:
    explicit use_counts(const use_configuration& settings)
        : table(settings.credentials_max), enabled_(settings.enabled) {}

    void configure(const use_configuration& settings) {
        table.bound(settings.credentials_max);
        enabled_ = settings.enabled;
    }

    template <class Id>
    void add(credential_kind kind, const core::fingerprint& key, std::uint64_t hash,
             core::real_time now, Id&& id) {
        if (!enabled_) return;
        if (!table.add(kind, key, hash, now, std::forward<Id>(id))) uncounted.add();
    }

    /// Ids that the store takes: it has an index of them. Those that an issuer of tokens makes up
    /// may be of any kind.
    static bool is_countable(std::string_view id) noexcept {
        constexpr std::size_t bytes_max = 512;
        return id.size() <= bytes_max && id.find('\0') == id.npos;
    }

    use_table table;
    core::counter uncounted; ///< past use.credentials_max
    core::counter unfit;     ///< their id is not countable

  private:
    bool enabled_;
};

} // namespace latchkey::auth
