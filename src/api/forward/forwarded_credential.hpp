#pragma once
// The credential that a gateway passes on: `Authorization: Bearer` with an API key or a token,
// `X-API-Key`, or `Authorization: Basic` with a device's id and secret.

#include <latchkey/http/request.hpp>

#include <string>
#include <string_view>

namespace latchkey::api {

struct forwarded_credential {
    enum class kind { api_key, token, device };

    kind what = kind::api_key;
    std::string_view text;   ///< the key, the token, or the device's id
    std::string_view secret; ///< of a device
};

enum class presented {
    one,
    missing,
    repeated,    ///< a field that has one twice
    disagreeing, ///< two fields with different ones
    misshapen,   ///< an unknown scheme, or a value that its scheme does not have
};

/// The texts are views into the request, or into `buffer`, which gets what Basic encodes.
presented read_credential(const http::request&, forwarded_credential&, std::string& buffer);

/// True for three parts of base64url of which the first may be a JSON object. An API key of this
/// shape must come in X-API-Key.
bool has_shape_of_token(std::string_view) noexcept;

} // namespace latchkey::api
