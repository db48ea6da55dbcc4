#include "api/admin/read_body.hpp"

namespace latchkey::api {

bool read_body(http::exchange& ex, http::json_body& body, std::span<const http::json_field> fields,
               bool may_be_missing) {
    const bool missing = may_be_missing && ex.request.body.empty();
    auto why = missing ? std::nullopt : http::unless_json(ex.request);
    if (!why) why = body.read(missing ? "{}" : ex.request.body, fields);
    if (why) ex.refuse(*why);
    return !why;
}

} // namespace latchkey::api
