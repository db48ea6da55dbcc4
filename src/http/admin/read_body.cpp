#include <latchkey/http/admin/read_body.hpp>

namespace latchkey::http {

bool read_body(exchange& ex, json_body& body, std::span<const json_field> fields,
               bool may_be_missing) {
    const bool missing = may_be_missing && ex.request.body.empty();
    auto why = missing ? std::nullopt : unless_json(ex.request);
    if (!why) why = body.read(missing ? "{}" : ex.request.body, fields);
    if (why) ex.refuse(*why);
    return !why;
}

} // namespace latchkey::http
