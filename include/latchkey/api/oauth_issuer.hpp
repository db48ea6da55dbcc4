#pragma once
// `tokens.issuer` as a URL, from which OAuth's clients find everything else (RFC 8414, section 3).

#include <latchkey/core/result.hpp>

#include <string>
#include <string_view>

namespace latchkey::api {

struct oauth_issuer {
    std::string whole;  ///< as it stands in the tokens' `iss`
    std::string origin; ///< https://host:port
    std::string path;   ///< without a slash at its end; may be empty

    /// Takes https, and http of this machine itself (localhost, 127.0.0.0/8, ::1), without query
    /// and fragment. Fails with a sentence about why there can be no metadata.
    static core::result<oauth_issuer> parse(std::string_view issuer);

    /// Returns the URL of an endpoint: the issuer, and the path behind it.
    std::string at(std::string_view endpoint) const {
        return origin + path + std::string(endpoint);
    }
    /// Returns the URL of a document below /.well-known/: the name stands before the issuer's path.
    std::string well_known(std::string_view name) const {
        return origin + "/.well-known/" + std::string(name) + path;
    }
};

} // namespace latchkey::api
