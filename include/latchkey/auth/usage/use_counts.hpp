#pragma once
// A worker's part of counting uses: the verifiers add to it while they answer.

#include <latchkey/auth/configuration.hpp>
#include <latchkey/auth/usage/use_table.hpp>
#include <latchkey/core/metrics.hpp>

#include <cstddef>
#include <string_view>
#include <utility>

namespace latchkey::auth {

/// One per worker, used only on its thread. The verifiers add; `use_flush` takes.
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
             core::real_time now, Id&& id, bool by_previous = false, std::uint64_t cost = 1) {
        if (!enabled_) return;
        if (!table.add(kind, key, hash, now, std::forward<Id>(id), by_previous, cost))
            uncounted.add();
    }

    /// True for ids that the store accepts: it has an index of them. Ids that a token's issuer
    /// makes up may be too long or hold a NUL.
    static bool is_countable(std::string_view id) noexcept {
        constexpr std::size_t bytes_max = 512;
        return id.size() <= bytes_max && id.find('\0') == id.npos;
    }

    use_table table;
    core::counter uncounted; ///< beyond use.credentials_max
    core::counter unfit;     ///< with an id that is not countable

  private:
    bool enabled_;
};

} // namespace latchkey::auth
