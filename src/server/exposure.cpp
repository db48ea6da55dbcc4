#include <latchkey/server/exposure.hpp>

#include <latchkey/auth/network.hpp>
#include <latchkey/pg/connect_options.hpp>

#include <algorithm>
#include <utility>

namespace latchkey::server {

namespace {

std::string_view trimmed(std::string_view text) {
    while (text.starts_with(' '))
        text.remove_prefix(1);
    while (text.ends_with(' '))
        text.remove_suffix(1);
    return text;
}

std::string_view next_part(std::string_view& rest) {
    const auto comma = std::min(rest.find(','), rest.size());
    const auto part = trimmed(rest.substr(0, comma));
    rest.remove_prefix(std::min(comma + 1, rest.size()));
    return part;
}

std::string_view host_of(std::string_view address) {
    auto host = address.substr(0, address.rfind(':'));
    if (host.starts_with('[') && host.ends_with(']')) host = host.substr(1, host.size() - 2);
    return host;
}

// A name other than localhost may mean any machine.
bool is_local(std::string_view address) {
    if (address.empty() || address.starts_with("unix:") || address.starts_with('/')) return true;
    const auto host = host_of(address);
    const auto parsed = auth::parse_address(host);
    return host == "localhost" || (parsed && auth::is_loopback(*parsed));
}

void find_plain_http(const configuration& settings, std::string_view listening,
                     std::vector<std::string>& out) {
    if (!settings.tls.certificate_file.empty()) return;
    while (!listening.empty())
        if (const auto address = next_part(listening); !is_local(address))
            out.push_back("server.listen: " + std::string(address) +
                          " is reached from other machines, and credentials cross the network in "
                          "plain HTTP; set tls.certificate_file and tls.key_file, or listen on "
                          "loopback behind a gateway that speaks TLS");
}

void find_unverified_database(const configuration& settings, std::vector<std::string>& out) {
    const auto options = pg::connect_options::parse(settings.database.uri.reveal());
    if (!options) return; // told by whoever connects
    for (const auto& host : options->unverified_hosts())
        out.push_back("database.uri: the certificate of " + host +
                      " is not checked, so that whoever is between may answer in its place; add "
                      "sslmode=verify-full and, for an authority of your own, sslrootcert=FILE");
}

} // namespace

std::vector<std::string> find_exposures(const configuration& settings, std::string_view listening,
                                        std::span<const exposed_file> exposed) {
    std::vector<std::string> out;
    for (const auto& file : exposed)
        out.push_back(describe(file));
    find_plain_http(settings, listening, out);
    find_unverified_database(settings, out);
    return out;
}

std::vector<std::string> refused_files(const configuration& settings,
                                       std::span<const exposed_file> exposed) {
    std::vector<std::string> out;
    if (settings.server.world_readable_secrets) return out;
    for (const auto& file : exposed)
        if (file.is_refused)
            out.push_back(describe(file) + " (in a container whose mounts are so: set "
                                           "server.world_readable_secrets = true)");
    return out;
}

} // namespace latchkey::server
