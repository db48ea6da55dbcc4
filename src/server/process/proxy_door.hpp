#pragma once
// Reads the PROXY header of new connections, where the PROXY protocol is configured. Connections
// wait here until their header is complete; bytes behind it are left to the session.

#include <latchkey/core/clock.hpp>
#include <latchkey/core/ip_network.hpp>
#include <latchkey/core/log.hpp>
#include <latchkey/core/metrics.hpp>
#include <latchkey/net/deadline_wheel.hpp>
#include <latchkey/net/epoll_pump.hpp>
#include <latchkey/net/epoll_set.hpp>

#include <array>
#include <cstddef>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string_view>

namespace latchkey::server {

/// Lives on the control thread.
class proxy_door {
  public:
    /// Takes over an admitted connection. `named`: the client that the header names; nullopt: it
    /// names nobody, and the peer counts.
    using admitted = std::function<void(int fd, std::size_t listener,
                                        const std::optional<core::address>& named)>;
    struct bounds {
        core::milliseconds timeout; ///< from accept to the header's end
        std::size_t bytes_max;      ///< size of a header
    };
    proxy_door(boost::asio::io_context&, core::logger&, const bounds&, admitted,
               core::steady_time now);
    ~proxy_door(); ///< closes the connections that wait
    proxy_door(const proxy_door&) = delete;
    proxy_door& operator=(const proxy_door&) = delete;

    /// Takes over the connected socket, until it is admitted or closed. May admit it at once.
    void take(int fd, std::size_t listener);
    /// Closes a connection whose peer is not a trusted proxy.
    void refuse_stranger(int fd, std::string_view peer);

    /// To be called each net::deadline_wheel::tick.
    void tick(core::steady_time now);
    /// Gives connections that wait at most `grace` more time.
    void drain(core::milliseconds grace);
    std::size_t waiting() const noexcept { return waiting_.size(); }
    void collect(core::metric_sink&) const;

  private:
    class waiting_connection;
    enum class outcome { named, kept, stranger, malformed, late, ended };
    static constexpr std::array<std::string_view, 6> outcome_names = {
        "named", "kept", "stranger", "malformed", "late", "ended"};

    void admit(waiting_connection&, const std::optional<core::address>& named);
    void refuse(waiting_connection&, outcome, std::string_view why);
    void count(outcome, std::string_view why);

    core::logger& log_;
    const bounds bounds_;
    const admitted admitted_;
    net::deadline_wheel wheel_;
    net::epoll_set ready_;
    net::epoll_pump pump_;
    std::map<int, std::unique_ptr<waiting_connection>> waiting_; ///< by descriptor
    std::array<core::counter, outcome_names.size()> outcomes_;
    core::steady_time told_at_ = core::steady_time::min(); ///< when a refusal was last logged
};

} // namespace latchkey::server
