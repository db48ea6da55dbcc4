#include "pg/feed/feed_reader.hpp"

#include "pg/connection/random_uuid.hpp"
#include "pg/connection/result_text.hpp"
#include "pg/connection/wire.hpp"
#include "pg/statements.hpp"

#include <latchkey/core/text/json_text.hpp>
#include <latchkey/core/text/rfc3339.hpp>
#include <latchkey/pg/lookup/pool_plan.hpp>

#include <algorithm>
#include <chrono>
#include <stdexcept>
#include <utility>

namespace latchkey::pg {

namespace {

constexpr std::array feed_statements = {
    statements::poll_changes,      statements::poll_page,
    statements::announce_node,     statements::prune_changes,
    statements::load_revocations,  statements::load_signing_keys,
    statements::prune_revocations, statements::count_mirror_findings,
    statements::trigger_problem};
constexpr core::milliseconds busy_tick{20};
constexpr core::milliseconds longest_tick{250}; // each second another host is asked, so well below
constexpr core::seconds announce_interval{1};
constexpr core::seconds prune_interval{60};
constexpr std::int64_t pruned_most = 100'000; // the bound in latchkey.prune_changes
constexpr core::seconds count_interval{2};
constexpr core::milliseconds mend_interval{1000}; // while triggers are missing
// Bytes of feed rows in one answer. A row has at most 1000 elements; the smallest page is one row.
constexpr std::size_t page_bytes_max = 1 << 20;
constexpr std::size_t page_bytes_min = 1;

core::steady_time steady_now() {
    return std::chrono::steady_clock::now();
}

std::string seconds_text(core::milliseconds d) {
    return std::to_string(static_cast<double>(d.count()) / 1000);
}

// Returns nullopt if the life is unbounded.
std::optional<std::string> life_text(core::seconds life) {
    if (life == auth::unbounded_life) return std::nullopt;
    return std::to_string(life.count());
}

// A JSON object: lives by issuer.
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
                         core::logger& log, std::function<auth::token_lives()> lives,
                         identity_fence* fence)
    : loop_(loop),
      settings_(settings),
      node_(std::move(node)),
      known_(known),
      sink_(sink),
      log_(log),
      lives_(std::move(lives)),
      fence_(fence),
      timer_(loop),
      connection_settings_{settings, settings.feed_timeout, feed_statements, {}},
      schedule_(settings.feed_distance, settings.feed_interval),
      page_bytes_(page_bytes_max) {}

void feed_reader::start() {
    auto id = random_uuid();
    if (!id) throw std::runtime_error(id.error().message);
    instance_id_ = std::move(*id);
    own_channel_ = "latchkey_node_" + instance_id_;
    std::ranges::replace(own_channel_, '-', '_');
    listen_to_self_text_ = "listen " + own_channel_;
    listen_to_self_statement_.text = listen_to_self_text_.c_str();
    core::append_rfc3339(started_at_, node_.started_at);
    std::erase(started_at_, '"');
    problem_ = "the feed of changes has not been read yet";
    if (fence_) others_ = std::make_unique<host_watch>(loop_, settings_, *fence_);
    open();
    keep_time();
}

void feed_reader::stop() {
    stopping_ = true;
    timer_.cancel();
    others_.reset();
    echo_sender_.reset();
    conn_.reset();
    old_.reset();
}

// A poll under way would go on from where it began.
bool feed_reader::start_over() {
    if (round_ || poll_.under_way() || page_.under_way()) return false;
    position_.forget();
    want_poll();
    return true;
}

std::string feed_reader::problem() const {
    const std::lock_guard lock(problem_mutex_);
    return problem_;
}

std::string feed_reader::warning() const {
    const std::lock_guard lock(problem_mutex_);
    return warning_;
}

mirror_state feed_reader::mirror() const {
    const std::lock_guard lock(problem_mutex_);
    return mirror_;
}

database_server feed_reader::server() const {
    const std::lock_guard lock(problem_mutex_);
    return server_.latest();
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
    for (auto* q : queries_)
        q->reset();
    send(listen_);
    send(listen_to_self_);
    echo_.restart();
    is_checked_ = false; // must be done before the first poll
    next_check_ = {};
    watch_triggers(steady_now());
    schedule_.want();
}

void feed_reader::connection_advanced(connection& c) {
    for (auto* q : queries_)
        q->send_if_waiting(c, steady_now());
    poll_when_due();
}

void feed_reader::connection_closed(connection&, const std::string& why, bool was_ready) {
    ++attempt_; // reset when a poll succeeds
    if (was_ready && (poll_.was_broken_off() || page_.was_broken_off()))
        page_bytes_ = std::max(page_bytes_ / 4, page_bytes_min);
    position_.connection_ended();
    if (round_) round_->before.connection_ended();
    const double jitter = static_cast<double>(attempt_ * 37 % 100) / 100;
    retry_at_ =
        steady_now() + backoff(attempt_, settings_.backoff_min, settings_.backoff_max, jitter);
    set_problem(why);
    interrupt();
    keep_time(); // the timer may be set far ahead, to the next poll
}

void feed_reader::refused(const query_failure& why) {
    set_problem("the database refuses to tell of changes: " + std::string(why.message) +
                " (SQLSTATE " + std::string(why.sqlstate) + ")");
}

// Reconnecting looks the addresses up anew, so another server may answer.
void feed_reader::poll_refused(const query_failure& why) {
    refused(why);
    conn_->close(problem());
}

// If nobody can write, nobody can change anything: reading goes on.
void feed_reader::era_refused(const query_failure& why) {
    look_at_warnings();
    if (!begin_era_.found_read_only()) return refused(why);
    position_.keep_era_in_memory();
    want_poll();
}

void feed_reader::announcement_refused(const query_failure& why) {
    look_at_warnings();
    if (!round_ || round_->load.next() != feed_load::step::announce) return;
    if (announce_.found_read_only()) return announced_anyway();
    refused(why);
    interrupt();
}

void feed_reader::send(feed_query& q) {
    q.send(conn_.get(), steady_now());
}

void feed_reader::unreadable() {
    conn_->close("the feed's answer cannot be read");
}

void feed_reader::connection_notified(connection&, std::string_view channel) {
    if (channel != own_channel_) return want_poll();
    const bool was_silent = echo_.is_silent();
    echo_.heard();
    if (was_silent) look_at_warnings();
}

// --- polling -------------------------------------------------------------------------------
void feed_reader::want_poll() {
    schedule_.want();
    poll_when_due();
}

// Another of several hosts may have been promoted later than the first one that answers.
bool feed_reader::may_poll() const {
    return is_checked_ && !unwatched_ && (!others_ || others_->has_asked_all());
}

void feed_reader::poll_when_due() {
    if (!may_poll()) return;
    if (poll_.under_way() || page_.under_way() || round_ || !conn_ || !conn_->may_send()) return;
    if (steady_now() >= schedule_.due()) return poll();
    keep_time();
}

void feed_reader::poll() {
    const auto bytes = std::to_string(page_bytes_);
    schedule_.began(steady_now());
    if (position_.target()) {
        page_.values = {position_.snapshot(), instance_id_, bytes, position_.target(),
                        std::to_string(position_.after())};
        return send(page_);
    }
    began_ = core::moment::now();
    poll_.values = {position_.snapshot(), instance_id_, bytes};
    send(poll_);
}

void feed_reader::polled(const feed_query& asked, const pg_result& rows) {
    observe(asked);
    auto answer = decode_feed_poll(rows);
    if (!answer) return unreadable();
    if (fence_ && fence_->is_overtaken(answer->identity, steady_now())) return overtaken();
    attempt_ = 0;
    page_bytes_ = std::min(page_bytes_ * 2, page_bytes_max);
    auto before = position_;
    // If this node forgot its state by itself, it reads again while look-ups go on.
    const bool is_known =
        !before.snapshot() && fence_ && fence_->is_open() && fence_->current() == answer->identity;
    const auto outcome = position_.advance(*answer, memory_);
    // From here on no answer of another database is taken; only then is the cache given up.
    if (fence_) fence_->seen(answer->identity);
    tell_server(answer->identity);
    if (outcome != feed_position::outcome::follows) {
        tell_loss();
        lose();
        if (is_known) fence_->open();
        before.forget();
        next_pruning_ = {}; // of rows that a restored copy may have brought
    }
    round_.emplace(round{{outcome, std::move(answer->changes), answer->signing_keys_changed},
                         std::move(before),
                         outcome == feed_position::outcome::no_era,
                         !answer->identity.era.has_value(),
                         began_,
                         answer->database_now,
                         std::move(answer->committed_at)});
    go_on();
}

// The server does not know that it is no longer the primary. The next host is tried, and only its
// answers are trusted.
void feed_reader::overtaken() {
    if (known_.freshness().boot != core::boot_time{})
        log_.warning("the server is no primary any more: what it answers counts no more");
    lose();
    position_.forget();
    ++connection_settings_.first_address;
    conn_->close("another server of this database was promoted later, and this one goes on as if "
                 "it were the primary: it has to be stopped");
}

void feed_reader::tell_server(const database_identity& identity) {
    const std::lock_guard lock(problem_mutex_);
    if (!server_.answered(conn_->host(), conn_->port(), identity, core::moment::now().real)) return;
    const auto& now = server_.latest();
    log_.info("the feed of changes is read from this server",
              {{"host", now.host},
               {"port", now.port},
               {"system_identifier", now.system_identifier},
               {"timeline", now.timeline}});
}

// From here on nothing is answered until everything is read anew.
void feed_reader::lose() {
    if (fence_) fence_->shut();
    known_.lose();
}

void feed_reader::tell_loss() {
    if (known_.freshness().boot == core::boot_time{}) return;
    {
        const std::lock_guard lock(problem_mutex_);
        server_.lost(std::string(position_.why_lost()), core::moment::now().real);
    }
    log_.warning("changes may have been missed: the cache is emptied",
                 {{"reason", position_.why_lost()}});
    cells_.resets.add();
}

// --- what follows from a poll; no other poll begins meanwhile ------------------------------
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
    case feed_load::step::announce:
        return announce();
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
    cells_.applied(done.committed_at, done.database_now,
                   core::moment::now().boot - done.began.boot);
    // Pages count only when the last one has been applied.
    const bool whole = !position_.target();
    if (unwatched_) return;
    if (whole) {
        known_.publish(done.began);
        if (fence_) fence_->open();
    }
    if (!problem().empty()) {
        log_.info("the feed of changes is read");
        set_problem("");
    }
    if (!done.era_missing)
        begin_era_.settle();
    else if (steady_now() >= next_announcement_)
        send(begin_era_);
    do_side_work(whole && !done.committed_at.empty());
    if (!whole) return poll();
    poll_when_due();
}

