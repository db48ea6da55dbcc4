#pragma once
// The admin listener's endpoints, by one route table. Whoever can open the unix socket is an
// operator; over TCP, admin_callers says who asks.

#include <latchkey/api/admin_callers.hpp>
#include <latchkey/api/issuer_refresh.hpp>
#include <latchkey/api/status_source.hpp>
#include <latchkey/auth/api_key/import_store.hpp>
#include <latchkey/auth/audit/audit_store.hpp>
#include <latchkey/auth/cache/change_applier.hpp>
#include <latchkey/auth/credit/credit_store.hpp>
#include <latchkey/auth/device/device_store.hpp>
#include <latchkey/auth/operator_answers.hpp>
#include <latchkey/auth/receipt/applied_changes.hpp>
#include <latchkey/auth/role/role_store.hpp>
#include <latchkey/auth/store.hpp>
#include <latchkey/auth/token/signing_key_keeper.hpp>
#include <latchkey/auth/token/token_stores.hpp>
#include <latchkey/auth/usage/usage_report.hpp>
#include <latchkey/core/slow_work.hpp>
#include <latchkey/http/exchange.hpp>
#include <latchkey/http/json_body.hpp>
#include <latchkey/http/route_terms.hpp>

#include <cstddef>
#include <functional>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <utility>

namespace latchkey::api {

/// Lives on the control thread.
class admin_api final : public http::application {
  public:
    admin_api(auth::lifecycle_store& store_, auth::revocation_store& revocations_,
              auth::signing_key_store& signing_keys_, auth::device_store& devices_,
              auth::signing_key_keeper& keeper_, auth::change_sink& changes_,
              core::slow_work elsewhere_, auth::legacy_device_secret legacy_,
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

    void handle(http::exchange&) override;
    std::optional<http::refusal> objection(const http::request&) const override;
    http::body_bound bound_of(const http::request&) const override;
    std::span<const std::string_view> endpoints() const override { return endpoint_names(); }
    /// Returns true if verification does not work; the exchange is then answered with 503.
    bool refuse_unready(http::exchange&) const;
    /// Runs before the endpoint. Returns false if the exchange was answered, or waits until it is
    /// known who asks; it is then handled again.
    bool admit(http::exchange&);
    static std::span<const std::string_view> endpoint_names();
    void describe_caller(const http::exchange&, std::vector<core::log_field>&) const override;
    static std::span<const http::route_terms> routes();

    // --- what the endpoints work with ---
    auth::lifecycle_store& store;
    auth::revocation_store& revocations;
    auth::signing_key_store& signing_keys;
    auth::device_store& devices;
    auth::signing_key_keeper& keeper;
    auth::change_sink& changes;
    core::slow_work elsewhere;
    auth::legacy_device_secret legacy; ///< the form of a device's bare secret
    const status_source& status;
    admin_callers* callers = nullptr;          ///< null: nobody may ask but by the unix socket
    auth::audit_store* audit = nullptr;        ///< set before the first request
    auth::key_import_store* imports = nullptr; ///< set before the first request
    auth::credit_store* credits = nullptr;     ///< set before the first request
    auth::usage_store* usage = nullptr;        ///< set before the first request
    bool counts_uses = true;                   ///< use.enabled, of this node
    auth::role_store* roles = nullptr;         ///< set before the first request
    /// Reads the configuration again. Completes with a JSON object, or with the reason why nothing
    /// has changed.
    std::function<void(std::function<void(core::result<std::string>)>)> reload;
    /// Fetches the published keys of one issuer at once, or of all. Completes when all have ended.
    std::function<void(const std::optional<std::string>& issuer,
                       std::function<void(core::result<refreshed_issuers>)>)>
        refresh_issuers;
    /// What is told of changes besides themselves; set before the first request. Null: nothing.
    auth::operator_answers* answers = nullptr;
    const auth::applied_changes* applied = nullptr; ///< makes receipts
    core::milliseconds wait_max{10'000};            ///< for ?wait=all
    std::size_t waits_max = 64;                     ///< answers that wait, at most

    // --- of requests in progress ---
    std::size_t waits = 0;        ///< answers that wait
    std::set<std::string> claims; ///< of Idempotency-Keys
};

} // namespace latchkey::api
