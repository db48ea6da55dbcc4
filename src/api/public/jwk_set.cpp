// GET /.well-known/jwks.json: the JWK set that verifies our own tokens (RFC 7517, section 5)
//   200 {keys}, with ETag   304 when If-None-Match has it   503 not known yet
// The compressed set is another representation with a strong tag of its own. A client that has
// either of the two gets 304.
#include "api/public/jwk_set.hpp"

#include <latchkey/api/public_api.hpp>
#include <latchkey/http/field_values.hpp>

#include <string>

namespace latchkey::api {

namespace {

// Turns `"…"` into `"…-gzip"`.
std::string gzip_tag_of(std::string_view tag) {
    return std::string(tag.substr(0, tag.size() - 1)) + "-gzip\"";
}

void answer(http::exchange& ex, public_api& api, const auth::own_issuer& own) {
    const auto chosen =
        api.compression.choose(ex, api.pages.jwk_set_gzip, own.entity_tag, own.jwk_set);
    const auto gzip_tag = gzip_tag_of(own.entity_tag);
    const auto known = ex.request.get(http::field::if_none_match);
    const auto& own_tag = chosen.compressed ? gzip_tag : own.entity_tag;
    const auto& other_tag = chosen.compressed ? own.entity_tag : gzip_tag;
    const bool has_own = http::has_entity_tag(known, own_tag);
    const bool has_other = !has_own && http::has_entity_tag(known, other_tag);

    auto& fields = api.body;
    fields = "Cache-Control: public, max-age=300\r\nETag: " + (has_other ? other_tag : own_tag);
    fields += "\r\n";
    if (has_own || has_other)
        return ex.answer(304, {}, {}, fields += api.compression.vary(own.jwk_set.size()));
    ex.answer(200, http::json_type, chosen.bytes, fields += chosen.fields);
}

} // namespace

void published_keys(http::exchange& ex, public_api& api) {
    bool known = false;
    api.with_own_issuer([&](const auth::own_issuer& own) {
        known = own.known;
        if (!known) return;
        answer(ex, api, own);
    });
    if (!known) ex.refuse({503, "the signing keys have not been read from the database yet"});
}

} // namespace latchkey::api
