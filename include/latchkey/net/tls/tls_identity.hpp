#pragma once
// The names that a client's certificate gives it.

#include <string>
#include <vector>

struct x509_st;

namespace latchkey::net {

/// The names in a verified certificate.
struct tls_identity {
    std::string subject;                ///< in the form of RFC 2253
    std::vector<std::string> uris;      ///< alternative names (RFC 5280, section 4.2.1.6)
    std::vector<std::string> dns_names; ///< alternative names
    std::string alternative_names;      ///< both lists, for a log line: "URI:spiffe://a/b, DNS:c"
};

/// Reads the names. Alternative names with a zero byte are left out, because programs disagree on
/// where they end.
tls_identity identity_of(const x509_st&);

} // namespace latchkey::net
