// Builds the parts of the control thread and connects them.
#include "server/cli/commands.hpp"
#include "server/process/control.hpp"
#include "server/process/cores.hpp"
#include "server/process/database_change.hpp"
#include "server/process/node_checks.hpp"
#include "server/process/node_status.hpp"
#include "server/process/token_lives.hpp"
#include "server/settings/agreeing_settings.hpp"
#include "server/settings/listen_places.hpp"

#include <latchkey/api/public_api.hpp>
#include <latchkey/crypto/random.hpp>

#include <boost/asio/post.hpp>

#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <csignal>
#include <optional>
#include <utility>

namespace latchkey::server {

namespace {

// Without server.node, the name is the host and the first TCP port, or else the path of a socket.
std::string node_name(const process_configuration& server) {
    if (!server.node.empty()) return server.node;
    char host[256] = "localhost";
    ::gethostname(host, sizeof host - 1);
    const auto places = parse_listen_places(server.listen).value_or(std::vector<listen_place>{});
    const auto tcp = std::ranges::find_if(places, [](const auto& p) { return !p.is_unix(); });
    if (tcp != places.end()) return std::string(host) + ':' + tcp->port;
    return places.empty() ? std::string(host) : std::string(host) + ':' + places.front().path;
}

std::size_t workers_of(const process_configuration& server) {
    return server.workers > 0 ? server.workers : usable_cores();
}

// Older successes must have left the window when the first time-outs arrive.
core::breaker_configuration breaker_of(const configuration& settings) {
    auto breaker = settings.breaker;
    breaker.window =
        std::min<decltype(breaker.window)>(breaker.window, settings.database.query_timeout);
    return breaker;
}

} // namespace

control::control(loaded_configuration loaded, log_writer& log, configuration_reader read)
    : settings_(std::move(loaded.settings)),
      log_(log),
      exporter_(node_name(settings_.server), log, std::chrono::system_clock::now(),
                settings_.database.feed_interval),
      exposures_(std::move(loaded.exposed), exporter_, log),
      loop_(1),
      spans_(loop_, settings_.tracing, exporter_.node(), log),
      tracer_(spans_.make_tracer()),
      node_(std::make_unique<auth::node_state>(settings_.cache, workers_of(settings_.server),
                                               crypto::random_number())),
      revocations_(node_->revocations, log),
      watch_(node_->known, log),
      box_([this] { boost::asio::post(loop_, [this] { box_.receive(); }); }),
      breaker_(breaker_of(settings_)),
      rate_table_(settings_.rate_limit.buckets, {crypto::random_number(), crypto::random_number()}),
      lease_writer_(
          loop_, settings_.database, log, [this] { return feed_->instance(); },
          pg::lease_writer::what::limits, &fence_),
      fleet_(std::make_unique<auth::fleet_limits>(settings_.rate_limit.fleet_buckets,
                                                  node_->readers, box_, lease_writer_,
                                                  lease_settings(), "limits of all nodes", log)),
      credit_writer_(
          loop_, settings_.database, log, [this] { return feed_->instance(); },
          pg::lease_writer::what::credits, &fence_),
      credits_(std::make_unique<auth::fleet_limits>(settings_.rate_limit.fleet_buckets,
                                                    node_->readers, box_, credit_writer_,
                                                    credit_settings(), "credits", log)),
      limits_(std::make_unique<api::rate_limits>(rate_table_, node_->readers,
                                                 api::public_api::endpoint_names(), fleet_.get())),
      lifecycle_(loop_, settings_.database, log, &fence_),
      answers_(loop_, settings_.database, log, &fence_),
      use_writer_(loop_, settings_.database, log, &fence_),
      slow_work_(loop_),
      signals_(loop_, SIGTERM, SIGINT),
      hangups_(loop_, SIGHUP),
      timer_(loop_) {
    limits_->configure(settings_.rate_policies);
    node_->limits = &rate_table_;
    node_->fleet = fleet_.get();
    node_->credits = credits_.get();
    if (loaded.kek) kek_id_ = loaded.kek.key->id();
    make_workers();
    gate_ = std::make_unique<connection_gate>(loop_, workers_, loaded.tls.credentials != nullptr,
                                              settings_, log);
    make_tokens(std::move(loaded.kek));
    make_admin();
    make_reloader(std::move(read));
    trust(loaded.issuers);
    secure(std::move(loaded.tls));
}

control::~control() = default;

core::lease_keeper::settings control::lease_settings() const {
    return {settings_.rate_limit.when_unsure, settings_.rate_limit.lease_wait};
}

// Without the database, nobody knows what is left.
core::lease_keeper::settings control::credit_settings() const {
    return {core::when_unsure::closed, settings_.rate_limit.lease_wait};
}

void control::make_workers() {
    const auto count = node_->where.owner_cores();
    passwords_ = std::make_unique<auth::scrypt_pool>(settings_.scrypt, usable_cores());
    std::vector<auth::change_target*> targets;
    for (std::size_t i = 0; i < count; ++i) {
        workers_.push_back(std::make_unique<worker>(settings_, i, count, log_, exporter_, *node_,
                                                    *passwords_, *limits_, breaker_, fence_,
                                                    spans_.make_tracer()));
        node_->owner_cores.push_back(&workers_.back()->owner_core());
        targets.push_back(&workers_.back()->owner_core());
    }
    use_flush_ = std::make_unique<auth::use_flush>(settings_.use, use_writer_, box_, log_);
    for (auto& w : workers_)
        use_flush_->watch(w->uses(), w->owner_core().box());
    applier_ = std::make_unique<auth::change_applier>(node_->known, node_->revocations,
                                                      node_->where, std::move(targets), box_);
    remembered_ = std::make_unique<auth::remembered_revocations>(
        node_->withheld, auth::remembered_revocations::terms{settings_.cache.remembered_for,
                                                             settings_.cache.remembered_max_bytes,
                                                             settings_.cache.flight_timeout});
    feed_ = std::make_unique<pg::change_feed>(
        loop_, settings_.database,
        pg::node_identity{exporter_.node(), std::string(version()), exporter_.process.started(),
                          agreeing_settings(settings_, kek_id_)},
        node_->known, *applier_, log_, [this] { return node_->revocations.lives(); }, &fence_,
        &node_->applied, remembered_.get());
    exporter_.watch(workers_, node_->known, *feed_);
    exporter_.watch([this](core::metric_sink& sink) { collect(sink); });
}

void control::make_tokens(auth::key_encryption_key kek) {
    if (!kek) log_.warning("no tokens can be issued here", {{"reason", kek.why_not}});
    const auto jitter = static_cast<double>(crypto::random_number() >> 11) * 0x1p-53;
    issuers_ = std::make_unique<auth::issuer_directory>(node_->issuers);
    issuer_jwks_ = std::make_unique<issuer_jwks>(
        loop_, box_, *issuers_, jitter, log_,
        own_signing_key_news(settings_.tokens.issuer, settings_.tokens.unknown_key_cooldown),
        node_->known);
    issuer_jwks_->tracer = tracer_.get();
    node_->jwks = issuer_jwks_.get();
    keeper_ = std::make_unique<auth::signing_key_keeper>(auth::signing_key_keeper::surroundings{
        settings_.tokens, std::chrono::ceil<core::seconds>(settings_.cache.max_staleness),
        std::move(kek), lifecycle_, *issuers_,
        [this](auto algorithm, auto made) { make_key_pair(algorithm, std::move(made)); }, log_,
        issuer_jwks_->own_news(), exporter_.node()});
    endings_ = std::make_unique<auth::self_revocation_desk>(box_, lifecycle_, lifecycle_, *applier_,
                                                            *issuers_, settings_.tokens.issuer);
    node_->endings = endings_.get();
    applier_->tell(keeper_.get());
    applier_->tell(issuers_.get());
    exporter_.watch_findings([this] { return issuer_jwks_->findings(); });
    exporter_.watch_server([this] { return feed_->server(); });
    exporter_.watch_details([this] {
        return details_of(node_->revocations, *keeper_) + details_of(*issuer_jwks_) +
               details_of(*node_) + details_of(*limits_, breaker_, *gate_) +
               (certificates_ ? certificates_->details() : std::string());
    });
    findings_ =
        std::make_unique<findings_watch>(loop_, log_, [this] { return begin_examination(); });
    exporter_.watch_examinations([this] { return findings_->json(); });
    const bool has_key = !settings_.tokens.key_encryption_key_file.empty();
    exporter_.watch_checks([this, has_key] {
        auto checks = checks_of(*issuer_jwks_, node_->revocations, breaker_);
        if (node_->known.freshness().boot != core::boot_time{})
            checks.push_back(issuing_check(
                keeper_->why_not_issuing(),
                has_key || !keeper_->keys().empty() ||
                    was_asked_lately(node_->token_wanted_at.load(std::memory_order_relaxed),
                                     core::boot_clock::now())));
        if (certificates_)
            checks.push_back(
                certificate_check(certificates_->ends(), std::chrono::system_clock::now()));
        checks.push_back(
            connections_check(gate_->full_at(), gate_->connections_max(), core::boot_clock::now()));
        checks.push_back(findings_->check());
        return checks;
    });
}

examination control::begin_examination() const {
    issuer_news news{{}, issuer_jwks_->findings()};
    if (auto problem = issuer_jwks_->problem(); !problem.empty())
        news.unreachable.push_back(std::move(problem));
    return {.database = {.connect_timeout = settings_.database.connect_timeout},
            .listening = gate_->addresses(),
            .feed_warning = feed_->warning(),
            .ask_issuers = [news = std::move(news)](const auto&) { return news; }};
}

// Making an RSA key takes longer than the feed of changes may be delayed.
void control::make_key_pair(crypto::jws_algorithm algorithm,
                            auth::signing_key_keeper::pair_made made) {
    const auto pair = std::make_shared<std::optional<core::result<crypto::signing_key_pair>>>();
    slow_work_.run(
        [pair, algorithm] { pair->emplace(crypto::generate_signing_key_pair(algorithm)); },
        [pair, made = std::move(made)] { made(std::move(**pair)); });
}

void control::trust(const loaded_issuers& issuers) {
    for (const auto& warning : issuers.warnings)
        log_.warning("a key of an issuer is not used", {{"why", warning}});
    revocations_.set_token_lives(lives_of(settings_, issuers));
    issuer_jwks_->renew(issuers, core::moment::now());
}

void control::secure(loaded_tls shown) {
    if (!shown.credentials) return;
    certificates_ = std::make_unique<certificate_keeper>(
        certificate_keeper::surroundings{settings_.tls, slow_work_.caller(),
                                         [this](const auto& context) { secure_workers(context); },
                                         [this](const auto& files) {
                                             exposures_.replace("tls.", files);
                                             tell_exposures();
                                         },
                                         log_},
        std::move(shown));
}

void control::secure_workers(const std::shared_ptr<const net::tls_context>& context) {
    const auto share = settings_.tls.handshakes_max / workers_.size();
    remote_admin_->secure(
        {context, settings_.tls.handshake_timeout, settings_.admin.connections_max});
    for (auto& w : workers_)
        w->secure({context, settings_.tls.handshake_timeout, std::max<std::size_t>(1, share)});
}

void control::make_admin() {
    admin_callers_ =
        std::make_unique<api::admin_callers>(*node_, box_, settings_.auth, settings_.use);
    configure_admin_callers();
    use_flush_->watch(admin_callers_->uses, box_);
    admin_ = std::make_unique<api::admin_api>(lifecycle_, lifecycle_, lifecycle_, lifecycle_,
                                              *keeper_, *applier_, slow_work_.caller(),
                                              settings_.auth.legacy_device_secret, exporter_);
    admin_->callers = admin_callers_.get();
    admin_->answers = &answers_;
    admin_->applied = &node_->applied;
    bound_waits();
    admin_->audit = &lifecycle_;
    admin_->imports = &lifecycle_;
    admin_->credits = &lifecycle_;
    admin_->usage = &lifecycle_;
    admin_->roles = &lifecycle_;
    admin_->refresh_issuers = [this](const auto& issuer, auto done) {
        issuer_jwks_->refresh(issuer, std::move(done));
    };
    admin_server_ = std::make_unique<admin_server>(loop_, *admin_, settings_, log_);
    remote_admin_ = std::make_unique<remote_admin>(loop_, *admin_, settings_, log_);
    admin_server_->trace_by(*tracer_);
    remote_admin_->trace_by(*tracer_);
}

// What the rules of callers say was checked when the configuration was read.
void control::configure_admin_callers() {
    admin_callers_->configure(
        settings_.auth, api::caller_rules::make(settings_.callers, settings_.known_callers).value(),
        {settings_.admin.requests_max, settings_.admin.answer_bytes_max,
         settings_.admin.wrong_keys_max});
    admin_callers_->uses.configure(settings_.use);
}

void control::make_reloader(configuration_reader read) {
    reloader_ = std::make_unique<reloader>(
        reloader::surroundings{
            [this, read = std::move(read)] {
                const bool works = std::ranges::all_of(
                    workers_, [](const auto& w) { return w->database().reachable; });
                return trying_database(read, settings_.database, {works, fence_.current()});
            },
            slow_work_.caller(),
            [this](loaded_configuration next) { return apply(std::move(next)); },
            [this](bool begins) {
                if (begins)
                    manager_.reload_begins(core::steady_now());
                else
                    manager_.reload_ended();
            },
            log_},
        std::chrono::system_clock::now());
    admin_->reload = [this](auto done) {
        reloader_->ask([done = std::move(done)](const core::result<reload_report>& outcome) {
            if (outcome)
                done(to_json(*outcome));
            else
                done(outcome.error());
        });
    };
}

} // namespace latchkey::server