// A node that has applied changes announces it at once: somebody may wait for that.
void feed_reader::do_side_work(bool any_changes) {
    const auto at = steady_now();
    if (any_changes || at >= next_announcement_) announce();
    if (at >= next_pruning_) prune();
    if (at >= next_count_) count_findings();
    look_at_warnings();
}

void feed_reader::announce() {
    if (announce_.under_way()) return;
    next_announcement_ = steady_now() + announce_interval - busy_tick;
    announce_.values = {
        instance_id_,
        node_.name,
        node_.version,
        started_at_,
        seconds_text(std::chrono::duration_cast<core::milliseconds>(known_.max_staleness())),
        *position_.snapshot(),
        std::to_string(memory_.next())};
    send(announce_);
}

void feed_reader::announced() {
    memory_.acknowledged();
    announced_anyway();
}

void feed_reader::announced_anyway() {
    if (!round_ || round_->load.next() != feed_load::step::announce) return;
    round_->load.announced();
    go_on();
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

// A full batch was deleted, so there may be more.
void feed_reader::pruned(const pg_result& rows) {
    if (decode_int8(text_at(rows, 0, 0)).value_or(0) < pruned_most) return;
    next_pruning_ = steady_now() + announce_interval;
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
    return !may_poll() || !conn_ || !conn_->may_send() || poll_.under_way() || page_.under_way() ||
           round_;
}

// Also called when the time to wait for has changed: the wait before is cancelled. Polls that
// notifications cause move that time again and again, but never past next_tick_: otherwise no other
// host would be asked, and no trigger checked, while changes keep coming.
void feed_reader::keep_time() {
    const auto at = steady_now();
    const auto wanted = busy() ? at + busy_tick : std::max(at, schedule_.due());
    timer_.expires_at(std::min(wanted, next_tick_));
    timer_.async_wait([self = shared_from_this()](boost::system::error_code cancelled) {
        if (cancelled || self->stopping_) return;
        self->tick(steady_now());
        self->keep_time();
    });
}

void feed_reader::tick(core::steady_time at) {
    next_tick_ = at + longest_tick;
    old_.reset();
    if (conn_) conn_->tick(at);
    if (at >= retry_at_) open();
    if (others_) others_->tick(at);
    watch_echo(at);
    watch_triggers(at);
    if (at >= schedule_.due() && !busy()) poll_when_due();
}

void feed_reader::watch_triggers(core::steady_time at) {
    if (at < next_check_ || !conn_ || !conn_->may_send()) return;
    next_check_ = at + settings_.trigger_check;
    send(check_triggers_);
}

// No poll tells what no trigger has written. Once the triggers are back, everything is read anew.
void feed_reader::triggers_checked(const pg_result& rows) {
    if (PQgetisnull(&rows, 0, 0) == 0)
        return changes_are_unseen("changes would not be seen: " + std::string(text_at(rows, 0, 0)) +
                                  "; latchkey migrate sets that right");
    const bool was_checked = std::exchange(is_checked_, true);
    if (std::exchange(unwatched_, false)) {
        if (!start_over()) changes_are_unseen(problem());
    } else if (!was_checked) {
        want_poll();
    }
}

void feed_reader::check_refused(const query_failure& why) {
    changes_are_unseen("it cannot be made sure that changes are seen: " + std::string(why.message) +
                       " (SQLSTATE " + std::string(why.sqlstate) + ")");
}

void feed_reader::changes_are_unseen(const std::string& why) {
    is_checked_ = unwatched_ = true;
    lose();
    next_check_ = steady_now() + std::min(mend_interval, settings_.trigger_check);
    set_problem(why);
}

// An echo must return within seconds; otherwise LISTEN is repeated and a warning shown.
void feed_reader::watch_echo(core::steady_time at) {
    if (echo_sender_) {
        echo_sender_->tick(at);
        if (echo_sender_->ended() == echo_sender::outcome::failed) echo_.not_sent();
        if (echo_sender_->ended() != echo_sender::outcome::none_yet) echo_sender_.reset();
    }
    if (!conn_ || !conn_->may_send()) return;
    if (echo_.is_missed(at)) {
        send(listen_);
        send(listen_to_self_);
        look_at_warnings();
    }
    if (!conn_->may_send() || !echo_.is_due(at)) return;
    // Behind a pooler in transaction mode, an echo that comes during a poll may arrive by chance.
    const bool pauses = settings_.feed_interval > 2 * busy_tick;
    if (conn_->pooled() && pauses && (busy() || at >= schedule_.due())) {
        next_tick_ = at + busy_tick;
        return;
    }
    send_echo(at);
}

void feed_reader::send_echo(core::steady_time at) {
    echo_.sent(at);
    if (conn_->pooled()) {
        echo_sender_ = std::make_unique<echo_sender>(loop_, settings_, own_channel_, at);
        return;
    }
    notify_self_.values = {own_channel_};
    send(notify_self_);
}

void feed_reader::observe(const feed_query& q) {
    cells_.connection.observe(q.what->name,
                              std::chrono::duration<double>(steady_now() - q.sent_at).count());
}

std::string feed_reader::find_warning() const {
    for (const auto* q : beside_)
        if (q->found_read_only())
            return "the database takes no changes, and what is known of it goes on being used: " +
                   q->complaint();
    for (const auto* q : beside_)
        if (!q->complaint().empty())
            return "the database refuses " + std::string(q->what->name) + ": " + q->complaint();
    if (!echo_.is_silent()) return {};
    return conn_ && conn_->pooled()
               ? "no notification arrives through the pooler: changes are obeyed at each poll, "
                 "within a second; a direct connection, or a pool in session mode, brings them"
               : "no notification arrives: changes are obeyed at each poll, within a second";
}

void feed_reader::look_at_warnings() {
    auto found = find_warning();
    const std::lock_guard lock(problem_mutex_);
    if (found == warning_) return;
    if (!found.empty()) log_.warning("the feed of changes is hampered", {{"reason", found}});
    if (found.empty()) log_.info("the feed of changes is hampered no more");
    warning_ = std::move(found);
}

void feed_reader::set_problem(const std::string& why) {
    const std::lock_guard lock(problem_mutex_);
    if (!why.empty() && problem_ != why)
        log_.warning("the feed of changes cannot be read", {{"reason", why}});
    problem_ = why;
}

} // namespace latchkey::pg
