#pragma once
// A worker's part of the counting: what it adds to while it answers.

#include <latchkey/auth/use_configuration.hpp>
#include <latchkey/auth/use_table.hpp>
#include <latchkey/core/metrics.hpp>

#include <utility>

namespace latchkey::auth {

/// One per worker; used on its thread alone. The verifiers add, `use_flush` takes.
class use_counts {
  public:
    explicit use_counts(const use_configuration& settings)
        : table(settings.credentials_max), enabled_(settings.enabled) {}

    template <class Id>
    void add(credential_kind kind, const core::fingerprint& key, std::uint64_t hash,
             core::real_time now, Id&& id) {
        if (!enabled_) return;
        if (!table.add(kind, key, hash, now, std::forward<Id>(id))) uncounted.add();
    }

    use_table table;
    core::counter uncounted; ///< past use.credentials_max

  private:
    const bool enabled_;
};

} // namespace latchkey::auth
