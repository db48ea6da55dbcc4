#pragma once
// Who asks for a change, on its way to the transaction that makes it.

#include <latchkey/auth/receipt/receipt.hpp>

#include <optional>
#include <string>
#include <string_view>

namespace latchkey::auth {

/// An Idempotency-Key that came with a request. The first write of the request claims it, in its
/// own transaction; who comes with the same key later is told what this request was told.
struct idempotency_claim {
    std::string id;      ///< SHA-256 of who asks and of the key
    std::string request; ///< SHA-256 of what is asked for
    int status = 200;    ///< that the change will be answered with
    std::string ids;     ///< of the objects concerned, as far as they are known before, as JSON
    bool made = false;   ///< by a committed write
};

/// One operator's request. It outlives the writes that it causes. Control thread.
struct operator_request {
    /// Who it is, as a JSON object: {"kind":"socket",…}, {"kind":"api_key",…},
    /// {"kind":"certificate",…} or {"kind":"server",…}. The transaction has it as latchkey.actor.
    std::string actor;
    std::string request_id; ///< the transaction has it as latchkey.request_id
    /// Id of the last write's transaction, as PostgreSQL prints an xid8. Set before the change is
    /// made, so it counts only once the write has succeeded.
    std::optional<std::string> transaction{};
    /// The same with the database.
    std::optional<change_position> position{};
    std::optional<idempotency_claim> claim{};

    /// The write is about to make an object with this id; `name` is as in the answer ("key_id").
    void will_make(std::string_view name, std::string_view id);
};

/// What the server does by itself is asked for by its node.
operator_request request_of_server(std::string_view node);

} // namespace latchkey::auth
