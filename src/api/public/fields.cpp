#include "api/public/fields.hpp"

#include "api/public/verification.hpp"

#include <string>

namespace latchkey::api {

http::refusal bad_permissions(std::string_view wrong) {
    return {400, "field \"permissions\", " + std::string(wrong)};
}

std::optional<http::refusal> read_key_terms(const http::json_value& scopes,
                                            const http::json_value& ip,
                                            const http::json_value& cost,
                                            auth::api_key_request& out) {
    out = {.scopes = scopes.texts, .ip = std::nullopt};
    if (auto why = read_address(ip, out.ip)) return why;
    if (cost.present && !terms::cost.bounds(cost.integer))
        return http::refusal{400, "field \"cost\" must be an integer from 1 to " +
                                      std::to_string(terms::cost.max)};
    if (cost.present) out.cost = static_cast<std::uint64_t>(cost.integer);
    return std::nullopt;
}

std::optional<http::refusal> read_permissions(const http::json_value& given,
                                              auth::permission_expression& memory,
                                              const auth::permission_expression*& out) {
    out = nullptr;
    if (!given.present) return std::nullopt;
    if (auto wrong = memory.read(given.text)) return bad_permissions(*wrong);
    out = &memory;
    return std::nullopt;
}

} // namespace latchkey::api
