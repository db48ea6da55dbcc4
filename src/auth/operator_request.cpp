#include <latchkey/auth/operator_request.hpp>

#include <latchkey/core/text/json_object.hpp>

namespace latchkey::auth {

void operator_request::will_make(std::string_view name, std::string_view id) {
    if (claim) claim->ids = core::json_object({{name, id}}).text;
}

operator_request request_of_server(std::string_view node) {
    return {core::json_object({{"kind", "server"}, {"node", node}}).text, {}, {}};
}

} // namespace latchkey::auth
