#pragma once
// One HTTP request to an admin listener, over a unix socket or over TLS. Blocks.

#include "server/cli/admin_place.hpp"

#include <latchkey/core/clock.hpp>

#include <string>

namespace latchkey::server {

struct admin_request {
    std::string method = "GET";
    std::string target;
    std::string body{};
    std::string idempotency_key{}; ///< empty: none
};

/// What came back, or why nothing did.
struct raw_answer {
    unsigned status = 0; ///< 0: nothing came back
    std::string body{};
    bool forbidden = false; ///< this user may not open the socket
    bool unusable = false;  ///< the authorities' file
    std::string why{};      ///< "Connection refused"
};

/// Waits for at most `patience`. An answer of more than 64 MiB is given up. The certificate of a
/// server behind a URL must be for the URL's host.
raw_answer exchange(const admin_place&, const admin_request&, core::milliseconds patience);

} // namespace latchkey::server
