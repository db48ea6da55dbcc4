#pragma once
// What the log of requests says of one besides what HTTP says. The endpoint notes it: of every
// request the texts that live for ever, which costs a store or two; whose credential it was only
// if the request will be logged, which it always is when it is refused.

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace latchkey::http {

/// What the log tells of one question of several, if it is not answered with "good".
struct item_note {
    std::size_t number = 0;     ///< from 1
    std::string_view verdict{}; ///< lives for ever, as do the next ones
    std::string_view kind{};
    std::string_view cache{};
    bool is_undecided = false; ///< an error, no refusal
    std::string reason;
    std::string credential; ///< empty if it is not known
    std::string organization;
};

/// How many items of a kind get a line.
struct item_room {
    bool is_heard = false; ///< somebody reads such lines
    std::size_t left = 0;
    std::size_t further = 0; ///< items beyond these

    /// Returns true if one more gets a line.
    bool take() noexcept {
        if (!is_heard) return false;
        if (left > 0) return left-- > 0;
        ++further;
        return false;
    }
};

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

    // --- of a request with several questions ---
    item_room refused_items{};
    item_room undecided_items{};
    std::vector<item_note> items{};

    bool is_logged() const noexcept { return wanted || refused; }
};

} // namespace latchkey::http
