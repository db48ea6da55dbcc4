#pragma once
// Who asks for a change, on its way to the transaction that makes it.

#include <optional>
#include <string>
#include <string_view>

namespace latchkey::auth {

/// One operator's request. It outlives the writes that it causes. Control thread.
struct operator_request {
    /// Who it is, as a JSON object: {"kind":"socket",…}, {"kind":"api_key",…},
    /// {"kind":"certificate",…} or {"kind":"server",…}. The transaction has it as latchkey.actor.
    std::string actor;
    std::string request_id; ///< the transaction has it as latchkey.request_id
    /// Id of the last write's transaction, as PostgreSQL prints an xid8. Set before the change is
    /// made, so it counts only once the write has succeeded.
    std::optional<std::string> transaction{};
};

/// What the server does by itself is asked for by its node.
operator_request request_of_server(std::string_view node);

} // namespace latchkey::auth
