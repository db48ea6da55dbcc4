#include "server/doctor/examine.hpp"

#include "server/cli/commands.hpp"
#include "server/process/cores.hpp"
#include "server/process/descriptors.hpp"
#include "server/process/key_encryption.hpp"
#include "server/process/tls_files.hpp"
#include "server/settings/agreeing_settings.hpp"
#include "server/settings/exposure.hpp"

#include <latchkey/auth/token/own_signing_keys.hpp>

#include <sys/resource.h>

#include <algorithm>
#include <chrono>
#include <iterator>
#include <optional>

namespace latchkey::server {

namespace {

void add(std::vector<exposed_file>& to, const std::vector<exposed_file>& from) {
    std::ranges::copy(from, std::back_inserter(to));
}

void look_at_issuers(const configuration& settings, const examination& terms, node_facts& out,
                     std::vector<exposed_file>& exposed) {
    const auto issuers = load_issuers(settings);
    if (!issuers) {
        out.unusable_issuers = issuers.error().message;
        return;
    }
    add(exposed, issuers->exposed);
    auto news = terms.ask_issuers(*issuers);
    out.unreachable_issuers = std::move(news.unreachable);
    out.issuers_without_keys = std::move(news.without_keys);
}

void look_at_certificate(const configuration& settings, node_facts& out,
                         std::vector<exposed_file>& exposed) {
    const auto tls = load_tls(settings.tls, out.now);
    if (!tls) {
        out.unusable_certificate = tls.error().message;
        return;
    }
    add(exposed, tls->exposed);
    if (tls->credentials) out.certificate_ends = tls->credentials->not_after();
}

// `serve` takes as many as the system lets it have.
void look_at_descriptors(const configuration& settings, node_facts& out) {
    const auto wanted = settings.server.connections_max;
    out.connections_wanted = out.connections_possible = wanted;
    rlimit limit{};
    if (::getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_max == RLIM_INFINITY) return;
    const auto workers = settings.server.workers > 0 ? settings.server.workers : usable_cores();
    out.descriptors = limit.rlim_max;
    out.connections_possible =
        connections_within(limit.rlim_max, descriptors_kept(settings, workers), wanted);
}

} // namespace

node_facts examine(const configuration& settings, const examination& terms) {
    node_facts out;
    out.now = std::chrono::system_clock::now();
    out.version = version();
    out.feed_warning = terms.feed_warning;
    auto exposed = settings.exposed;
    look_at_issuers(settings, terms, out, exposed);
    look_at_certificate(settings, out, exposed);
    auto kek = read_key_encryption_key(settings.tokens, exposed);
    if (!kek) {
        out.unusable_key_encryption_key = kek.error().message;
        kek = auth::key_encryption_key{nullptr, kek.error().message};
    } else if (!*kek) {
        out.no_key_encryption_key = kek->why_not;
    }
    out.refused = refused_files(settings, exposed);
    std::erase_if(
        exposed, [&](const exposed_file& file) { return file.is_refused && !out.refused.empty(); });
    out.exposed = find_exposures(settings, terms.listening, exposed);
    look_at_descriptors(settings, out);
    out.settings = agreeing_settings(settings, *kek ? kek->key->id() : std::string());
    out.database = pg::examine_database(settings.database, terms.database);
    // Without a key-encryption key none is opened, and that is said by itself.
    if (*kek)
        out.unopened_signing_keys =
            auth::open_signing_keys(out.database.signing_keys, settings.tokens, *kek).warnings;
    return out;
}

} // namespace latchkey::server
