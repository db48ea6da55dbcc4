#pragma once
// Certificates of a test's own authority in a folder, and a server that asks its clients for them.

#include "../support/certificates.hpp"
#include "../support/temporary_folder.hpp"

#include <filesystem>
#include <fstream>
#include <string>

namespace latchkey::test {

/// Issues NAME.pem with NAME-key.pem, which only its owner can read. `names` are OpenSSL's
/// (DNS:…,URI:…).
inline void keep_certificate(const temporary_folder& folder, const certificate_authority& authority,
                             const std::string& name, const char* names) {
    const auto who = authority.issue(names, name.c_str());
    std::ofstream(folder.file(name + ".pem")) << who.certificate_pem();
    std::ofstream(folder.file(name + "-key.pem")) << who.key_pem();
    std::filesystem::permissions(folder.file(name + "-key.pem"), std::filesystem::perms(0600));
}

/// The section [tls] of a server that shows server.pem. It asks its clients for certificates of the
/// authority in the file.
inline std::string tls_that_asks(const temporary_folder& folder, const std::string& authority) {
    return "[tls]\ncertificate_file = \"" + folder.file("server.pem") + "\"\nkey_file = \"" +
           folder.file("server-key.pem") +
           "\"\nclient_certificates = \"optional\"\nclient_ca_file = \"" + folder.file(authority) +
           "\"\n";
}

} // namespace latchkey::test
