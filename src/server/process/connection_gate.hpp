#pragma once
// Takes the public listeners' connections from accept to the worker that serves them.
//
// One thread accepts for all workers, and picks the worker that has the fewest connections. With
// SO_REUSEPORT the kernel would spread connections by a hash of addresses, which is uneven for the
// few long connections of a pool; and connections in the queue of a worker that ends would be
// reset. For unix sockets the kernel has no such spreading.

#include "server/process/address_counts.hpp"
#include "server/process/listener.hpp"
#include "server/process/proxy_door.hpp"
#include "server/process/worker.hpp"
#include "server/settings/configuration.hpp"

#include <latchkey/core/clock.hpp>
#include <latchkey/core/metrics.hpp>
#include <latchkey/http/caller.hpp>
#include <latchkey/http/start_session.hpp>

#include <atomic>
#include <cstddef>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace latchkey::server {

/// Gives each connection to the worker that has the fewest, unless a bound is reached. Lives on the
/// control thread, with the control thread's loop.
class connection_gate {
  public:
    connection_gate(boost::asio::io_context&, std::span<const std::unique_ptr<worker>>,
                    bool has_tls, const configuration&, core::logger&);

    void configure(const configuration&);
    /// Binds the listeners, or takes the passed ones; accepts nothing yet. A failure's sentence
    /// says what to do.
    core::result<void> listen(const process_configuration&, std::vector<passed_socket> passed);
    /// Begins to accept; further calls do nothing.
    void open();
    /// Closes the listeners. Connections that are not with a worker yet have `grace` to get there.
    void close(core::milliseconds grace);
    /// To be called each net::deadline_wheel::tick.
    void tick(core::steady_time now);
    /// The number of connections that are not with a worker yet.
    std::size_t waiting() const noexcept { return door_ ? door_->waiting() : 0; }
    /// Returns the addresses of the listeners, separated by commas.
    std::string addresses() const;
    /// Whether one of them at least speaks TLS.
    bool speaks_tls() const noexcept;
    // --- any thread ---
    /// How many connections may be open.
    std::size_t connections_max() const noexcept {
        return static_cast<std::size_t>(allowed_.value());
    }
    /// When one was last refused because so many were open, or because no descriptor was left;
    /// nullopt: never.
    std::optional<core::boot_time> full_at() const noexcept;
    void collect(core::metric_sink&) const;

  private:
    struct public_listener {
        std::unique_ptr<listener> socket;
        std::string name;     ///< its address; for a unix socket unix:/path
        bool is_unix = false; ///< its peers have no address
        bool proxied = false; ///< connections begin with a PROXY header
        bool secured = false; ///< TLS is spoken there
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
    void note_full() noexcept;

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
    std::size_t handshakes_max_ = 0; ///< for one address
    http::trust trust_;
    address_counts by_address_;
    address_counts handshakes_;
    std::unique_ptr<proxy_door> door_; ///< null: no listener has the PROXY protocol
    core::counter accepted_;
    core::counter refused_in_all_;
    core::counter refused_by_address_;
    core::counter refused_handshakes_;
    core::counter without_descriptor_;
    core::gauge allowed_; ///< in_all_max_
    std::atomic<core::boot_time::rep> full_at_{0};
};

} // namespace latchkey::server
