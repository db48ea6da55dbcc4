#include "api/oauth/client_credentials.hpp"

#include "api/basic_credential.hpp"

#include <latchkey/core/text/form_text.hpp>

#include <string>
#include <utility>

namespace latchkey::api::oauth {

namespace {

bool read_authorization(std::string_view authorization, client_texts& out) {
    const auto encoded = text_of_scheme(authorization, "basic");
    if (!encoded) return false;
    std::string pair;
    const auto read = read_basic(*encoded, pair);
    auto id = read ? core::decode_form_text(read->id) : std::nullopt;
    auto secret = read ? core::decode_form_text(read->secret) : std::nullopt;
    const crypto::secret wiped(std::move(pair)); // decoded, and of no more use
    if (!id || !secret || id->empty()) return false;
    out = {crypto::secret(std::move(*id)), crypto::secret(std::move(*secret))};
    return true;
}

} // namespace

client_presented read_client(const http::request& asked, const http::json_value& id,
                             const http::json_value& secret, client_credentials& out,
                             client_texts& texts) {
    const auto authorization = asked.get(http::field::authorization);
    if (authorization.empty()) {
        if (!secret.present) return client_presented::none;
        out = {id.text, secret.text};
        return id.present ? client_presented::one : client_presented::several;
    }
    if (secret.present) return client_presented::several;
    if (!read_authorization(authorization, texts)) return client_presented::misshapen;
    out = {texts.id.reveal(), texts.secret.reveal()};
    // The id alone is no second credential. It must not be another's.
    return id.present && id.text != out.id ? client_presented::several : client_presented::one;
}

} // namespace latchkey::api::oauth
