#pragma once
// Judges who asks, once for each request and before its endpoint:
//   401 without a good caller where one is required, and with a bad key anywhere
//   403 if the caller lacks the endpoint's scope
//   429 if its own limit, or its organization's, is reached
//   503 if its key cannot be verified now
// A caller that presents itself is held to what it may, whether one is required or not.

#include <latchkey/api/caller_cells.hpp>
#include <latchkey/api/caller_rules.hpp>
#include <latchkey/auth/api_key/verify_api_key.hpp>
#include <latchkey/auth/metrics.hpp>
#include <latchkey/core/metrics.hpp>
#include <latchkey/core/object_pool.hpp>
#include <latchkey/http/exchange.hpp>

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

namespace latchkey::api {

class caller_check;
class public_api;
class rate_gate;

/// One per worker, used on its thread.
class caller_gate {
  public:
    caller_gate(public_api&, auth::node_state&, std::size_t worker, const auth::configuration&,
                std::span<const std::string_view> endpoint_names);
    ~caller_gate();

    void configure(const auth::configuration&, caller_rules);

    /// Returns true if the endpoint may answer. Returns false if the exchange was answered, or
    /// waits: it is then handled again.
    bool admit(http::exchange& ex) {
        const auto place = places_[ex.endpoint];
        if (place == nowhere || is_admitted(ex)) return true;
        return judge(ex, place);
    }
    /// The same for a client of OAuth that has shown the id of a key, and the key, at an endpoint
    /// that asks itself. Nobody may have been admitted before.
    bool admit_client(http::exchange&, std::string_view key_id, std::string_view key);
    /// Takes what a request costs beyond its first question. Returns false if the exchange was
    /// answered; then nothing was taken.
    bool charge(http::exchange&, std::uint64_t cost);

    /// Takes from the client what a refused request costs, if its endpoint, which would, is not
    /// reached. Returns false if the exchange was answered with 429.
    bool pays_for_refusal(http::exchange&);

    /// The certificate that the connection's peer has shown, if it is the client's own: not that of
    /// a configured caller, and not that of a proxy of ours. Null if there is none.
    const net::tls_identity* clients_certificate(const http::exchange&) const noexcept;

    /// Any thread.
    void collect(core::metric_sink&) const;

    // --- what the checks work with ---
    public_api& api;
    auth::api_key_verifier verifier;
    caller_cells cells;
    core::object_pool<caller_check, caller_gate> checks;

  private:
    static constexpr std::size_t nowhere = SIZE_MAX;

    bool judge(http::exchange&, std::size_t place);

    auth::metrics
        metrics_; // of the verifier: callers' keys are not counted among those asked about
    caller_rules rules_;
    std::vector<std::size_t> places_; // in caller_endpoints(), by row of the endpoint names
};

} // namespace latchkey::api
