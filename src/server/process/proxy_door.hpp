#pragma once
// Where the PROXY protocol is spoken: connections wait here, before anything else, until their
// header is whole. Nothing behind it is read.

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
    /// What a connection's header says; nothing: the peer stays who it is.
    using admitted = std::function<void(int fd, std::size_t listener,
                                        const std::optional<core::address>& named)>;
    struct bounds {
        core::milliseconds timeout; ///< from accept to the header's end
        std::size_t bytes_max;      ///< of a header
    };
    proxy_door(boost::asio::io_context&, core::logger&, const bounds&, admitted,
               core::steady_time now);
    ~proxy_door(); ///< closes those that wait
    proxy_door(const proxy_door&) = delete;
    proxy_door& operator=(const proxy_door&) = delete;

    /// Takes over the connected socket, until it is admitted or closed. May admit it at once.
    void take(int fd, std::size_t listener);
    /// Its peer is nobody who may speak for others: closes it.
    void refuse_stranger(int fd, std::string_view peer);

    /// Each http::deadline_wheel::tick.
    void tick(core::steady_time now);
    /// Those that wait have so long at most.
    void drain(core::milliseconds grace);
    std::size_t waiting() const noexcept { return waiting_.size(); }
    void collect(core::metric_sink&) const;

  private:
    class arrival;
    enum class outcome { named, kept, stranger, malformed, late, ended };
    static constexpr std::array<std::string_view, 6> outcome_names = {
        "named", "kept", "stranger", "malformed", "late", "ended"};

    void admit(arrival&, const std::optional<core::address>& named);
    void refuse(arrival&, outcome, std::string_view why);
    void count(outcome, std::string_view why);

    core::logger& log_;
    const bounds bounds_;
    const admitted admitted_;
    net::deadline_wheel wheel_;
    net::epoll_set ready_;
    net::epoll_pump pump_;
    std::map<int, std::unique_ptr<arrival>> waiting_; ///< by descriptor
    std::array<core::counter, outcome_names.size()> outcomes_;
    core::steady_time told_at_ = core::steady_time::min(); ///< when the log last heard of a refusal
};

} // namespace latchkey::server
