#pragma once
// What an operator is told of a change besides the change itself: which nodes have applied it, and
// what was answered before to the same Idempotency-Key. `pg` implements it.

#include <latchkey/auth/receipt/receipt.hpp>
#include <latchkey/auth/store.hpp>
#include <latchkey/core/clock.hpp>
#include <latchkey/core/flow/task.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace latchkey::auth {

/// Which nodes have applied a change.
struct acknowledgement {
    struct node {
        std::string instance_id;
        std::string name; ///< two processes may share it
    };
    struct missing_node {
        node who;
        core::real_time fences_at; ///< from then on it answers nothing from before the change
    };
    std::vector<node> acknowledged;
    std::vector<missing_node> missing;
    bool complete = false;   ///< all live nodes have
    bool replicated = false; ///< a standby that commits would wait for has it on its disk
};

/// What is known of a request that came with an Idempotency-Key.
struct kept_answer {
    std::string request; ///< as in idempotency_claim
    int status = 0;
    std::string ids;                   ///< JSON
    std::optional<std::string> answer; ///< JSON, without a secret; nullopt if it was not kept
    std::uint64_t transaction = 0;
    bool changed = false; ///< it is known that something was changed
};

/// The failure of a write whose Idempotency-Key another request has claimed.
inline constexpr std::string_view claim_in_use = "a request with this Idempotency-Key is under way";

/// Lives on the control thread.
class operator_answers {
  public:
    virtual ~operator_answers() = default;
    /// Answers when all live nodes have applied the change and, where commits would wait for a
    /// standby, one has it; or else when the time is over, or the database may have lost it.
    virtual core::task<acknowledgement> wait_for_all(std::uint64_t transaction,
                                                     core::milliseconds at_most) = 0;

    /// What was answered within a day; nullopt if nobody came with this key.
    virtual operation<std::optional<kept_answer>> find_answer(std::string claim) = 0;
    virtual operation<bool> keep_answer(std::string claim, int status, std::string json) = 0;
    /// The request that made the claim was refused: the key is free again.
    virtual operation<bool> forget_claim(std::string claim, std::string request_id) = 0;
};

} // namespace latchkey::auth
