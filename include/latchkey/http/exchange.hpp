#pragma once
// One request and its answer. An endpoint reads the request and answers once: at once, or after it
// has waited for something.

#include <latchkey/core/clock.hpp>
#include <latchkey/http/body_limit.hpp>
#include <latchkey/http/caller.hpp>
#include <latchkey/http/limit_fields.hpp>
#include <latchkey/http/refusal.hpp>
#include <latchkey/http/request.hpp>
#include <latchkey/http/response.hpp>
#include <latchkey/net/tls/tls_identity.hpp>

#include <optional>
#include <string>
#include <string_view>

namespace latchkey::http {

class exchange;

/// What an endpoint waits for. It owns what the answer needs, and lives until `finish` has run.
class pending {
  public:
    /// Answers the exchange, or waits for another thing.
    virtual void finish(exchange&) = 0;

  protected:
    ~pending() = default;
};

/// Wakes the connection that waits. Same thread.
class waker {
  public:
    virtual void wake() = 0;

  protected:
    ~waker() = default;
};

/// What every answer of a worker says. It changes while requests wait: read when one is written.
struct answer_terms {
    std::string date;      ///< the whole Date line
    bool draining = false; ///< each answer closes its connection
};

/// Lives on its connection's worker, in the connection's frame.
class exchange {
  public:
    exchange(const http::request& asked, std::string_view id, std::string& out,
             const answer_terms& terms, bool close, waker& connection)
        : request(asked),
          request_id(id),
          out_(out),
          terms_(terms),
          close_(close),
          connection_(connection) {}
    exchange(const exchange&) = delete;
    exchange& operator=(const exchange&) = delete;

    const http::request& request;
    const std::string_view request_id;
    const net::tls_identity* client = nullptr; ///< whom its certificate names, where one is shown
    std::size_t endpoint = 0;   ///< which row of the application's endpoints, for metrics
    bool followed = false;      ///< another request came with this one: a drain closes behind that
    std::string_view path_id{}; ///< what stands for {id} in the path; valid as long as the request
    const client_origin* origin = nullptr; ///< of the connection
    core::boot_time as_of{}; ///< when its last byte was there, or what it waited for last
    limit_fields limits;     ///< what the answer tells of rate limits

    /// Who asks; decided when it is first asked for. Without an origin: nobody.
    const http::caller& caller();
    /// False: a proxy of ours names the client by what is no address. Costs nothing when nothing
    /// was forwarded.
    bool caller_is_readable() {
        const bool says = request.has_forwarded || !request.forwarded.empty();
        return !says || !origin || !origin->by_proxy || caller().readable;
    }

    /// Exactly once. `extra_fields` are whole lines, each with its CR LF.
    void answer(int status, std::string_view content_type, std::string_view body,
                std::string_view extra_fields = {});
    /// Answers with a problem document.
    void refuse(int status, std::string_view detail, std::string_view extra_fields = {});
    /// With `Retry-After: 1` where the status is 503: what stands in the way may be gone soon.
    void refuse(const refusal& why);

    /// The answer to come is the last on its connection, and says so.
    void end_connection() noexcept { close_ = true; }

    /// Instead of an answer: `p.finish` runs after `resume` was called (which may be at once).
    void wait_for(pending& p) { pending_ = &p; }
    void resume() { connection_.wake(); }

    /// An endpoint that has just read the clock may say so, and spare the connection a reading.
    void note_time(core::boot_time now) noexcept { noted_ = now; }
    std::optional<core::boot_time> noted_time() const noexcept { return noted_; }

    bool answered() const noexcept { return status_ != 0; }
    int status() const noexcept { return status_; }
    bool closes() const noexcept { return close_; }
    pending* take_pending() noexcept {
        auto* p = pending_;
        pending_ = nullptr;
        return p;
    }

  private:
    std::string& out_;
    const answer_terms& terms_;
    bool close_;
    waker& connection_;
    pending* pending_ = nullptr;
    int status_ = 0;
    std::optional<core::boot_time> noted_;
    std::optional<http::caller> caller_;
};

/// All that a listener's requests can ask for. One per worker.
class application {
  public:
    virtual ~application() = default;
    /// Answers, or waits; sets `endpoint`.
    virtual void handle(exchange&) = 0;
    /// Why the header alone is refused, whatever the body is: so that it need not be sent.
    virtual std::optional<refusal> objection(const request&) const { return std::nullopt; }
    /// What bounds this request's body. Its method and path are set.
    virtual body_bound bound_of(const request&) const { return usual_body; }
};

} // namespace latchkey::http
