#pragma once
// Detects secrets that are public: if an operator names a published key where a secret belongs,
// anybody can sign.

#include <string_view>

namespace latchkey::crypto {

/// Tells whether the bytes of a supposed secret are a key of another kind or a certificate: in PEM,
/// DER, XML or OpenSSH's form, as a JWK or as a point; as they are, or in base64 or hexadecimal.
/// Returns its name with the article, for a sentence ("a public key in PEM"), or null if it is none
/// of these.
const char* published_key_in(std::string_view secret);

} // namespace latchkey::crypto
