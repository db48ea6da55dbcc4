#pragma once
// One request and its answer. An endpoint answers each request exactly once: immediately, or after
// it has waited for something. All of it runs on the connection's thread.
//
//   void show(exchange& ex, api& a) {
//       if (const auto* row = a.find(ex.path_id)) return ex.answer(200, json_type, row->text);
//       ex.refuse(404, "there is no such row");
//   }

#include <latchkey/core/clock.hpp>
#include <latchkey/core/flow/charged_limits.hpp>
#include <latchkey/core/log.hpp>
#include <latchkey/core/trace/tracer.hpp>
#include <latchkey/http/body_limit.hpp>
#include <latchkey/http/caller.hpp>
#include <latchkey/http/limit_fields.hpp>
#include <latchkey/http/refusal.hpp>
#include <latchkey/http/request.hpp>
#include <latchkey/http/request_note.hpp>
#include <latchkey/http/response.hpp>
#include <latchkey/net/tls/tls_identity.hpp>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace latchkey::http {

class exchange;

/// Something that an endpoint waits for. It owns what the answer needs, and must live until
/// `finish` has run.
class pending {
  public:
    /// Answers the exchange, or waits for another thing.
    virtual void finish(exchange&) = 0;
    /// What is waited for, as the name of a span below the request's own; empty: it has none.
    virtual std::string_view awaited() const noexcept { return {}; }
    /// What a database or an issuer is asked for.
    static constexpr std::string_view look_up = "look up credential";
    static constexpr std::string_view key_fetch = "await issuer's keys";

  protected:
    ~pending() = default;
};

/// What an application keeps with a request until the request has ended.
class companion {
  public:
    /// The request has ended. The exchange does not use it any more.
    virtual void part() noexcept = 0;

  protected:
    ~companion() = default;
};

/// Wakes the connection that waits. Call it on the connection's thread.
class waker {
  public:
    virtual void wake() = 0;

  protected:
    ~waker() = default;
};

/// What every answer of a worker says. It may change while a request waits, so it is read when the
/// answer is written.
struct answer_terms {
    std::string date;      ///< the whole Date line
    bool draining = false; ///< Each answer closes its connection.
};

