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
     "The certificate that the public listener shows, in PEM, with those that vouch for it behind\n"
     "it; credential:NAME is systemd's credential. Empty: plain HTTP. Read again when the file\n"
     "changes, and on SIGHUP."},
    {"tls.key_file", text(is_path, "a path, or credential:NAME"), tls_at<&tls::key_file>,
     "Its private key, in PEM, without a passphrase. Read again with the certificate."},
    {"tls.min_version", choice(version_names), tls_at<&tls::min_version>,
     "The oldest version of TLS that clients may speak. Of 1.2, only ECDHE with AES-GCM or\n"
     "ChaCha20-Poly1305."},
    {"tls.client_ca_file", text(is_path, "a path"), tls_at<&tls::client_ca_file>,
     "Certificates (PEM) of the authorities that clients' certificates must descend from. Read\n"
     "again with the certificate."},
    {"tls.client_certificates", choice(demand_names), tls_at<&tls::client_certificates>,
     "Whether clients show certificates: none are asked for; optional, but a bad one is refused;\n"
     "required. The last two need tls.client_ca_file."},
    {"tls.handshake_timeout", duration(100ms, 1min), tls_at<&tls::handshake_timeout>,
     "From accept to the end of the TLS handshake. Later: the connection closes."},
    {"tls.handshakes_max", count(1, 1'000'000), tls_at<&tls::handshakes_max>,
     "Handshakes in progress at once; each worker has its share, of one at least. Past it a new\n"
     "connection closes."},
    {"tls.handshakes_per_address_max", count(0, 1'000'000),
     tls_at<&tls::handshakes_per_address_max>,
     "Of these, from one client address (IPv6: one /64); trusted_proxies are exempt. Past it a "
     "new\n"
     "connection from there closes. 0: a quarter of tls.handshakes_max."},
    {"tls.unix_sockets", flag(), tls_at<&tls::unix_sockets>,
     "TLS on unix sockets as well, for a proxy that passes it on unopened. Otherwise plain HTTP "
     "is\n"
     "spoken there: its mode and group decide who gets in, and nobody listens in between."},
    {"tls.session_tickets", flag(), tls_at<&tls::session_tickets>,
     "Clients that come again may resume their session, which spares both sides most of the\n"
     "handshake. The keys of the tickets live in the process's memory: another node, or a "
     "restart,\n"
     "means one handshake in full."},
    {"tls.session_lifetime", duration(1min, 24h), tls_at<&tls::session_lifetime>,
     "How long a session may be resumed. The ticket keys change as often."},
};

} // namespace

std::span<const setting> tls_section() {
    return rows;
}

} // namespace latchkey::server::settings
