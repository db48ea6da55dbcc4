#include "api/admin/pending_change.hpp"

namespace latchkey::api {

int status_of(core::failure_kind kind) noexcept {
    switch (kind) {
    case core::failure_kind::unavailable:
        return 503;
    case core::failure_kind::invalid:
        return 422;
    case core::failure_kind::not_found:
        return 404;
    case core::failure_kind::conflict:
        return 409;
    case core::failure_kind::internal:
        return 500;
    }
    return 500;
}

void refuse_failure(http::exchange& ex, const core::failure& why) {
    ex.refuse({status_of(why.kind), why.message});
}

} // namespace latchkey::api
