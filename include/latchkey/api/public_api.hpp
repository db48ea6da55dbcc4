#pragma once
// The public listener's endpoints, by one route table.

#include <latchkey/api/batch/batch_room.hpp>
#include <latchkey/api/caller_gate.hpp>
#include <latchkey/api/configuration.hpp>
#include <latchkey/api/forward_policy.hpp>
#include <latchkey/api/held_answers.hpp>
#include <latchkey/api/rate_gate.hpp>
#include <latchkey/api/status_source.hpp>
#include <latchkey/auth/api_key/verify_api_key.hpp>
#include <latchkey/auth/device/verify_device.hpp>
#include <latchkey/auth/revocation/self_revocation.hpp>
#include <latchkey/auth/token/issue_token.hpp>
#include <latchkey/auth/token/verify_token.hpp>
#include <latchkey/core/fair_queue.hpp>
#include <latchkey/core/object_pool.hpp>
#include <latchkey/http/compressor.hpp>
#include <latchkey/http/configuration.hpp>
#include <latchkey/http/exchange.hpp>
#include <latchkey/http/json_body.hpp>
#include <latchkey/http/route_terms.hpp>

#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace latchkey::api {

class batch;
class end_request;
class batch_device;
class batch_key;
class batch_token;
class public_api;
class rabbitmq_question;
class demands;
class emqx_question;
class device_authentication;
class forward_question;
class key_verification;
class jwks_nudge;
class kept_tokens;
class metrics_wait;
class receipt_desk;
class jwks_wait;
class token_grant;
namespace oauth {
struct parts;
}

/// What the batches of one worker share. Worker's thread.
struct batch_parts {
    batch_parts(public_api&, auth::node_state&, std::size_t worker, const batch_configuration&);
    ~batch_parts();

    /// Returns true if one more batch may wait for an issuer's keys. Only half of the batches may
    /// wait, so that there is room for others.
    bool may_wait_for_keys() const noexcept {
        return waiting_for_keys < (limits.batches_max + 1) / 2;
    }
    /// Returns how many look-ups the batches may have under way now.
    std::size_t lookups_max() const noexcept;

    auth::node_state& node;
    const std::size_t worker;
    batch_configuration limits;
    core::fair_queue queue;
    batch_room look_ups{queue};
    std::size_t waiting_for_keys = 0;                  ///< batches that wait for issuers' keys
    core::nanoseconds slice = core::microseconds(200); ///< time of one turn of a batch
    core::object_pool<batch, public_api> requests;
    core::object_pool<batch_key, public_api> keys;
    core::object_pool<batch_token, public_api> tokens;
    core::object_pool<batch_device, public_api> devices;
};

/// Answers that seldom change, with their compressed forms.
struct kept_pages {
    std::string index; ///< the answer to `GET /`, empty until the first request
    http::kept_gzip index_gzip;
    http::kept_gzip jwk_set_gzip;
    http::kept_gzip description_gzip;
    http::kept_gzip docs_gzip;
    http::kept_gzip docs_with_trial_gzip;
    http::kept_gzip style_gzip;
    http::kept_gzip script_gzip;
};

/// True for the endpoints by which the process tells of itself: they are no traffic.
bool is_about_process(std::string_view endpoint) noexcept;

/// One per worker; used on its thread only.
class public_api final : public http::application {
  public:
    public_api(auth::node_state&, std::size_t worker, auth::scrypt_pool&,
               const auth::configuration&, const auth::token_configuration&, const status_source&,
               const http::configuration& = {}, const batch_configuration& = {},
               const auth::use_configuration& = {}, rate_limits* = nullptr);
    ~public_api() override;

