#pragma once
// "Is this API key good, and whose is it?": what the endpoint asks, without HTTP.

#include <latchkey/auth/api_key.hpp>
#include <latchkey/auth/configuration.hpp>
#include <latchkey/auth/judge.hpp>
#include <latchkey/auth/metrics.hpp>
#include <latchkey/auth/store.hpp>

#include <optional>
#include <string_view>

namespace latchkey::auth {

/// One per worker. First `fingerprint`, then, where it gives one, a look-up in the store, then
/// `conclude`. Every decided question is counted once.
class api_key_verifier {
  public:
    api_key_verifier(auth::store& store, const configuration& settings)
        : store_(store), settings_(settings) {}

    /// What to look up; nothing: INVALID_FORMAT, without a look-up.
    std::optional<core::fingerprint> fingerprint(std::string_view presented);

    void look_up(api_key_lookup& lookup) { store_.find_api_key(lookup); }

    /// The verdict on a finished look-up; nothing: it cannot be decided (UNAVAILABLE).
    std::optional<verdict> conclude(const api_key_lookup&, const api_key_request&,
                                    core::real_time now);

    const auth::metrics& metrics() const noexcept { return metrics_; }

  private:
    auth::store& store_;
    configuration settings_;
    crypto::digest sha256_;
    auth::metrics metrics_;
};

} // namespace latchkey::auth
