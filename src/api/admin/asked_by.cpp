#include "api/admin/asked_by.hpp"

#include "api/admin/change_terms.hpp"

#include <latchkey/core/text/json_object.hpp>

namespace latchkey::api {

auth::operator_request asked_by(const http::exchange& ex) {
    auth::operator_request by{
        core::json_object({{"kind", "socket"}}).text, std::string(ex.request_id), {}};
    by.claim = claim_of(ex, by.actor);
    return by;
}

} // namespace latchkey::api
