#include "api/admin/asked_by.hpp"

#include <latchkey/core/text/json_object.hpp>

namespace latchkey::api {

auth::operator_request asked_by(const http::exchange& ex) {
    return {core::json_object({{"kind", "socket"}}).text, std::string(ex.request_id), {}};
}

} // namespace latchkey::api
