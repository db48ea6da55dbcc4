// GET /.well-known/jwks.json: the keys that verify our tokens (RFC 7517, section 5)
//   200 {keys}, with ETag   304 when If-None-Match has it   503 not known yet
#include <latchkey/http/endpoints/jwk_set.hpp>

#include <latchkey/http/field_values.hpp>
#include <latchkey/http/public_api.hpp>

#include <string>

namespace latchkey::http {

void published_keys(exchange& ex, public_api& api) {
    auto& fields = api.body;
    bool known = false;
    api.with_own_issuer([&](const auth::own_issuer& own) {
        known = own.known;
        if (!known) return;
        fields = "Cache-Control: public, max-age=300\r\nETag: " + own.entity_tag + "\r\n";
        if (has_entity_tag(ex.request.get(field::if_none_match), own.entity_tag))
            return ex.answer(304, {}, {}, fields);
        ex.answer(200, json_type, own.jwk_set, fields);
    });
    if (!known)
        ex.refuse(503, "the signing keys have not been read from the database yet",
                  "Retry-After: 1\r\n");
}

} // namespace latchkey::http
