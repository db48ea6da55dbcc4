#pragma once
// What a client's certificate says of it.

#include <string>
#include <vector>

struct x509_st;

namespace latchkey::net {

/// Of a verified certificate: its names, and itself.
struct tls_identity {
    std::string subject;                ///< in the form of RFC 2253
    std::vector<std::string> uris;      ///< alternative names (RFC 5280, section 4.2.1.6)
    std::vector<std::string> dns_names; ///< alternative names
    std::string alternative_names;      ///< both lists, for a log line: "URI:spiffe://a/b, DNS:c"
    /// `x5t#S256` (RFC 8705, section 3.1): base64url of the SHA-256 of its DER form.
    std::string thumbprint;
};

/// Reads the names. Alternative names with a zero byte are left out, because programs disagree on
/// where they end.
tls_identity identity_of(const x509_st&);

} // namespace latchkey::net
