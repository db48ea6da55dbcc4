#include "api/admin/asked_by.hpp"

#include <latchkey/api/principal.hpp>

namespace latchkey::api {

auth::operator_request asked_by(const http::exchange& ex) {
    return {actor_of(ex), std::string(ex.request_id), {}};
}

} // namespace latchkey::api
