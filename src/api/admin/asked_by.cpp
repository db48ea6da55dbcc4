#include "api/admin/asked_by.hpp"

#include "api/admin/change_terms.hpp"

#include <latchkey/api/principal.hpp>

namespace latchkey::api {

auth::operator_request asked_by(const http::exchange& ex) {
    auth::operator_request by{actor_of(ex), std::string(ex.request_id), {}};
    by.claim = claim_of(ex, by.actor);
    return by;
}

} // namespace latchkey::api