    void handle(http::exchange&) override;
    void describe_caller(const http::exchange&, std::vector<core::log_field>&) const override;
    std::string trouble() const override { return status.database_problem(); }
    std::span<const std::string_view> endpoints() const override { return endpoint_names(); }
    std::optional<http::refusal> objection(const http::request&) const override;
    http::body_bound bound_of(const http::request&) const override;
    /// Returns true if verification does not work; the exchange is then answered with 503.
    bool refuse_unready(http::exchange&) const;
    /// Applies those settings that may change at run time, from now on.
    void configure(const auth::configuration&, const http::configuration&,
                   const batch_configuration&, const auth::use_configuration&, caller_rules);
    /// The same for /forward-auth.
    void configure(const forward_configuration&, forward_policies);
    /// The same for the questions of message brokers.
    void configure(const broker_configuration& settings) { broker_settings = settings; }
    /// Clients of a listener can show certificates, to which their tokens are bound: the metadata
    /// says so. Call it before the worker runs, or never.
    void say_clients_show_certificates();
    /// Answers a question whose client was counted, and which has waited or need not.
    void answer(http::exchange&);
    /// Refuses questions that have waited for too long, and gives the answers that were held. Call
    /// it each net::deadline_wheel::tick.
    void tick(core::steady_time now);
    http::refusal_form form_of(const http::request&) const override;
    /// Runs before the endpoint reads anything. Returns false if the client has reached a limit, or
    /// the caller may not ask: the exchange is then answered. Also if it waits for the caller's
    /// key; it is then handled again.
    bool admit(http::exchange&);
    /// True if the endpoint itself has its client pay, when the cost is known.
    static bool pays_later(const http::exchange&) noexcept;

    /// The rows that exchange::endpoint counts, for metrics.
    static std::span<const std::string_view> endpoint_names();
    static std::span<const http::route_terms> routes();

    // --- what the endpoints work with ---
    auth::metrics metrics;
    auth::use_counts uses;
    auth::api_key_verifier verifier;
    auth::device_verifier devices;
    auth::token_verifier tokens;
    auth::token_issuer token_issuer;
    http::json_body token_body; ///< of a verify-token request, while nothing waits
    const status_source& status;
    std::string body; ///< of the answer that is being written
    http::configuration limits;
    forward_configuration forward_settings;
    broker_configuration broker_settings;
    const std::unique_ptr<lease_desk> leases;
    rate_gate gate;
    caller_gate callers;
    batch_parts batches;
    http::compressor compression;
    kept_pages pages;

    // --- what requests in progress borrow ---
    core::object_pool<key_verification, public_api> key_verifications;
    core::object_pool<device_authentication, public_api> device_authentications;
    core::object_pool<token_grant, public_api> token_grants;
    core::object_pool<end_request, public_api> endings;
    core::object_pool<forward_question, public_api> forward_questions;
    core::object_pool<emqx_question, public_api> emqx_questions;
    core::object_pool<rabbitmq_question, public_api> rabbitmq_questions;
    core::object_pool<metrics_wait, public_api> metrics_waits;
    core::object_pool<jwks_wait, public_api> jwks_waits;
    core::object_pool<jwks_nudge, public_api> jwks_nudges;
    const std::unique_ptr<receipt_desk> receipts;
    held_answers held;
    const std::unique_ptr<api::demands> demands;
    const std::unique_ptr<api::kept_tokens> kept_tokens;
    const std::unique_ptr<oauth::parts> oauth_parts;

    /// Reads the clocks, for a question that is answered now.
    auth::clock_reading read_clocks() const noexcept {
        return auth::clock_reading::read(state_.known);
    }

    /// The mailbox of this worker.
    core::mailbox& box();
    /// Has a credential ended for its holder; the request comes back to this worker. Returns false,
    /// and sends nothing, if nobody does that here.
    bool send(auth::self_revocation&);
    std::optional<std::string> receipt_for(const auth::change_position&) const;

    /// Calls `use(own_issuer)` if there is one. `use` must not wait.
    template <class Use>
    void with_own_issuer(Use&& use) {
        const core::epochs::reader::pin pinned(state_.readers.at(worker_));
        const auto& own = state_.issuers.read().own();
        if (own) use(*own);
    }

  private:
    void dispatch(http::exchange&);
    /// Returns the request's path without the path of our issuer's URL.
    std::string_view path_of(const http::request&) const noexcept;

    auth::node_state& state_;
    const std::size_t worker_;
    const http::exchange* counted_ = nullptr; // the one that is handled now, if it was counted
};

} // namespace latchkey::api
