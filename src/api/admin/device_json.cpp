#include "api/admin/device_json.hpp"

#include <latchkey/core/text/json_member.hpp>
#include <latchkey/core/text/json_text.hpp>
#include <latchkey/http/response.hpp>

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

void append_device(std::string& out, const auth::device& d) {
    core::append_member(out, R"({"device_id":)", d.device_id);
    core::append_member(out, R"(,"organization_id":)", d.organization_id);
    core::append_member(out, R"(,"name":)", d.name);
    core::append_member(out, R"(,"scopes":)", d.scopes);
    out += R"(,"metadata":)";
    core::append_compact_json(out, d.metadata);
    core::append_member(out, R"(,"status":)", d.status);
    core::append_member(out, R"(,"secret_form":)", name_of(d.secret_form));
    core::append_member(out, R"(,"previous_until":)", d.previous_until);
    core::append_member(out, R"(,"revoked_at":)", d.revoked_at);
    core::append_member(out, R"(,"reason":)", d.revoked_reason);
    out += '}';
}

void answer_device(http::exchange& ex, const auth::device& d) {
    std::string out;
    append_device(out, d);
    ex.answer(200, http::json_type, out, "Cache-Control: no-store\r\n");
}

} // namespace latchkey::api
