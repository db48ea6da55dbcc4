#include <latchkey/auth/credit/credit_store.hpp>

namespace latchkey::auth {

std::optional<std::string> check_credits(std::string_view field, std::int64_t amount,
                                         std::int64_t least) {
    if (amount >= least && amount <= credits_max) return std::nullopt;
    return "field \"" + std::string(field) + "\" must be from " + std::to_string(least) + " to " +
           std::to_string(credits_max);
}

std::optional<std::string> check_refill(const credit_refill& refill) {
    if (auto wrong = check_credits("amount", refill.amount, 1)) return wrong;
    if (refill.every >= core::seconds(1) && refill.every <= refill_every_max) return std::nullopt;
    return "field \"every\" must be from 1 to " + std::to_string(refill_every_max.count()) +
           " seconds";
}

} // namespace latchkey::auth
