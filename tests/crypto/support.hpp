#pragma once
// Published keys, and tokens signed with them.

#include <latchkey/crypto/base64url.hpp>
#include <latchkey/crypto/jwk.hpp>

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <stdexcept>
#include <string>

namespace latchkey::test {

inline std::filesystem::path vectors() {
    return std::filesystem::path(LATCHKEY_SOURCE_DIR) / "tests" / "vectors";
}

inline boost::json::value read_json(const std::filesystem::path& path) {
    std::ifstream file(path);
    if (!file) throw std::runtime_error("missing: " + path.string());
    return boost::json::parse(std::string(std::istreambuf_iterator<char>(file), {}));
}

inline boost::json::object cookbook_key(const std::string& name) {
    return read_json(vectors() / "cookbook/jwk" / name).as_object();
}
inline boost::json::object rsa_private_key() {
    return cookbook_key("3_4.rsa_private_key.json");
}
inline boost::json::object rsa_public_key() {
    return cookbook_key("3_3.rsa_public_key.json");
}
inline boost::json::object ec_private_key() {
    return cookbook_key("3_2.ec_private_key.json");
}
inline boost::json::object ec_public_key() {
    return cookbook_key("3_1.ec_public_key.json");
}
inline boost::json::object oct_key(const std::string& bytes) {
    return {{"kty", "oct"}, {"k", crypto::encode_base64url(bytes)}};
}
inline crypto::jwk parsed(const boost::json::object& o) {
    return crypto::jwk::parse(o).value();
}

/// A token of any header and payload, with a right signature.
inline std::string signed_token(const std::string& header, const std::string& payload,
                                const crypto::jwk& key, crypto::jws_algorithm algorithm) {
    const auto text = crypto::encode_base64url(header) + '.' + crypto::encode_base64url(payload);
    return text + '.' + crypto::encode_base64url(key.ready_for(algorithm)->sign(text).value());
}

} // namespace latchkey::test
