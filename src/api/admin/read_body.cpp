#include "api/admin/read_body.hpp"

namespace latchkey::api {

std::optional<http::refusal> read_body(const http::request& asked, http::json_body& body,
                                       std::span<const http::json_field> fields,
                                       bool may_be_missing) {
    if (may_be_missing && asked.body.empty()) return body.read("{}", fields);
    if (auto why = http::unless_json(asked)) return why;
    return body.read(asked.body, fields);
}

} // namespace latchkey::api
