#pragma once
// What the log of requests says of one besides what HTTP says. The endpoint notes it: of every
// request the texts that live for ever, which costs a store or two; whose credential it was only
// if the request will be logged, which it always is when it is refused.

#include <string>
#include <string_view>

namespace latchkey::http {

struct request_note {
    bool wanted = false;  ///< It is logged whatever comes out: note whose credential it is.
    bool refused = false; ///< The credential is not good, though the status says 200.

    // --- texts that live for ever ---
    std::string_view verdict{}; ///< the code
    std::string_view reason{};  ///< why, if the code leaves that open
    std::string_view kind{};    ///< of the credential: "api_key", "token", "device"
    std::string_view cache{};   ///< "hit", "miss" or "coalesced"; empty: nothing was asked

    // --- of a credential that is known, if the request is logged ---
    std::string credential; ///< key_id, device id or subject
    std::string organization;
    std::string policy; ///< of rate limits, that refused

    bool is_logged() const noexcept { return wanted || refused; }
};

} // namespace latchkey::http
