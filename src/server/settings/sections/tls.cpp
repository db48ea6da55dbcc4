#include "server/settings/sections/table.hpp"

#include <array>

namespace latchkey::server::settings {

namespace {

constexpr std::array<std::string_view, 2> version_names = {"1.2", "1.3"};
constexpr std::array<std::string_view, 3> demand_names = {"none", "optional", "required"};

template <auto Field>
constexpr field_access tls_at = at<&configuration::tls, Field>;

using tls = net::tls_configuration;

constexpr setting rows[] = {
    {"tls.certificate_file", text(is_path, "a path, or credential:NAME"),
     tls_at<&tls::certificate_file>,
     "The certificate of the public listener, in PEM, followed by its chain. credential:NAME is a\n"
     "systemd credential. Empty: plain HTTP. Read again when the file changes, and on SIGHUP."},
    {"tls.key_file", text(is_path, "a path, or credential:NAME"), tls_at<&tls::key_file>,
     "The certificate's private key, in PEM, without a passphrase. Read again with the\n"
     "certificate."},
    {"tls.min_version", choice(version_names), tls_at<&tls::min_version>,
     "The oldest TLS version that clients may use. In 1.2, only ECDHE with AES-GCM or\n"
     "ChaCha20-Poly1305 is offered."},
    {"tls.client_ca_file", text(is_path, "a path"), tls_at<&tls::client_ca_file>,
     "Certificates (PEM) of the authorities that clients' certificates must descend from. Read\n"
     "again with the certificate."},
    {"tls.client_certificates", choice(demand_names), tls_at<&tls::client_certificates>,
     "Whether clients must show a certificate. \"none\": they are not asked. \"optional\": they\n"
     "need not, but a bad one is refused. \"required\": they must. The last two need\n"
     "tls.client_ca_file."},
    {"tls.handshake_timeout", duration(100ms, 1min), tls_at<&tls::handshake_timeout>,
     "Time from accept to the end of the TLS handshake. After it, the connection is closed."},
    {"tls.handshakes_max", count(1, 1'000'000), tls_at<&tls::handshakes_max>,
     "Handshakes in progress at once. Each worker has its share, at least one. Past it, a new\n"
     "connection is closed."},
    {"tls.handshakes_per_address_max", count(0, 1'000'000),
     tls_at<&tls::handshakes_per_address_max>,
     "Handshakes in progress of one client address (IPv6: one /64). trusted_proxies are exempt.\n"
     "Past it, a new connection from there is closed. 0: a quarter of tls.handshakes_max."},
    {"tls.unix_sockets", flag(), tls_at<&tls::unix_sockets>,
     "Whether TLS is spoken on unix sockets as well, for a proxy that passes TLS on unopened. If\n"
     "false, plain HTTP is spoken there: the socket's mode and group decide who may connect, and\n"
     "nobody can listen in between."},
    {"tls.session_tickets", flag(), tls_at<&tls::session_tickets>,
     "Whether returning clients may resume their TLS session, which saves both sides most of the\n"
     "handshake. The ticket keys are in the memory of the process: at another node, or after a\n"
     "restart, a client does one full handshake."},
    {"tls.session_lifetime", duration(1min, 24h), tls_at<&tls::session_lifetime>,
     "How long a session may be resumed. The ticket keys are replaced as often."},
};

} // namespace

std::span<const setting> tls_section() {
    return rows;
}

} // namespace latchkey::server::settings
