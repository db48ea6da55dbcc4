#include <latchkey/auth/organization/create_organization.hpp>

#include "auth/checks.hpp"

namespace latchkey::auth {

operation<organization> create_organization(lifecycle_store& store, new_organization asked,
                                            operator_request& by) {
    auto wrong = check_name("name", asked.name);
    if (!wrong && asked.organization_id)
        wrong = check_identifier("organization_id", *asked.organization_id);
    if (wrong) co_return invalid(*wrong);
    co_return co_await store.create_organization(std::move(asked), by);
}

} // namespace latchkey::auth
