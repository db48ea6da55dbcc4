#pragma once
// One worker: an event loop and its thread, with its connections, its database pool, its owner core
// and its metrics. Nothing in it is shared except where a comment says so.

#include "server/process/address_counts.hpp"
#include "server/process/traffic_window.hpp"
#include "server/settings/configuration.hpp"

#include <latchkey/api/rate_limits.hpp>
#include <latchkey/api/status_source.hpp>
#include <latchkey/auth/cache/node_state.hpp>
#include <latchkey/auth/device/scrypt_pool.hpp>
#include <latchkey/auth/usage/use_counts.hpp>
#include <latchkey/core/flow/circuit_breaker.hpp>
#include <latchkey/core/log.hpp>
#include <latchkey/core/metrics.hpp>
#include <latchkey/core/trace/tracer.hpp>
#include <latchkey/http/start_session.hpp>
#include <latchkey/net/tls/tls_terms.hpp>
#include <latchkey/pg/lookup/store.hpp>

#include <cstddef>
#include <cstdint>
#include <memory>

namespace latchkey::server {

/// The places that a connection takes in the counts of its address, until it ends. Null: none.
struct connection_places {
    address_counts::place* open = nullptr;
    address_counts::place* handshake = nullptr; ///< until the handshake or the connection ends
};

class worker {
  public:
    /// This is worker `index` of `count`.
    worker(const configuration&, std::size_t index, std::size_t count, core::logger&,
           const api::status_source&, auth::node_state&, auth::scrypt_pool&, api::rate_limits&,
           core::circuit_breaker&, pg::identity_fence&, std::unique_ptr<core::tracer>);
    ~worker(); ///< stops and joins
    worker(const worker&) = delete;
    worker& operator=(const worker&) = delete;

    /// See api::public_api. Before it is started.
    void say_clients_show_certificates();
    /// Must be called after all workers are made and the node's state has all owner cores.
    void start();
    auth::owner_core& owner_core() noexcept;
    /// The uses that it has counted. They may be used on its own thread only.
    auth::use_counts& uses() noexcept;
    /// Handles the mail that other workers have sent. Must be called after all workers were
    /// stopped.
    void settle();

    // --- any thread ---
    /// Takes over the connected socket, and gives the places back later.
    void adopt(int fd, const http::accepted_connection& = {}, const connection_places& = {});
    /// Applies the reloadable settings soon.
    void configure(std::shared_ptr<const configuration>);
    /// When its loop last ran its timer.
    core::steady_time last_turn() const noexcept;
    /// Connections that are adopted after this use these terms.
    void secure(net::tls_terms);
    /// The number of connections that were adopted and have not ended.
    std::size_t connections() const noexcept;
    /// Answers the requests under way, then closes the connections; see http::service::drain.
    void drain(core::milliseconds grace);
    /// Ends the loop at once, and joins the thread.
    void stop();
    void collect(core::metric_sink&) const;
    /// Adds what it has done since the start.
    void add_to(traffic_totals&) const;
    core::nanoseconds cpu_time() const noexcept;
    pg::database_status database() const;

  private:
    struct bundle;
    std::unique_ptr<bundle> bundle_;
};

} // namespace latchkey::server
