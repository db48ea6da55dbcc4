#pragma once
// Takes one request after the other from what a connection has received.

#include "http/connection.hpp"
#include "http/head_scanner.hpp"
#include "http/task.hpp"

#include <latchkey/http/body_limit.hpp>
#include <latchkey/http/refusal.hpp>
#include <latchkey/http/request.hpp>
#include <latchkey/http/service.hpp>

#include <cstddef>
#include <optional>
#include <utility>

namespace latchkey::http {

/// Call `look` for a request and `drop` after its answer. The views of `asked` are valid from
/// `whole` or `refused` until then. Lives beside its connection.
class request_reader {
  public:
    request_reader(connection& from, service& host) : from_(from), host_(host) {}

    enum class state {
        no_head, ///< receive more, and look again
        no_body, ///< call `read_body`
        whole,
        refused, ///< `why` tells the reason
    };

    state look();
    /// Receives the body. Returns `no_body` if the connection broke.
    task<state> read_body();
    void drop();

    const request& asked() const noexcept { return asked_; }
    /// The method and the path, as far as they are known, of a request whose head is not whole.
    const request& guess();
    const refusal& why() const noexcept { return why_; }
    /// True if more has arrived than this request.
    bool is_followed() const noexcept { return from_.buffers.in.bytes().size() > end_; }

  private:
    state whole();
    state refuse_unparsed();
    bool parse();
    body_limit limit_of_body() const;
    refusal first_of(const refusal&) const;
    bool has_plain_body() const;
    bool body_is_awaited() const;
    task<bool> read_plain_body();
    task<bool> read_chunked_body();
    bool give_up(refusal);

    connection& from_;
    service& host_;
    std::optional<head_scanner> scanner_{std::in_place}; // made anew for each request
    request asked_;
    std::size_t end_ = 0; // bytes of the input that belong to the request
    refusal why_;
};

} // namespace latchkey::http
