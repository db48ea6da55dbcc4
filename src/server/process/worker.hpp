#pragma once
// One core's bundle: an event loop and its thread, the connections, the database pool, the cells
// of every room. Nothing in it is shared but what says so.

#include "server/process/address_counts.hpp"
#include "server/settings/configuration.hpp"

#include <latchkey/api/rate_limits.hpp>
#include <latchkey/api/status_source.hpp>
#include <latchkey/auth/cache/node_state.hpp>
#include <latchkey/auth/device/scrypt_pool.hpp>
#include <latchkey/auth/usage/use_counts.hpp>
#include <latchkey/core/flow/circuit_breaker.hpp>
#include <latchkey/core/log.hpp>
#include <latchkey/core/metrics.hpp>
#include <latchkey/http/start_session.hpp>
#include <latchkey/net/tls/tls_terms.hpp>
#include <latchkey/pg/lookup/store.hpp>

#include <cstddef>
#include <cstdint>
#include <memory>

namespace latchkey::server {

/// What a connection takes of its address's share, until it ends. Null: nothing.
struct connection_places {
    address_counts::place* open = nullptr;
    address_counts::place* handshake = nullptr; ///< until that is over, or the connection ends
};

class worker {
  public:
    /// `share`: which of how many this is.
    worker(const configuration&, std::size_t index, std::size_t count, core::logger&,
           const api::status_source&, auth::node_state&, auth::scrypt_pool&, api::rate_limits&,
           core::circuit_breaker&, pg::identity_fence&);
    ~worker(); ///< stops and joins
    worker(const worker&) = delete;
    worker& operator=(const worker&) = delete;

    /// Once every worker is there and all homes are in the beliefs.
    void start();
    auth::owner_core& owner() noexcept;
    /// What it has counted; on its own thread.
    auth::use_counts& uses() noexcept;
    /// After `stop` of all workers: what the others had sent arrives.
    void settle();

    // --- any thread ---
    /// Serves the connected socket from now on, and gives its places back.
    void adopt(int fd, const http::arrival& = {}, const connection_places& = {});
    /// Obeys these soon, of what can change while it runs.
    void configure(std::shared_ptr<const configuration>);
    /// When its loop last had a turn.
    core::steady_time last_turn() const noexcept;
    /// Connections adopted after this begin by these terms.
    void secure(net::tls_terms);
    /// Connections adopted and not yet ended.
    std::size_t connections() const noexcept;
    /// Answers what was asked, then closes; see http::service::drain.
    void drain(core::milliseconds grace);
    /// Ends the loop, whatever is under way.
    void stop();
    void collect(core::metric_sink&) const;
    pg::database_status database() const;

  private:
    struct bundle;
    std::unique_ptr<bundle> bundle_;
};

} // namespace latchkey::server
