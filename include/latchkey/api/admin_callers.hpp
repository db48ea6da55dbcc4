#pragma once
// Who asks on the admin listener over TCP: a key of ours or a client certificate that has
// latchkey:admin:read or latchkey:admin:write. Whoever asks on the unix socket is an operator, and
// does not come here.
//   401 without a good caller   429 after too many wrong keys, or past the key's own limit
//   503 while too many such requests are under way, or if the key cannot be verified now

#include <latchkey/api/caller_cells.hpp>
#include <latchkey/api/caller_rules.hpp>
#include <latchkey/auth/api_key/verify_api_key.hpp>
#include <latchkey/auth/metrics.hpp>
#include <latchkey/auth/usage/use_counts.hpp>
#include <latchkey/core/mailbox.hpp>
#include <latchkey/core/object_pool.hpp>
#include <latchkey/http/exchange.hpp>

#include <cstddef>
#include <cstdint>

namespace latchkey::api {

class admin_api;
class admin_caller_check;

struct admin_bounds {
    std::size_t requests_max = 8;
    std::size_t answer_bytes_max = 8u << 20;
    std::size_t wrong_keys_max = 10; ///< of one address in a minute
};

/// Lives on the control thread, whose mailbox is `box`.
class admin_callers {
  public:
    admin_callers(auth::node_state&, core::mailbox& box, const auth::configuration&,
                  const auth::use_configuration&);
    ~admin_callers();

    void configure(const auth::configuration&, caller_rules, const admin_bounds&);

    /// Returns true if the request's endpoint may answer. Returns false if the exchange was
    /// answered, or waits: `api` then handles it again.
    bool admit(http::exchange&, admin_api& api);

    // --- what the checks work with ---
    core::mailbox& box;
    auth::use_counts uses;
    auth::api_key_verifier verifier;
    admin_bounds bounds;
    caller_cells cells;
    core::object_pool<admin_caller_check, admin_callers> checks;

    /// Returns true if no more keys are tried from the request's address now.
    bool has_tried_enough(http::exchange&) const;
    void count_wrong_key(http::exchange&);
    /// Counts a request of a known caller, by whether its scopes reach the endpoint.
    void count_reach(bool reached) noexcept { (reached ? cells.admitted : cells.forbidden).add(); }

  private:
    auth::metrics metrics_; // of the verifier
    core::rate_limiter* limits_;
    caller_rules rules_;
};

} // namespace latchkey::api
