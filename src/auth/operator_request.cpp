#include <latchkey/auth/operator_request.hpp>

#include <latchkey/core/text/json_object.hpp>

namespace latchkey::auth {

operator_request request_of_server(std::string_view node) {
    return {core::json_object({{"kind", "server"}, {"node", node}}).text, {}, {}};
}

} // namespace latchkey::auth
