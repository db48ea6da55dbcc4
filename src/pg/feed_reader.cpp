#include "feed_reader.hpp"

#include <latchkey/core/json_text.hpp>
#include <latchkey/pg/pool_plan.hpp>
#include <latchkey/pg/random_uuid.hpp>

#include <algorithm>
#include <chrono>
#include <stdexcept>

namespace latchkey::pg {

namespace {

constexpr std::array feed_statements = {
    statements::poll_changes,         statements::announce_node,     statements::prune_changes,
    statements::load_revocations,     statements::load_signing_keys, statements::prune_revocations,
    statements::count_mirror_findings};
constexpr core::milliseconds busy_tick{20};
constexpr core::seconds announce_interval{1};
constexpr core::seconds prune_interval{60};
constexpr core::seconds count_interval{2};

core::steady_time steady_now() {
    return std::chrono::steady_clock::now();
}

std::string seconds_text(core::milliseconds d) {
    return std::to_string(static_cast<double>(d.count()) / 1000);
}

// Nothing: for ever.
std::optional<std::string> life_text(core::seconds life) {
    if (life == auth::unbounded_life) return std::nullopt;
    return std::to_string(life.count());
}

// By name, as a JSON object.
std::string issuers_lives(const auth::token_lives& lives) {
    std::string out = "{";
    for (const auto& [issuer, life] : lives.issuers) {
        if (out.size() > 1) out += ',';
        core::append_json_string(out, issuer);
        out += ':' + life_text(life).value_or("null");
    }
    return out + '}';
}

} // namespace

feed_reader::feed_reader(boost::asio::io_context& loop, const configuration& settings,
                         node_identity node, auth::consistency& known, auth::change_sink& sink,
                         core::logger& log, std::function<auth::token_lives()> lives)
    : loop_(loop),
      settings_(settings),
      node_(std::move(node)),
      known_(known),
      sink_(sink),
      log_(log),
      lives_(std::move(lives)),
      timer_(loop),
      connection_settings_{settings, settings.feed_timeout, feed_statements, {}},
      schedule_(settings.feed_distance, settings.feed_interval) {}

void feed_reader::start() {
    auto id = random_uuid();
    if (!id) throw std::runtime_error(id.error().message);
    instance_id_ = std::move(*id);
    core::append_rfc3339(started_at_, node_.started_at);
    std::erase(started_at_, '"');
    problem_ = "the feed of changes has not been read yet";
    open();
    keep_time();
}

void feed_reader::stop() {
    stopping_ = true;
    timer_.cancel();
    conn_.reset();
    old_.reset();
}

// A poll under way goes on from where it began.
bool feed_reader::start_over() {
    if (round_ || poll_.under_way()) return false;
    position_.forget();
    want_poll();
    return true;
}

std::string feed_reader::problem() const {
    const std::lock_guard lock(problem_mutex_);
    return problem_;
}

mirror_state feed_reader::mirror() const {
    const std::lock_guard lock(problem_mutex_);
    return mirror_;
}

void feed_reader::collect(core::metric_sink& sink) const {
    cells_.collect(sink, age(known_.freshness(), core::moment::now()));
    collect_mirror(sink, mirror());
}

// --- the connection ------------------------------------------------------------------------
void feed_reader::open() {
    old_ = std::move(conn_);
    conn_ =
        std::make_unique<connection>(loop_, connection_settings_, log_, cells_.connection, *this);
    retry_at_ = core::steady_time::max();
    conn_->open(steady_now());
}

void feed_reader::connection_ready(connection&) {
    attempt_ = 0;
    for (auto* q : queries_)
        q->reset();
    send(listen_);
    want_poll();
}

void feed_reader::connection_advanced(connection& c) {
    for (auto* q : queries_)
        q->send_if_waiting(c, steady_now());
}

void feed_reader::connection_closed(connection&, const std::string& why, bool was_ready) {
    attempt_ = was_ready ? 1 : attempt_ + 1;
    const double jitter = static_cast<double>(attempt_ * 37 % 100) / 100;
    retry_at_ =
        steady_now() + backoff(attempt_, settings_.backoff_min, settings_.backoff_max, jitter);
    set_problem(why);
    interrupt();
}

void feed_reader::refused(const query_failure& why) {
    set_problem("the database refuses to tell of changes: " + std::string(why.message) +
                " (SQLSTATE " + std::string(why.sqlstate) + ")");
}

void feed_reader::send(feed_query& q) {
    q.send(conn_.get(), steady_now());
}

void feed_reader::unreadable() {
    conn_->close("the feed's answer cannot be read");
}

// --- polling -------------------------------------------------------------------------------
void feed_reader::want_poll() {
    schedule_.want();
    poll_when_due();
}

void feed_reader::poll_when_due() {
    if (poll_.under_way() || round_ || !conn_ || !conn_->may_send()) return;
    if (steady_now() >= schedule_.due()) return poll();
    keep_time();
}

void feed_reader::poll() {
    began_ = core::moment::now();
    schedule_.began(steady_now());
    poll_.values = {position_.snapshot()};
    send(poll_);
}

void feed_reader::polled(const pg_result& rows) {
    observe(poll_);
    auto answer = decode_feed_poll(rows);
    if (!answer) return unreadable();
    auto before = position_;
    const auto outcome = position_.advance(*answer);
    if (outcome != feed_position::outcome::follows) {
        if (known_.freshness().boot != core::boot_time{}) {
            log_.warning("changes may have been missed: the cache is emptied");
            cells_.resets.add();
        }
        known_.lose();
        before.forget();
    }
    round_.emplace(round{{outcome, std::move(answer->changes), answer->signing_keys_changed},
                         std::move(before),
                         outcome == feed_position::outcome::no_era,
                         began_,
                         answer->database_now,
                         std::move(answer->committed_at)});
    go_on();
}

// --- what follows from a poll; no other one meanwhile --------------------------------------
void feed_reader::go_on() {
    if (applying_) return;
    switch (round_->load.next()) {
    case feed_load::step::apply:
        applying_ = true;
        return sink_.apply(round_->load.take(), [self = shared_from_this()] {
            if (!self->stopping_) self->applied();
        });
    case feed_load::step::load_revocations:
        load_revocations_.values = {std::to_string(round_->load.after()),
                                    std::to_string(feed_load::page_max)};
        return send(load_revocations_);
    case feed_load::step::load_signing_keys:
        return send(load_signing_keys_);
    case feed_load::step::done:
        return finish();
    case feed_load::step::give_up:
        return give_up();
    }
}

void feed_reader::applied() {
    applying_ = false;
    round_->load.applied();
    go_on();
}

void feed_reader::revocations_loaded(const pg_result& rows) {
    observe(load_revocations_);
    auto page = decode_revocation_rows(rows);
    if (!page) return unreadable();
    round_->load.loaded(std::move(*page));
    go_on();
}

void feed_reader::signing_keys_loaded(const pg_result& rows) {
    auto keys = decode_signing_key_rows(rows);
    if (!keys) return unreadable();
    round_->load.loaded(std::move(*keys));
    go_on();
}

void feed_reader::interrupt() {
    if (!round_) return;
    round_->load.interrupted();
    go_on();
}

void feed_reader::give_up() {
    position_ = std::move(round_->before);
    round_.reset();
    schedule_.ended(steady_now());
    poll_when_due();
}

void feed_reader::finish() {
    const auto done = std::move(*round_);
    round_.reset();
    schedule_.ended(steady_now());
    cells_.polls.add();
    if (done.no_era) return send(begin_era_);
    known_.publish(done.began);
    cells_.applied(done.committed_at, done.database_now,
                   core::moment::now().boot - done.began.boot);
    const bool complete = !announce_.was_refused() && !prune_.was_refused() &&
                          !prune_revocations_.was_refused() && !count_findings_.was_refused();
    if (complete && !problem().empty()) {
        log_.info("the feed of changes is read");
        set_problem("");
    }
    if (!done.committed_at.empty() || steady_now() >= next_announcement_) announce();
    if (steady_now() >= next_pruning_) prune();
    if (steady_now() >= next_count_) count_findings();
    poll_when_due();
}

void feed_reader::announce() {
    next_announcement_ = steady_now() + announce_interval - busy_tick;
    announce_.values = {
        instance_id_,
        node_.name,
        node_.version,
        started_at_,
        seconds_text(std::chrono::duration_cast<core::milliseconds>(known_.max_staleness())),
        *position_.snapshot()};
    send(announce_);
}

void feed_reader::prune() {
    next_pruning_ = steady_now() + prune_interval;
    prune_.values = {seconds_text(settings_.feed_retention), seconds_text(silent_node_margin)};
    send(prune_);
    const auto lives = lives_();
    if (!lives.known()) return;
    prune_revocations_.values = {issuers_lives(lives), life_text(lives.others),
                                 life_text(lives.organizations), life_text(lives.own)};
    send(prune_revocations_);
}

void feed_reader::count_findings() {
    next_count_ = steady_now() + count_interval;
    send(count_findings_);
}

void feed_reader::findings_counted(const pg_result& rows) {
    auto counted = decode_mirror_state(rows);
    if (!counted) return unreadable();
    const std::lock_guard lock(problem_mutex_);
    mirror_ = std::move(*counted);
}

// --- time ----------------------------------------------------------------------------------
bool feed_reader::busy() const {
    return !conn_ || !conn_->may_send() || poll_.under_way() || round_;
}

// Also called when what it waits for has moved: the wait before is given up.
void feed_reader::keep_time() {
    const auto at = steady_now();
    timer_.expires_at(busy() ? at + busy_tick : std::max(at, schedule_.due()));
    timer_.async_wait([self = shared_from_this()](boost::system::error_code cancelled) {
        if (cancelled || self->stopping_) return;
        self->tick(steady_now());
        self->keep_time();
    });
}

void feed_reader::tick(core::steady_time at) {
    old_.reset();
    if (conn_) conn_->tick(at);
    if (at >= retry_at_) open();
    if (at >= schedule_.due() && !busy()) poll_when_due();
}

void feed_reader::observe(const feed_query& q) {
    cells_.connection.observe(q.what->name,
                              std::chrono::duration<double>(steady_now() - q.sent_at).count());
}

void feed_reader::set_problem(const std::string& why) {
    const std::lock_guard lock(problem_mutex_);
    if (!why.empty() && problem_ != why)
        log_.warning("the feed of changes cannot be read", {{"reason", why}});
    problem_ = why;
}

} // namespace latchkey::pg
