#pragma once
// What the connections of one worker and one listener share.

#include <latchkey/auth/network.hpp>
#include <latchkey/core/log.hpp>
#include <latchkey/http/configuration.hpp>
#include <latchkey/http/deadline_wheel.hpp>
#include <latchkey/http/exchange.hpp>
#include <latchkey/http/metrics.hpp>
#include <latchkey/http/readiness.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
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
        : settings(limits),
          trusted_callers(
              auth::parse_networks(limits.trusted_callers).value_or(std::vector<auth::network>{})),
          app(answers),
          listener(name),
          log(journal),
          ids(random),
          wheel(now) {}
    /// Cuts the connections that are left.
    ~service() { wheel.abandon_all(); }

    const configuration settings;
    const std::vector<auth::network> trusted_callers;
    application& app;
    const std::string_view listener; ///< "public" or "admin", for the log
    core::logger& log;
    request_ids ids;
    deadline_wheel wheel;
    readiness ready;
    http::metrics metrics;
    answer_terms terms;
    bool log_requests = false;       ///< one line per request, at level debug
    std::function<void()> on_closed; ///< a connection has ended

    /// Every deadline_wheel::tick.
    void advance(core::steady_time steady, core::real_time real);
    /// From now on each answer closes its connection, and idle connections end within `grace`.
    void drain(core::milliseconds grace);

  private:
    std::int64_t date_second_ = -1;
};

/// A well-formed X-Request-Id: 1 to 128 letters, digits and `-._~+/=:`.
bool is_request_id(std::string_view text) noexcept;

} // namespace latchkey::http
