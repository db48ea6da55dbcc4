#include "fields.hpp"

#include "verification.hpp"

#include <string>

namespace latchkey::http {

namespace {

constexpr std::int64_t cost_max = 1'000'000;

} // namespace

std::optional<refusal> read_key_terms(const json_value& scopes, const json_value& ip,
                                      const json_value& cost, auth::api_key_request& out) {
    out = {.scopes = scopes.texts, .ip = std::nullopt};
    if (auto why = read_address(ip, out.ip)) return why;
    if (cost.present && (cost.integer < 1 || cost.integer > cost_max))
        return refusal{400,
                       "field \"cost\" must be an integer from 1 to " + std::to_string(cost_max)};
    if (cost.present) out.cost = static_cast<std::uint64_t>(cost.integer);
    return std::nullopt;
}

} // namespace latchkey::http
