#pragma once
// Where credits are kept, and what operators do with them. `pg` implements it. Nodes take credits
// in slices elsewhere; here are the whole accounts.

#include <latchkey/auth/credit/credit_account.hpp>
#include <latchkey/auth/store.hpp>

#include <cstdint>
#include <optional>
#include <string>

namespace latchkey::auth {

/// Whose account is meant: a key's, or else an owner's.
struct credit_holder {
    std::optional<std::string> key_id{};
    std::string organization_id{}; ///< of the owner
    std::string external_id{};
    std::optional<std::string> only_organization{}; ///< nullopt: of any organization
};

/// Names what changes; an inner nullopt clears it.
struct credit_change {
    credit_holder of{};
    std::optional<std::int64_t> remaining{}; ///< what nodes hold included
    std::optional<std::optional<credit_refill>> refill{};
};

/// Returns a sentence that says what is wrong with an amount from 0, or from 1; or nullopt.
std::optional<std::string> check_credits(std::string_view field, std::int64_t amount,
                                         std::int64_t least);
std::optional<std::string> check_refill(const credit_refill&);

/// Lives on the control thread. All fail with `not_found` for an unknown key or organization, and,
/// but for set_credits, if there is no account.
class credit_store {
  public:
    virtual ~credit_store() = default;
    /// Of a key without an account of its own: its owner's.
    virtual operation<credit_account> show_credits(credit_holder) = 0;
    /// Makes the account if there is none.
    virtual operation<credit_account> set_credits(credit_change, operator_request& by) = 0;
    virtual operation<credit_account> add_credits(credit_holder, std::int64_t amount,
                                                  operator_request& by) = 0;
    /// Answers with the account as it was.
    virtual operation<credit_account> remove_credits(credit_holder, operator_request& by) = 0;
    /// By number: in the order in which they were made.
    virtual operation<found_page<credit_account>> list_credits(api_key_page) = 0;
};

} // namespace latchkey::auth
