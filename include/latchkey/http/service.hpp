#pragma once
// What the connections of one worker and one listener share.

#include <latchkey/core/log.hpp>
#include <latchkey/http/caller.hpp>
#include <latchkey/http/configuration.hpp>
#include <latchkey/http/exchange.hpp>
#include <latchkey/http/metrics.hpp>
#include <latchkey/http/request_log.hpp>
#include <latchkey/net/deadline_wheel.hpp>
#include <latchkey/net/epoll_set.hpp>
#include <latchkey/net/tls/tls_terms.hpp>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>

namespace latchkey::http {

/// Makes request ids that are unique per process start, worker and request: sixteen random
/// hexadecimal digits, then sixteen that count.
class request_ids {
  public:
    explicit request_ids(std::uint64_t random);
    /// Writes 32 characters.
    void next(std::span<char, 32> out) noexcept;

  private:
    std::array<char, 16> random_; // hexadecimal digits
    std::uint64_t count_ = 0;
};

/// Lives on one worker, used on its thread.
struct service {
    service(const configuration& limits, application& answers, std::string_view name,
            core::logger& journal, std::uint64_t random, core::steady_time now)
        : app(answers), listener(name), log(journal), ids(random), wheel(now) {
        configure(limits);
    }
    /// Cuts the connections that are left.
    ~service() { wheel.abandon_all(); }

    configuration settings;
    /// A connection keeps the one that it began with.
    std::shared_ptr<const http::trust> trust;
    application& app;
    const std::string_view listener; ///< "public" or "admin", for the log
    core::logger& log;
    core::tracer* tracer = nullptr; ///< null: traces are handed on, and nothing is recorded
    request_ids ids;
    net::deadline_wheel wheel;
    net::epoll_set ready;
    http::metrics metrics;
    answer_terms terms;
    net::tls_terms tls;         ///< for connections that begin from now on
    std::size_t handshakes = 0; ///< in progress
    request_log requests;       ///< which requests get a line in the log
    /// The bytes that the buffers of all these connections may hold together; metrics.buffer_bytes
    /// counts what they hold.
    std::size_t buffer_bytes_max = SIZE_MAX;
    /// Called when a connection has ended, before its descriptor is closed.
    std::function<void(int fd)> on_closed;
    /// Called when a connection's TLS handshake has ended, successfully or not.
    std::function<void(int fd)> on_handshake_over;

    /// Applies new limits from now on. A deadline that is already set stays, and an open connection
    /// keeps its trust.
    void configure(const configuration& limits);
    /// Call it every deadline_wheel::tick; then call `tell_late` until it returns false.
    void advance(core::steady_time steady, core::real_time real);
    /// Notifies some of the connections whose deadline has passed. Returns true if there are more:
    /// call it again after other work had its turn.
    bool tell_late() { return wheel.tell_late(late_per_turn); }
    /// From now on each answer closes its connection; requests that arrived together with it are
    /// still answered, within `grace`. A connection without a request ends `grace` after now, or
    /// after its last answer.
    void drain(core::milliseconds grace);
    /// True before the drain, and for `grace` after its begin: what has arrived is still answered.
    bool in_grace() const noexcept { return wheel.now() < grace_ends_; }
    /// How long a connection may be idle between requests now.
    core::milliseconds rest() const noexcept {
        return terms.draining ? drain_grace_ : settings.idle_timeout;
    }
    /// The same before the first request. During a drain it is shorter, since none may come.
    core::milliseconds first_wait() const noexcept {
        return terms.draining ? std::min(settings.header_timeout, drain_grace_)
                              : settings.header_timeout;
    }

  private:
    // Ending a connection takes as long as several answers.
    static constexpr std::size_t late_per_turn = 4;

    std::int64_t date_second_ = -1;
    core::milliseconds drain_grace_{0};
    core::steady_time grace_ends_ = core::steady_time::max();
};

/// Returns true for a well-formed X-Request-Id: 1 to 128 letters, digits and `-._~+/=:`.
bool is_request_id(std::string_view text) noexcept;

} // namespace latchkey::http
