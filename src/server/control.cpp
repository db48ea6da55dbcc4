#include "control.hpp"

#include <latchkey/crypto/random.hpp>
#include <latchkey/http/response.hpp>
#include <latchkey/http/session.hpp>
#include <latchkey/server/balancer.hpp>
#include <latchkey/server/commands.hpp>

#include <boost/asio/post.hpp>

#include <sys/socket.h>
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <thread>

namespace latchkey::server {

namespace {

constexpr core::seconds sample_interval{1};
constexpr core::seconds prune_interval{60};
// What an idle connection is left, when the server drains, for a request that is on its way.
constexpr core::milliseconds idle_grace{500};

// To a client past server.connections_max; the connection closes behind it.
std::string too_many_connections() {
    std::string body;
    http::append_problem(body, 503, "too many connections are open (server.connections_max)", "-");
    std::string out;
    http::append_response(out, {.status = 503,
                                .content_type = http::problem_type,
                                .body = body,
                                .request_id = "-",
                                .extra_fields = "Retry-After: 1\r\n",
                                .close = true});
    return out;
}

std::string node_name(const process_configuration& server, const std::string& address) {
    if (!server.node.empty()) return server.node;
    char host[256] = "localhost";
    ::gethostname(host, sizeof host - 1);
    return std::string(host) + address.substr(address.rfind(':'));
}

std::size_t cores() {
    return std::max(1u, std::thread::hardware_concurrency());
}

std::size_t workers_of(const process_configuration& server) {
    return server.workers > 0 ? server.workers : cores();
}

// How long after a revocation a token from before it may be good at most: also one that a node
// issued which had not heard of it.
core::seconds longest_life(const configuration& settings, const loaded_issuers& issuers) {
    constexpr core::seconds leeway_max{60};
    // No less than what other nodes' issuers usually have: they share what is stored.
    auto longest =
        std::max(settings.tokens.expires_in_max, auth::issuer_rules().max_token_lifetime);
    for (const auto& one : issuers.all)
        longest = std::max(longest, one.rules.max_token_lifetime);
    return longest + leeway_max + std::chrono::ceil<core::seconds>(settings.cache.max_staleness);
}

std::vector<http::check> token_checks(const auth::beliefs& beliefs, const issuer_keys& keys) {
    const auto problem = keys.problem();
    const bool whole = beliefs.revocations.whole();
    return {{"issuers", problem.empty(), problem},
            {"revocations", whole,
             whole
                 ? ""
                 : "there are more revocations of tokens than cache.revocations_max: raise it and "
                   "restart"}};
}

core::steady_time now() {
    return std::chrono::steady_clock::now();
}

} // namespace

control::control(const configuration& settings, log_writer& log, auth::key_encryption_key kek,
                 issuer_reader read_issuers)
    : settings_(settings),
      log_(log),
      read_issuers_(std::move(read_issuers)),
      exporter_(node_name(settings.server, settings.server.listen), log,
                std::chrono::system_clock::now()),
      loop_(1),
      beliefs_(std::make_unique<auth::beliefs>(settings.cache, workers_of(settings.server),
                                               crypto::random_number())),
      box_([this] { boost::asio::post(loop_, [this] { box_.receive(); }); }),
      lifecycle_(loop_, settings.database, log),
      use_writer_(loop_, settings.database, log),
      signals_(loop_, SIGTERM, SIGINT),
      hangups_(loop_, SIGHUP),
      timer_(loop_) {
    make_workers();
    make_tokens(std::move(kek));
    admin_ = std::make_unique<http::admin_api>(
        lifecycle_, lifecycle_, lifecycle_, lifecycle_, *keeper_, *applier_,
        [this](auto work, auto then) { do_elsewhere(std::move(work), std::move(then)); },
        settings.auth.legacy_device_secret, exporter_);
    admin_service_ = std::make_unique<http::service>(settings.http, *admin_, "admin", log,
                                                     crypto::random_number(), now());
    admin_service_->log_requests = settings.log.level == core::log_level::debug;
    admin_service_->on_closed = [this] { --admin_connections_; };
    admin_pump_ = std::make_unique<http::readiness_pump>(loop_, admin_service_->ready);
}

control::~control() = default;

void control::make_workers() {
    const auto count = beliefs_->where.homes();
    passwords_ = std::make_unique<auth::scrypt_pool>(settings_.scrypt, cores());
    std::vector<auth::change_target*> targets;
    for (std::size_t i = 0; i < count; ++i) {
        workers_.push_back(
            std::make_unique<worker>(settings_, i, count, log_, exporter_, *beliefs_, *passwords_));
        beliefs_->homes.push_back(&workers_.back()->home());
        targets.push_back(&workers_.back()->home());
    }
    use_flush_ = std::make_unique<auth::use_flush>(settings_.use, use_writer_, box_, log_);
    for (auto& w : workers_)
        use_flush_->watch(w->uses(), w->home().box());
    loads_.resize(count);
    last_worker_ = count - 1;
    applier_ = std::make_unique<auth::change_applier>(beliefs_->known, beliefs_->revocations,
                                                      beliefs_->where, std::move(targets), box_);
    feed_ = std::make_unique<pg::change_feed>(
        loop_, settings_.database,
        pg::node_identity{exporter_.node(), std::string(version()), exporter_.process.started()},
        beliefs_->known, *applier_, log_, [this] { return beliefs_->revocations.token_life(); });
    exporter_.watch(workers_, beliefs_->known, *feed_);
    exporter_.watch([this](core::metric_sink& sink) { collect(sink); });
}

void control::make_tokens(auth::key_encryption_key kek) {
    if (!kek) log_.warning("no tokens can be issued here", {{"reason", kek.why_not}});
    const auto jitter = static_cast<double>(crypto::random_number() >> 11) * 0x1p-53;
    issuers_ = std::make_unique<auth::issuer_directory>(beliefs_->issuers);
    issuer_keys_ = std::make_unique<issuer_keys>(loop_, box_, *issuers_, jitter, log_);
    beliefs_->keys = issuer_keys_.get();
    keeper_ = std::make_unique<auth::signing_key_keeper>(auth::signing_key_keeper::surroundings{
        settings_.tokens, std::chrono::ceil<core::seconds>(settings_.cache.max_staleness),
        std::move(kek), lifecycle_, *issuers_,
        [this](auto algorithm, auto made) { make_key_pair(algorithm, std::move(made)); }, log_});
    applier_->tell(keeper_.get());
    exporter_.watch_checks([this] { return token_checks(*beliefs_, *issuer_keys_); });
}

void control::do_elsewhere(std::function<void()> work, std::function<void()> then) {
    boost::asio::post(slow_work_, [this, work = std::move(work), then = std::move(then)] {
        work();
        boost::asio::post(loop_, then);
    });
}

// An RSA key takes longer than the feed of changes may wait.
void control::make_key_pair(crypto::jws_algorithm algorithm,
                            auth::signing_key_keeper::pair_made made) {
    const auto pair = std::make_shared<std::optional<core::result<crypto::key_pair>>>();
    do_elsewhere([pair, algorithm] { pair->emplace(crypto::generate_key_pair(algorithm)); },
                 [pair, made = std::move(made)] { made(std::move(**pair)); });
}

void control::trust(const loaded_issuers& issuers) {
    for (const auto& warning : issuers.warnings)
        log_.warning("a key of an issuer is not used", {{"why", warning}});
    beliefs_->revocations.set_token_life(longest_life(settings_, issuers));
    issuer_keys_->configure(issuers, core::moment::now());
}

core::result<void> control::start() {
    auto opened =
        listen_tcp(loop_, settings_.server.listen, log_, [this](int fd) { adopt_public(fd); });
    if (!opened) return opened.error();
    public_listener_ = std::move(*opened);
    auto admin =
        listen_unix(loop_, settings_.admin.socket, log_, [this](int fd) { adopt_admin(fd); });
    if (!admin) return admin.error();
    admin_listener_ = std::move(*admin);

    for (auto& w : workers_)
        w->start();
    feed_->start();
    log_.info("listening", {{"address", public_listener_->address()},
                            {"admin", admin_listener_->address()},
                            {"workers", workers_.size()},
                            {"version", version()}});
    return {};
}

void control::run() {
    await_signal();
    await_hangup();
    tick();
    loop_.run();
    // Backwards: no connection may outlive what it works with.
    feed_->stop();
    slow_work_.join();
    for (auto& w : workers_)
        w->stop();
    passwords_->stop();
    for (auto& w : workers_)
        w->settle();
    box_.receive();
    use_writer_.stop();
    lifecycle_.stop();
    log_.info("stopped");
}

void control::adopt_public(int fd) {
    std::size_t all = 0;
    for (std::size_t i = 0; i < workers_.size(); ++i)
        all += loads_[i] = workers_[i]->connections();
    if (all >= settings_.server.connections_max) {
        // One try; a client that does not take it gets the close alone.
        const auto sorry = too_many_connections();
        (void)!::send(fd, sorry.data(), sorry.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
        ::shutdown(fd, SHUT_WR);
        ::close(fd);
        return;
    }
    last_worker_ = next_worker(loads_, last_worker_);
    workers_[last_worker_]->adopt(fd);
}

void control::adopt_admin(int fd) {
    ++admin_connections_;
    http::start_session(fd, *admin_service_);
}

void control::await_signal() {
    signals_.async_wait([this](boost::system::error_code cancelled, int signal) {
        if (cancelled) return;
        if (draining_) {
            log_.warning("stopping at once: a second signal came");
            return loop_.stop();
        }
        log_.info("stopping", {{"signal", signal == SIGTERM ? "SIGTERM" : "SIGINT"}});
        drain();
        await_signal();
    });
}

void control::reload() {
    const auto issuers = read_issuers_();
    if (!issuers)
        return log_.error("the issuers stay as they were", {{"reason", issuers.error().message}});
    trust(*issuers);
    log_.info("the issuers were read again");
}

void control::await_hangup() {
    hangups_.async_wait([this](boost::system::error_code cancelled, int) {
        if (cancelled) return;
        reload();
        await_hangup();
    });
}

void control::tick() {
    const auto at = now();
    admin_service_->advance(at, std::chrono::system_clock::now());
    use_flush_->tick(at);
    const auto clocks = core::moment::now();
    issuer_keys_->tick(clocks);
    if (at - sampled_at_ >= sample_interval) {
        sampled_at_ = at;
        exporter_.process.sample();
        keeper_->tick(clocks.real, at);
        beliefs_->issuers.reclaim();
    }
    if (at - pruned_at_ >= prune_interval) {
        pruned_at_ = at;
        auto& revocations = beliefs_->revocations;
        revocations.prune(clocks.real);
        if (!revocations.whole() && revocations.has_room()) feed_->start_over();
    }
    if (draining_ && may_end(at)) {
        if (!drained()) log_.warning("server.drain_timeout is over: connections are cut");
        return loop_.stop();
    }
    timer_.expires_after(http::deadline_wheel::tick);
    timer_.async_wait([this](boost::system::error_code cancelled) {
        if (!cancelled) tick();
    });
}

void control::drain() {
    draining_ = true;
    drain_ends_ = now() + settings_.server.drain_timeout;
    exporter_.draining.store(true, std::memory_order_relaxed);
    public_listener_->close();
    admin_listener_->close();
    for (auto& w : workers_)
        w->drain(idle_grace);
    admin_service_->drain(idle_grace);
}

// What was answered last is written down, too, while there is time for it.
bool control::may_end(core::steady_time now) {
    if (now >= drain_ends_) return true;
    return drained() && use_flush_->finish();
}

bool control::drained() const {
    std::size_t open = admin_connections_;
    for (const auto& w : workers_)
        open += w->connections();
    return open == 0;
}

void control::collect(core::metric_sink& sink) const {
    admin_service_->metrics.collect(sink, http::admin_api::endpoint_names());
    lifecycle_.collect(sink);
    use_writer_.collect(sink);
    use_flush_->collect(sink);
    beliefs_->collect(sink);
    feed_->collect(sink);
    issuer_keys_->collect(sink);
    passwords_->collect(sink);
}

} // namespace latchkey::server
