// GET /admin/v1/caller: who asks, as this server sees it
//   200 {kind, name, key_id, organization_id, scopes}
#include "api/admin/endpoints.hpp"
#include "api/admin/reach.hpp"

#include <latchkey/api/admin_api.hpp>
#include <latchkey/core/text/json_object.hpp>

namespace latchkey::api {

namespace {

core::json_value text_or_null(const std::string& text) {
    if (text.empty()) return nullptr;
    return text;
}

std::string json_of(const principal& who) {
    return core::json_object({{"kind", name_of(who.by)},
                              {"name", text_or_null(who.name)},
                              {"key_id", text_or_null(who.key_id)},
                              {"organization_id", text_or_null(who.organization_id)},
                              {"scopes", who.scopes.names()}})
        .text;
}

} // namespace

core::task<reply> show_caller(http::exchange& ex, admin_api&) {
    const auto* known = caller_of(ex);
    principal who;
    who.scopes = auth::caller_scopes::all();
    if (known) who = known->who;
    co_return reply(200, json_of(who));
}

} // namespace latchkey::api
