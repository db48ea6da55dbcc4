#pragma once
// What the connections of one worker and one listener share.

#include <latchkey/core/log.hpp>
#include <latchkey/http/caller.hpp>
#include <latchkey/http/configuration.hpp>
#include <latchkey/http/exchange.hpp>
#include <latchkey/http/metrics.hpp>
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

/// Unique per process start, worker and request: sixteen random hexadecimal digits and sixteen that
/// count.
class request_ids {
  public:
    explicit request_ids(std::uint64_t random);
    /// Writes 32 characters.
    void next(std::span<char, 32> out) noexcept;

  private:
    std::array<char, 16> random_; // as digits
    std::uint64_t count_ = 0;
};

/// Lives on one worker.
struct service {
    service(const configuration& limits, application& answers, std::string_view name,
            core::logger& journal, std::uint64_t random, core::steady_time now)
        : app(answers), listener(name), log(journal), ids(random), wheel(now) {
        configure(limits);
    }
    /// Cuts the connections that are left.
    ~service() { wheel.abandon_all(); }

    configuration settings;
    /// Connections keep what they began with.
    std::shared_ptr<const http::trust> trust;
    application& app;
    const std::string_view listener; ///< "public" or "admin", for the log
    core::logger& log;
    request_ids ids;
    net::deadline_wheel wheel;
    net::epoll_set ready;
    http::metrics metrics;
    answer_terms terms;
    net::tls_terms tls;         ///< of connections that begin from now on
    std::size_t handshakes = 0; ///< in progress
    bool log_requests = false;  ///< one line per request, at level debug
    /// What the buffers of these connections may hold together; metrics.buffer_bytes is what they
    /// do.
    std::size_t buffer_bytes_max = SIZE_MAX;
    /// A connection has ended, and its descriptor will be closed.
    std::function<void(int fd)> on_closed;
    /// A connection's TLS handshake is over, well or not.
    std::function<void(int fd)> on_handshake_over;

    /// These limits count from now on: a deadline that runs keeps its end, an open connection its
    /// trust.
    void configure(const configuration& limits);
    /// Every deadline_wheel::tick; then `tell_late`, until there is no more to tell.
    void advance(core::steady_time steady, core::real_time real);
    /// Tells some of the connections that are late. True: call it again, after others had their
    /// turn.
    bool tell_late() { return wheel.tell_late(late_per_turn); }
    /// From now on each answer closes its connection, within `grace` behind the requests that came
    /// with it; and a connection without a request ends
    /// `grace` after now, or after its last answer.
    void drain(core::milliseconds grace);
    /// The drain, if any, has begun so lately that what has arrived is still answered.
    bool in_grace() const noexcept { return wheel.now() < grace_ends_; }
    /// How long a connection may rest between requests now.
    core::milliseconds rest() const noexcept {
        return terms.draining ? drain_grace_ : settings.idle_timeout;
    }
    /// And before the first: in a drain, none may come.
    core::milliseconds first_wait() const noexcept {
        return terms.draining ? std::min(settings.header_timeout, drain_grace_)
                              : settings.header_timeout;
    }

  private:
    // To end a connection takes as long as to answer several.
    static constexpr std::size_t late_per_turn = 4;

    std::int64_t date_second_ = -1;
    core::milliseconds drain_grace_{0};
    core::steady_time grace_ends_ = core::steady_time::max();
};

/// A well-formed X-Request-Id: 1 to 128 letters, digits and `-._~+/=:`.
bool is_request_id(std::string_view text) noexcept;

} // namespace latchkey::http
