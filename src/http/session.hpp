#pragma once
// One client's requests, one after the other, and their answers.

#include "http/answer_wait.hpp"
#include "http/connection.hpp"
#include "http/handshake.hpp"
#include "http/request_reader.hpp"
#include "http/task.hpp"

#include <latchkey/http/caller.hpp>
#include <latchkey/http/exchange.hpp>
#include <latchkey/http/service.hpp>

#include <array>
#include <coroutine>
#include <memory>
#include <optional>
#include <string_view>

namespace latchkey::http {

/// What client_origin says, before it is known whom to trust.
struct connection_origin {
    std::optional<core::address> client;
    std::string_view listener;
    std::optional<local_process> process;
    bool named; ///< `client` is what a PROXY header says
};

/// Lives in the frame of the coroutine that serves the connection, and ends with it, on its worker.
class session {
  public:
    /// `frame`: as in connection.
    session(int fd, service& host, const connection_origin&, std::coroutine_handle<> frame);

    /// Uses TLS if the service has it. Call it before `run`.
    void secure() {
        if (host_.tls.context) connection_.transport().begin_tls(host_.tls.context);
    }
    /// Serves the connection to its end. Returns false if the client did not see an orderly one.
    task<bool> run();

  private:
    void heed(handshake);
    bool may_wait();
    bool may_rest();
    bool may_wait_for_header();
    void begin_answer(exchange&, core::boot_time begun);
    void end_answer(exchange&, core::boot_time begun, std::size_t output_before);
    bool output_is_due() const noexcept;
    bool turn_is_over() const noexcept;
    void refuse(const refusal& why, const request& asked = {}, std::string_view id = {});
    std::string_view keep_or_make_id(std::string_view sent);
    void log_request(exchange&, core::nanoseconds) const;
    void log_items(exchange&, core::nanoseconds) const;

    service& host_;
    const std::shared_ptr<const trust> trust_; // referenced by origin_
    const client_origin origin_;
    connection connection_;
    request_reader reader_;
    answer_wait answer_;
    bool first_ = true;   // no request was answered yet
    bool ending_ = false; // the connection closes after what is in the output was sent
    std::size_t answered_in_a_row_ = 0; // since other connections had their turn
    std::array<char, 32> made_id_{};
};

} // namespace latchkey::http
