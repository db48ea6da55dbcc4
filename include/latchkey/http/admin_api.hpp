#pragma once
// The admin listener's endpoints, by one route table. Whoever can open the unix socket is an
// operator.

#include <latchkey/auth/change_applier.hpp>
#include <latchkey/auth/device_store.hpp>
#include <latchkey/auth/signing_key_keeper.hpp>
#include <latchkey/auth/slow_work.hpp>
#include <latchkey/auth/store.hpp>
#include <latchkey/auth/token_stores.hpp>
#include <latchkey/http/exchange.hpp>
#include <latchkey/http/json_body.hpp>
#include <latchkey/http/status_source.hpp>

#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <utility>

namespace latchkey::http {

/// Lives on the control thread.
class admin_api final : public application {
  public:
    admin_api(auth::lifecycle_store& store_, auth::revocation_store& revocations_,
              auth::signing_key_store& signing_keys_, auth::device_store& devices_,
              auth::signing_key_keeper& keeper_, auth::change_sink& changes_,
              auth::slow_work elsewhere_, auth::legacy_device_secret legacy_,
              const status_source& status_)
        : store(store_),
          revocations(revocations_),
          signing_keys(signing_keys_),
          devices(devices_),
          keeper(keeper_),
          changes(changes_),
          elsewhere(std::move(elsewhere_)),
          legacy(legacy_),
          status(status_) {}

    void handle(exchange&) override;
    std::optional<refusal> objection(const request&) const override;
    /// True, when verification does not work: then it is answered, with 503.
    bool refuse_unready(exchange&) const;
    static std::span<const std::string_view> endpoint_names();

    // --- what the endpoints work with ---
    auth::lifecycle_store& store;
    auth::revocation_store& revocations;
    auth::signing_key_store& signing_keys;
    auth::device_store& devices;
    auth::signing_key_keeper& keeper;
    auth::change_sink& changes;
    auth::slow_work elsewhere;
    auth::legacy_device_secret legacy; ///< what a device's bare secret is
    const status_source& status;
    /// Reads the configuration again; brings a JSON object, or why nothing has changed.
    std::function<void(std::function<void(core::result<std::string>)>)> reload;
};

} // namespace latchkey::http
