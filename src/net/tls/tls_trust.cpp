#include <latchkey/net/tls/tls_trust.hpp>

#include <boost/asio/ssl/context.hpp>

#include <array>
#include <cstdlib>
#include <filesystem>

namespace latchkey::net {

namespace {

namespace ssl = boost::asio::ssl;

core::failure failed(std::string message) {
    return {core::failure_kind::invalid, std::move(message)};
}

// Finds a file. OpenSSL's default folder would be read during handshakes, and block the loop.
std::string system_bundle() {
    if (const char* given = std::getenv("SSL_CERT_FILE"); given && *given) return given;
    for (const char* path : {"/etc/ssl/certs/ca-certificates.crt", "/etc/pki/tls/cert.pem"}) {
        std::error_code unreadable;
        if (std::filesystem::exists(path, unreadable)) return path;
    }
    return {};
}

} // namespace

core::result<tls_trust> tls_trust::load(const std::string& ca_file) {
    const auto path = ca_file.empty() ? system_bundle() : ca_file;
    if (path.empty())
        return failed("the system has no certificates of authorities; expected the package "
                      "ca-certificates, or issuers.ca_file");
    auto context = std::make_shared<ssl::context>(ssl::context::tls_client);
    context->set_options(ssl::context::no_sslv2 | ssl::context::no_sslv3 | ssl::context::no_tlsv1 |
                         ssl::context::no_tlsv1_1);
    boost::system::error_code error;
    context->load_verify_file(path, error);
    ::ERR_clear_error(); // a failed call leaves its reasons there
    if (error)
        return failed("the file \"" + path +
                      "\" holds no certificates that can be read: " + error.message());
    return tls_trust(std::move(context));
}

} // namespace latchkey::net
