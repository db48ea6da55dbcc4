#pragma once
// Who a client is, by its certificate.

#include <string>
#include <vector>

struct x509_st;

namespace latchkey::net {

/// Names of a certificate that was verified.
struct tls_identity {
    std::string subject;                ///< as RFC 2253 writes it
    std::vector<std::string> uris;      ///< alternative names (RFC 5280, section 4.2.1.6)
    std::vector<std::string> dns_names; ///< alternative names
    std::string alternative_names;      ///< all of these, for a log: "URI:spiffe://a/b, DNS:c"
};

/// Names with a zero byte in them are left out: programs disagree on where they end.
tls_identity identity_of(const x509_st&);

} // namespace latchkey::net
