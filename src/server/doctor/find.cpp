#include "server/doctor/find.hpp"

#include "server/settings/agreeing_settings.hpp"

#include <latchkey/core/text/rfc3339.hpp>

namespace latchkey::server {

namespace {

using enum severity;

constexpr core::seconds end_is_near = std::chrono::hours(24 * 14);

std::string date_of(core::real_time t) {
    return core::rfc3339_of(std::chrono::floor<core::seconds>(t));
}

void find_in_certificate(const node_facts& facts, std::vector<finding>& out) {
    constexpr const char* mend =
        "put a new certificate and its key into the files of tls.certificate_file and "
        "tls.key_file: they are read again by themselves";
    if (!facts.unusable_certificate.empty())
        out.push_back(
            {"certificate_unusable", error, remedy::change, facts.unusable_certificate, mend});
    if (!facts.certificate_ends) return;
    if (*facts.certificate_ends <= facts.now)
        out.push_back({"certificate_expired", error, remedy::change,
                       "the certificate ended at " + date_of(*facts.certificate_ends), mend});
    else if (*facts.certificate_ends - facts.now < end_is_near)
        out.push_back({"certificate_ends_soon", warning, remedy::change,
                       "the certificate ends at " + date_of(*facts.certificate_ends), mend});
}

void find_in_issuers(const node_facts& facts, std::vector<finding>& out) {
    if (!facts.unusable_issuers.empty())
        out.push_back({"issuer_unusable", error, remedy::change, facts.unusable_issuers,
                       "correct the issuer's settings and files"});
    for (const auto& one : facts.unreachable_issuers)
        out.push_back({"issuer_unreachable", error, remedy::repair,
                       "keys of issuers cannot be fetched: " + one,
                       "let this machine reach its jwks_url, or correct the issuer's settings"});
    for (const auto& sentence : facts.issuers_without_keys)
        out.push_back({"issuer_without_keys", warning, remedy::change, sentence,
                       "name where its keys are: jwks_url, jwks_file or secret_file"});
}

void find_in_signing_keys(const node_facts& facts, std::vector<finding>& out) {
    if (!facts.unusable_key_encryption_key.empty())
        out.push_back({"key_encryption_key_unusable", error, remedy::change,
                       facts.unusable_key_encryption_key,
                       "give tokens.key_encryption_key_file the file that all nodes have"});
    if (!facts.no_key_encryption_key.empty())
        out.push_back({"no_key_encryption_key", warning, remedy::change,
                       "no tokens can be issued here: " + facts.no_key_encryption_key,
                       "set tokens.key_encryption_key_file, the same on all nodes"});
    for (const auto& sentence : facts.unopened_signing_keys)
        out.push_back({"signing_key_sealed", error, remedy::change, sentence,
                       "give tokens.key_encryption_key_file the key that sealed it, or make "
                       "another signing key: latchkey signing-key rotate --now"});
}

} // namespace

void find_in_files(const node_facts& facts, std::vector<finding>& out) {
    for (const auto& sentence : facts.refused)
        out.push_back({"secret_exposed", error, remedy::change, sentence,
                       "take the file away from all but the server's user (chmod 0400)"});
    for (const auto& one : facts.exposed)
        out.push_back({one.name, warning, remedy::change, one.what, one.mend});
    find_in_certificate(facts, out);
    find_in_issuers(facts, out);
    find_in_signing_keys(facts, out);
    if (facts.connections_possible < facts.connections_wanted)
        out.push_back({"descriptors_short", warning, remedy::change,
                       "with " + std::to_string(facts.descriptors) + " descriptors, " +
                           std::to_string(facts.connections_possible) +
                           " connections can be open, fewer than server.connections_max (" +
                           std::to_string(facts.connections_wanted) + ')',
                       "raise the limit (LimitNOFILE=, ulimit -n), or lower "
                       "server.connections_max"});
}

void find_in_peers(const node_facts& facts, std::vector<finding>& out) {
    for (const auto& peer : facts.database.nodes) {
        if (peer.version != facts.version)
            out.push_back({"versions_differ", warning, remedy::change,
                           "the node " + peer.node + " runs " + peer.version + ", and this is " +
                               facts.version,
                           "finish the upgrade"});
        for (const auto& one : differing_settings(facts.settings, peer.settings))
            out.push_back({"settings_differ", error, remedy::change,
                           one.name + " is " + one.own + " here and " + one.other +
                               " on the node " + peer.node,
                           "set it to the same on all nodes, and reload or restart them"});
    }
}

std::vector<finding> find(const node_facts& facts) {
    std::vector<finding> out;
    find_in_database(facts, out);
    find_in_files(facts, out);
    find_in_peers(facts, out);
    return out;
}

} // namespace latchkey::server
