#include "api/admin/device_json.hpp"

#include "api/admin/api_key_json.hpp"

namespace latchkey::api {

namespace {

std::string_view name_of(auth::device_secret_form form) {
    switch (form) {
    case auth::device_secret_form::sha256:
        return "sha256";
    case auth::device_secret_form::scrypt:
        return "scrypt";
    case auth::device_secret_form::legacy:
        return "legacy";
    case auth::device_secret_form::none:
        return "none";
    }
    return "";
}

} // namespace

core::json_value json_of(const auth::device& d) {
    return core::json_object({{"device_id", d.device_id},
                              {"organization_id", d.organization_id},
                              {"name", d.name},
                              {"scopes", d.scopes},
                              {"roles", d.roles},
                              {"metadata", core::compact_json(d.metadata)},
                              {"enabled", d.enabled},
                              {"state", d.state},
                              {"status", d.status},
                              {"secret_form", name_of(d.secret_form)},
                              {"generation", d.generation},
                              {"previous", json_of(d.previous)},
                              {"previous_until", d.previous_until},
                              {"revoked_at", d.revoked_at},
                              {"reason", d.revoked_reason},
                              {"created_at", d.created_at},
                              {"last_used_at", d.last_used_at},
                              {"uses", d.uses}});
}

} // namespace latchkey::api
