#pragma once
// What an admin endpoint answers. An endpoint is a coroutine that reads the request, waits for the
// database, and returns its reply:
//
//   core::task<reply> show_device(http::exchange& ex, admin_api& api) {
//       const auto found = co_await api.devices.show_device(std::string(ex.path_id));
//       if (!found) co_return found.error();
//       co_return reply(200, json_of(*found));
//   }

#include <latchkey/auth/operator_request.hpp>
#include <latchkey/core/flow/task.hpp>
#include <latchkey/core/result.hpp>
#include <latchkey/http/exchange.hpp>

#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace latchkey::api {

class admin_api;

struct reply {
    reply(int status_, std::string json_,
          std::string_view extra_fields_ = "Cache-Control: no-store\r\n")
        : status(status_), json(std::move(json_)), extra_fields(extra_fields_) {}
    reply(http::refusal why) : refusal(std::move(why)) {}
    /// Says the failure's sentence, with the status for its kind.
    reply(const core::failure&);

    /// What is answered is the outcome of a change that revokes, disables or narrows something. It
    /// gets a receipt, and may be waited for (change_terms.hpp).
    reply of(const auth::operator_request& by) && {
        change = by.position;
        return std::move(*this);
    }

    std::optional<http::refusal> refusal; ///< if set, the rest does not count
    int status = 0;
    std::string json;
    std::string_view extra_fields; ///< static text
    std::optional<auth::change_position> change;
};

/// Begins the endpoint, and answers the exchange, at the connection's turn, when the reply is
/// there.
core::detached answer(http::exchange&, core::task<reply>);

} // namespace latchkey::api
