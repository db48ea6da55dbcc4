#include <latchkey/auth/organization/create_organization.hpp>

#include "auth/checks.hpp"

namespace latchkey::auth {

void create_organization(lifecycle_store& store, new_organization asked,
                         lifecycle_store::completion<organization> done) {
    auto wrong = check_name("name", asked.name);
    if (!wrong && asked.organization_id)
        wrong = check_identifier("organization_id", *asked.organization_id);
    if (wrong) return done(core::failure{core::failure_kind::invalid, *wrong});
    store.create_organization(std::move(asked), std::move(done));
}

} // namespace latchkey::auth
