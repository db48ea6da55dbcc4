#pragma once
// Secrets that are none: who names a published key where a secret belongs lets anybody sign.

#include <string_view>

namespace latchkey::crypto {

/// What the bytes of a supposed secret show to be a key of another kind, or a certificate: "a
/// public key" in PEM, DER, OpenSSH's form, as a JWK or as a point; as it is, or in base64 or
/// hexadecimal. With its article, for a sentence. Null: nothing of the kind.
const char* published_key_in(std::string_view secret);

} // namespace latchkey::crypto
