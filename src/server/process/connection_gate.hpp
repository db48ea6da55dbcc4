#pragma once
// The public listeners' connections, from accept to the worker that serves them.
//
// One thread accepts for all workers, from each listener's one socket, and picks the worker that
// has the fewest connections: SO_REUSEPORT would have the kernel spread them by a hash of
// addresses, which is nothing for the few long connections of a pool, and what waits in the queue
// of a worker that ends would be reset. So it is by unix sockets, too, where the kernel does not
// spread at all.

#include "server/process/address_counts.hpp"
#include "server/process/listener.hpp"
#include "server/process/proxy_door.hpp"
#include "server/process/worker.hpp"
#include "server/settings/configuration.hpp"

#include <latchkey/core/clock.hpp>
#include <latchkey/core/metrics.hpp>
#include <latchkey/http/caller.hpp>
#include <latchkey/http/start_session.hpp>

#include <cstddef>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace latchkey::server {

/// Each connection goes to the worker that has the fewest, unless it is one too many. Lives on the
/// control thread, whose loop it is given.
class connection_gate {
  public:
    connection_gate(boost::asio::io_context&, std::span<const std::unique_ptr<worker>>,
                    bool has_tls, const configuration&, core::logger&);

    void configure(const configuration&);
    /// Binds, or takes what was passed; accepts nothing yet. The failure says what to do about it.
    core::result<void> listen(const process_configuration&, std::vector<passed_socket> passed);
    /// Begins to accept; further calls do nothing.
    void open();
    /// Those that are not with a worker yet get there within `grace`, or not at all.
    void close(core::milliseconds grace);
    /// Each http::deadline_wheel::tick.
    void tick(core::steady_time now);
    /// Connections that are not with a worker yet.
    std::size_t waiting() const noexcept { return door_ ? door_->waiting() : 0; }
    /// Where it listens, separated by commas.
    std::string addresses() const;
    void collect(core::metric_sink&) const;

  private:
    struct public_listener {
        std::unique_ptr<listener> socket;
        std::string name;     ///< its address; of a unix socket unix:/path
        bool is_unix = false; ///< its peers have no address
        bool proxied = false; ///< the PROXY protocol is spoken there
        bool secured = false; ///< and TLS, behind it
    };

    core::result<void> listen_at(const listen_place&, const std::vector<listen_place>& all,
                                 const process_configuration&);
    core::result<void> add(core::result<std::unique_ptr<listener>>, bool is_unix);
    connection_owner owner_of_next();
    core::result<void> find_proxied(const std::string& named,
                                    const std::vector<std::string>& other_names);
    void open_door(const process_configuration&);
    void arrive(std::size_t at, int fd);
    void admit(std::size_t at, int fd, const std::optional<core::address>& named);
    bool take_places(const public_listener&, const http::client_origin&, connection_places&,
                     int fd);
    void turn_away(const public_listener&, int fd, std::string_view why) const;
    std::size_t count_connections();

    boost::asio::io_context& loop_;
    const std::span<const std::unique_ptr<worker>> workers_;
    const bool has_tls_;
    const bool has_tls_on_unix_;
    core::logger& log_;
    std::vector<public_listener> listeners_;
    bool open_ = false;
    std::vector<std::size_t> loads_;
    std::size_t last_worker_;
    std::size_t in_all_max_ = 0;
    std::size_t by_address_max_ = 0;
    std::size_t handshakes_max_ = 0; ///< of one address
    http::trust trust_;
    address_counts by_address_;
    address_counts handshakes_;
    std::unique_ptr<proxy_door> door_; ///< where a listener has one
    core::counter refused_in_all_;
    core::counter refused_by_address_;
    core::counter refused_handshakes_;
    core::counter without_descriptor_;
};

} // namespace latchkey::server
