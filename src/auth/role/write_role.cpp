#include <latchkey/auth/role/write_role.hpp>

#include "auth/cache/applied.hpp"
#include "auth/checks.hpp"

#include <latchkey/auth/caller/caller_scopes.hpp>
#include <latchkey/crypto/random.hpp>

#include <algorithm>
#include <utility>

namespace latchkey::auth {

namespace {

// What Latchkey asks of callers is given to each key by itself.
std::optional<std::string> check_role_scopes(std::span<const std::string> scopes) {
    if (auto wrong = check_scopes(scopes)) return wrong;
    if (std::ranges::none_of(scopes, is_reserved_scope)) return std::nullopt;
    return "field \"scopes\" must not hold scopes that begin with \"" +
           std::string(reserved_scopes) + "\": callers get theirs by their keys alone";
}

// Ends once this process asks the database anew for the organization's credentials.
template <class Changed>
operation<Changed> tell(change_sink& changes, core::result<Changed> outcome) {
    if (!outcome) co_return outcome;
    change_set told;
    told.organizations.push_back(outcome->organization_id);
    co_await applied(changes, told);
    co_return outcome;
}

} // namespace

operation<role> create_role(role_store& store, new_role asked, operator_request& by) {
    if (auto wrong = check_identifier("organization_id", asked.organization_id))
        co_return invalid(*wrong);
    if (auto wrong = check_role_name("name", asked.name)) co_return invalid(*wrong);
    if (auto wrong = check_role_scopes(asked.scopes)) co_return invalid(*wrong);
    auto random = crypto::random_base62(22); // 131 bits
    if (!random) co_return random.error();
    asked.role_id = "role_" + *random;
    co_return co_await store.create_role(std::move(asked), by);
}

operation<role> change_role(role_store& store, change_sink& changes, role_change asked,
                            operator_request& by) {
    if (asked.name)
        if (auto wrong = check_role_name("name", *asked.name)) co_return invalid(*wrong);
    if (asked.scopes)
        if (auto wrong = check_role_scopes(*asked.scopes)) co_return invalid(*wrong);
    auto changed = co_await store.change_role(std::move(asked), by);
    co_return co_await tell(changes, std::move(changed));
}

operation<role> delete_role(role_store& store, change_sink& changes, std::string role_id,
                            std::optional<std::string> only_organization, operator_request& by) {
    auto gone = co_await store.delete_role(std::move(role_id), std::move(only_organization), by);
    co_return co_await tell(changes, std::move(gone));
}

operation<role_grant> grant_role(role_store& store, change_sink& changes, role_holding asked,
                                 operator_request& by) {
    auto granted = co_await store.grant_role(std::move(asked), by);
    co_return co_await tell(changes, std::move(granted));
}

operation<role_grant> ungrant_role(role_store& store, change_sink& changes, role_holding asked,
                                   operator_request& by) {
    auto taken = co_await store.ungrant_role(std::move(asked), by);
    co_return co_await tell(changes, std::move(taken));
}

} // namespace latchkey::auth
