#pragma once
// What a token says, without a look at its signature.

#include <latchkey/crypto/base64url.hpp>

#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>

#include <string>

namespace latchkey::test {

/// Throws if the token is none.
inline std::string claims_text(const std::string& token) {
    const auto begin = token.find('.') + 1;
    return crypto::decode_base64url(token.substr(begin, token.rfind('.') - begin)).value();
}
inline boost::json::object claims_of(const std::string& token) {
    return boost::json::parse(claims_text(token)).as_object();
}

} // namespace latchkey::test
