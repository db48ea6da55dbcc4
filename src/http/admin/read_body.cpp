#include <latchkey/http/admin/read_body.hpp>

#include <latchkey/http/field_values.hpp>

namespace latchkey::http {

bool read_body(exchange& ex, json_body& body, std::span<const json_field> fields,
               bool may_be_missing) {
    const bool missing = may_be_missing && ex.request.body.empty();
    if (!missing && !is_json(ex.request.get(field::content_type))) {
        ex.refuse(415, "send the body as Content-Type: application/json");
        return false;
    }
    const auto why = body.read(missing ? "{}" : ex.request.body, fields);
    if (why) ex.refuse(why->status, why->detail);
    return !why;
}

} // namespace latchkey::http
