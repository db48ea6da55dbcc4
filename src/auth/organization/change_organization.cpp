#include <latchkey/auth/organization/change_organization.hpp>

#include "auth/cache/applied.hpp"
#include "auth/checks.hpp"

namespace latchkey::auth {

namespace {

// Where ids are uuids or numbers, no other text is an organization's.
std::optional<core::failure> unless_possible(const change_sink& changes, const std::string& id) {
    if (canonical_organization(id, changes.organization_ids())) return std::nullopt;
    return core::failure{core::failure_kind::not_found, "there is no organization \"" + id + '"'};
}

} // namespace

operation<organization> change_organization(lifecycle_store& store, change_sink& changes,
                                            organization_change asked, operator_request& by) {
    if (asked.name)
        if (auto wrong = check_name("name", *asked.name)) co_return invalid(*wrong);
    if (auto impossible = unless_possible(changes, asked.organization_id)) co_return *impossible;

    const bool ends = asked.enabled && !*asked.enabled;
    auto changed = co_await store.change_organization(std::move(asked), by);
    if (!changed) co_return changed;
    change_set told;
    told.organizations.push_back(changed->organization_id);
    if (ends)
        told.revocations.push_back({{revocation_kind::disabled_organization,
                                     {},
                                     changed->organization_id,
                                     {},
                                     {},
                                     changed->read_at,
                                     {}},
                                    false});
    co_await applied(changes, told);
    co_return changed;
}

operation<organization> show_organization(lifecycle_store& store, const change_sink& changes,
                                          std::string id,
                                          std::optional<std::string> only_organization) {
    if (auto impossible = unless_possible(changes, id)) co_return *impossible;
    co_return co_await store.show_organization(std::move(id), std::move(only_organization));
}

} // namespace latchkey::auth
