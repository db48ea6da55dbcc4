#include "server/settings/exposure.hpp"

#include "server/settings/listen_places.hpp"

#include <latchkey/core/ip_network.hpp>
#include <latchkey/pg/connection/connect_options.hpp>

namespace latchkey::server {

namespace {

void find_plain_http(const configuration& settings, std::string_view listening,
                     std::vector<exposure>& out) {
    if (!settings.tls.certificate_file.empty()) return;
    for (const auto& place : parse_listen_places(listening).value_or(std::vector<listen_place>()))
        if (!place.is_unix() && !core::is_this_machine(place.host))
            out.push_back({"server.listen: " + place.text +
                               " is reached from other machines, and credentials cross the network "
                               "in plain HTTP",
                           "set tls.certificate_file and tls.key_file, or listen on loopback "
                           "behind a gateway that speaks TLS"});
}

void find_unverified_database(const configuration& settings, std::vector<exposure>& out) {
    const auto options = pg::connect_options::parse(settings.database.uri.reveal());
    if (!options) return; // the mistake is reported when the server connects
    for (const auto& host : options->unverified_hosts())
        out.push_back({"database.uri: the certificate of " + host +
                           " is not checked, so that whoever is between may answer in its place",
                       "add sslmode=verify-full and, for an authority of your own, "
                       "sslrootcert=FILE"});
}

void find_slips(const configuration& settings, std::vector<exposure>& out) {
    for (const auto& one : settings.unheeded)
        out.push_back({"the variable " + one.name + " has no effect: " + one.why, one.mend,
                       "variable_without_effect", "a variable of the environment has no effect"});
}

void find_plain_collector(const configuration& settings, std::vector<exposure>& out) {
    const auto& tracing = settings.tracing;
    constexpr std::string_view plain = "http://";
    if (tracing.headers.reveal().empty() || !tracing.endpoint.starts_with(plain)) return;
    const auto authority = tracing.endpoint.substr(plain.size());
    const auto host = authority.substr(0, authority.find_first_of(":/"));
    if (host == "localhost" || core::is_this_machine(host) || authority.starts_with("[::1]"))
        return;
    out.push_back({"tracing.headers cross the network to " + host + " in plain HTTP",
                   "give tracing.endpoint an https:// URL"});
}

// Returns the first that other machines reach; empty: none is.
std::string reached_from_afar(std::string_view listening) {
    for (const auto& place : parse_listen_places(listening).value_or(std::vector<listen_place>()))
        if (!place.is_unix() && !core::is_this_machine(place.host)) return place.text;
    return {};
}

} // namespace

std::string unsaid_callers(const configuration& settings, std::string_view listening) {
    if (settings.callers.mode != api::callers_mode::unset) return {};
    const auto place = reached_from_afar(listening);
    if (place.empty()) return {};
    return place + " is reached from other machines, and nothing says whether whoever asks there "
                   "must say who it is; add these two lines (or with \"open\", if all who reach it "
                   "may ask about every organization's credentials):\n[auth]\ncallers = "
                   "\"required\"";
}

std::string plain_admin(const configuration& settings) {
    if (!settings.tls.certificate_file.empty()) return {};
    const auto place = reached_from_afar(settings.admin.listen);
    if (place.empty()) return {};
    return place +
           " is reached from other machines, and operators' keys would cross the network in "
           "plain HTTP; set tls.certificate_file and tls.key_file, or listen on loopback";
}

std::vector<exposure> find_exposures(const configuration& settings, std::string_view listening,
                                     std::span<const exposed_file> exposed) {
    std::vector<exposure> out;
    for (const auto& file : exposed)
        out.push_back({complaint_about(file), mend_of(file)});
    find_slips(settings, out);
    find_plain_http(settings, listening, out);
    find_unverified_database(settings, out);
    find_plain_collector(settings, out);
    return out;
}

std::vector<std::string> sentences_of(const std::vector<exposure>& all) {
    std::vector<std::string> out;
    for (const auto& one : all)
        out.push_back(one.what + "; " + one.mend);
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
