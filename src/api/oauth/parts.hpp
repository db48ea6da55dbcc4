#pragma once
// What OAuth's endpoints of one worker work with.

#include "api/oauth/introspection.hpp"
#include "api/oauth/metadata.hpp"
#include "api/oauth/revocation.hpp"
#include "api/oauth/token_request.hpp"

#include <latchkey/core/object_pool.hpp>

#include <cstddef>

namespace latchkey::api::oauth {

/// One per worker, used on its thread.
struct parts {
    parts(public_api& api, const auth::token_configuration& settings)
        : about(settings), token_requests(api), introspections(api), revocations(api) {}

    metadata about;
    core::object_pool<token_request, public_api> token_requests;
    core::object_pool<introspection, public_api> introspections;
    core::object_pool<revocation, public_api> revocations;
    std::size_t ending = 0; ///< revocations whose client is good, or that need none
};

} // namespace latchkey::api::oauth