/// Lives in the connection's coroutine frame, on its worker.
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
    ~exchange() {
        if (companion_) companion_->part();
    }
    exchange(const exchange&) = delete;
    exchange& operator=(const exchange&) = delete;

    const http::request& request;
    const std::string_view request_id;
    const net::tls_identity* client = nullptr; ///< from the client's certificate, if there is one
    std::size_t endpoint = 0; ///< row of the application's endpoint names, for metrics
    /// Another request arrived with this one, so a drain closes the connection after that one.
    bool followed = false;
    std::string_view path_id{}; ///< value of {id} in the path; valid as long as the request
    const client_origin* origin = nullptr; ///< of the connection
    /// When its last byte had arrived, or when the last thing that it waited for was ready.
    core::boot_time as_of{};
    /// Which trace it belongs to. Every answer hands it on.
    core::request_trace trace;
    /// Why it is answered so, for the log: a sentence that holds no secret. Empty where the answer
    /// says it itself.
    std::string reason;
    core::charged_limits charged;              ///< not again when it comes again
    limit_fields limits;                       ///< what the answer says about rate limits
    request_note note;                         ///< what the log says about the request
    refusal_form form = refusal_form::problem; ///< of what it is refused with
    bool bare() const noexcept { return form.is == refusal_form::bare; }
    bool fixed() const noexcept { return form.is == refusal_form::fixed; }

    /// Returns who the request comes from. Decided at the first call. Names nobody if `origin`
    /// is null.
    const http::caller& caller();
    /// False if one of our proxies names the client by something that is not an address. Costs
    /// nothing if nothing was forwarded.
    bool caller_is_readable() {
        const bool says = request.has_forwarded || !request.forwarded.empty();
        return !says || !origin || !origin->by_proxy || caller().readable;
    }

    /// Call it exactly once. `extra_fields` are whole lines, each with its CR LF.
    void answer(int status, std::string_view content_type, std::string_view body,
                std::string_view extra_fields = {});
    /// Answers in the exchange's form.
    void refuse(int status, std::string_view detail, std::string_view extra_fields = {});
    /// The same; a 503 gets `Retry-After: 1`, because the cause may be gone soon. Does nothing if
    /// the exchange comes again.
    void refuse(const refusal& why);

    /// Answers without a body, whatever the form: the code stands in X-Latchkey-Code.
    void refuse_without_body(int status, std::string_view code, std::string_view extra_fields = {});

    /// Makes the coming answer the last on its connection, and lets it say so.
    void end_connection() noexcept { close_ = true; }

    /// Call it instead of `answer`: `p.finish` runs after `resume` was called. `resume` may be
    /// called at once.
    void wait_for(pending& p) { pending_ = &p; }
    /// The same, for what handles the request from the start once more: until it `comes_again`,
    /// whatever is answered is dropped, since the request is not decided.
    void wait_to_come_again(pending& p) {
        pending_ = &p;
        drops_answers_ = true;
    }
    /// Returns false if it has come again often enough.
    bool comes_again() noexcept {
        drops_answers_ = false;
        return charged.come_again();
    }
    void resume() { connection_.wake(); }

    /// At most one for each exchange.
    void accompany(companion& c) noexcept { companion_ = &c; }
    companion* accompanied_by() const noexcept { return companion_; }
    void part_company() noexcept {
        if (auto* gone = std::exchange(companion_, nullptr)) gone->part();
    }

    /// An endpoint that has just read the clock may pass the time here, so that the connection need
    /// not read it again.
    void note_time(core::boot_time now) noexcept { noted_ = now; }
    std::optional<core::boot_time> noted_time() const noexcept { return noted_; }

    bool answered() const noexcept { return status_ != 0; }
    int status() const noexcept { return status_; }
    /// The status that metrics and the log judge by. A client that takes only one status is told
    /// that one (fixed_refusal); this is the one that any other client would get.
    int meant_status() const noexcept { return meant_status_ != 0 ? meant_status_ : status_; }
    bool closes() const noexcept { return close_; }
    pending* take_pending() noexcept {
        auto* p = pending_;
        pending_ = nullptr;
        return p;
    }

  private:
    void refuse_fixed(int status, std::string_view detail, std::string_view extra_fields);

    std::string& out_;
    const answer_terms& terms_;
    bool close_;
    bool drops_answers_ = false;
    waker& connection_;
    pending* pending_ = nullptr;
    companion* companion_ = nullptr;
    int status_ = 0;
    int meant_status_ = 0; ///< if it is another than that of the answer
    std::optional<core::boot_time> noted_;
    std::optional<http::caller> caller_;
};

/// Answers all requests of a listener. One per worker, used on its thread.
class application {
  public:
    virtual ~application() = default;
    /// Answers, or waits; sets `endpoint`.
    virtual void handle(exchange&) = 0;
    /// Appends what the log shall say about who asks. Called for requests that are logged. The
    /// views must be valid as long as the exchange.
    virtual void describe_caller(const exchange&, std::vector<core::log_field>&) const {}
    /// Why requests may fail at present, for the log; empty if nothing is known. Any thread.
    virtual std::string trouble() const { return {}; }
    /// The rows that exchange::endpoint counts.
    virtual std::span<const std::string_view> endpoints() const { return {}; }
    /// Returns a refusal if the header alone decides, so that the client need not send the body.
    virtual std::optional<refusal> objection(const request&) const { return std::nullopt; }
    /// Returns the form of what this request is refused with.
    virtual refusal_form form_of(const request&) const { return refusal_form::problem; }
    /// Returns what bounds this request's body, by its method and path.
    virtual body_bound bound_of(const request&) const { return usual_body; }
};

} // namespace latchkey::http
