#pragma once
// What a client proves itself with (RFC 6749, section 2.3.1): the id of an API key and the key
// itself, or a device's id and its secret; in `Authorization: Basic`, form-encoded, or in the body.

#include <latchkey/crypto/secret.hpp>
#include <latchkey/http/json_body.hpp>
#include <latchkey/http/request.hpp>

#include <string_view>

namespace latchkey::api::oauth {

struct client_credentials {
    std::string_view id;
    std::string_view secret;
};

enum class client_presented {
    none,      ///< no secret; perhaps an id alone, which proves nothing
    one,       ///< a credential
    several,   ///< in Authorization and in the body, or a secret without an id
    misshapen, ///< an Authorization that is not a form-encoded id and secret
};

/// What views of client_credentials may point into.
struct client_texts {
    crypto::secret id;
    crypto::secret secret;
};

/// `id` and `secret` are the fields of the body.
client_presented read_client(const http::request&, const http::json_value& id,
                             const http::json_value& secret, client_credentials&, client_texts&);

} // namespace latchkey::api::oauth
