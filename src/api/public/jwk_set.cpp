// GET /.well-known/jwks.json: the JWK set that verifies our own tokens (RFC 7517, section 5)
//   200 {keys}, with ETag   304 when If-None-Match has it   503 not known yet
#include "api/public/jwk_set.hpp"

#include "api/public/tagged_page.hpp"

#include <latchkey/api/public_api.hpp>

namespace latchkey::api {

void published_keys(http::exchange& ex, public_api& api) {
    bool known = false;
    api.with_own_issuer([&](const auth::own_issuer& own) {
        known = own.known;
        if (known)
            answer_tagged(ex, api, open_json, own.entity_tag, own.jwk_set, api.pages.jwk_set_gzip);
    });
    if (!known) ex.refuse({503, "the signing keys have not been read from the database yet"});
}

} // namespace latchkey::api
