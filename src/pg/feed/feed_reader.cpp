#include "pg/feed/feed_reader.hpp"

#include "pg/connection/random_uuid.hpp"
#include "pg/connection/result_text.hpp"
#include "pg/connection/wire.hpp"
#include "pg/legacy/mirror_statements.hpp"
#include "pg/statements.hpp"
#include "pg/writes/audit_statements.hpp"
#include "pg/writes/credit_statements.hpp"

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
    statements::trigger_problem,   statements::keep_audit_events,
    statements::watch_audit,       statements::note_era,
    statements::load_receipts,     statements::prune_idempotency_keys,
    statements::prune_usage,       statements::settle_credit_leases,
    statements::leave_nodes,       statements::reassert,
    statements::leave_era,         statements::unsettled_nodes};
constexpr core::milliseconds busy_tick{20};
constexpr core::milliseconds longest_tick{250}; // each second another host is asked, so well below
constexpr core::seconds announce_interval{1};
constexpr int waits_for_who_is_there = 10; // times database.settle_wait
constexpr core::milliseconds woken_distance{100};
// Bytes of feed rows in one answer. A row has at most 1000 elements; the smallest page is one row.
constexpr std::size_t page_bytes_max = 1 << 20;
constexpr std::size_t page_bytes_min = 1;

// The era in which the database goes on if it has the files, or a copy of them, that it had before.
std::optional<std::string> era_in_common(const std::optional<database_identity>& before,
                                         const database_identity& now) {
    const bool same = before && before->place == now.place && before->era == now.era;
    return same ? now.era : std::nullopt;
}

std::string seconds_text(core::milliseconds d) {
    return std::to_string(static_cast<double>(d.count()) / 1000);
}

} // namespace

feed_reader::feed_reader(boost::asio::io_context& loop, const configuration& settings,
                         node_identity node, auth::consistency& known, auth::change_sink& sink,
                         core::logger& log, std::function<auth::token_lives()> lives,
                         identity_fence* fence, auth::applied_changes* applied,
                         auth::remembered_revocations* remembered)
    : loop_(loop),
      settings_(settings),
      node_(std::move(node)),
      known_(known),
      sink_(sink),
      log_(log),
      fence_(fence),
      applied_(applied),
      status_(log),
      timer_(loop),
      connection_settings_{settings, settings.feed_timeout, feed_statements, {}},
      successor_(loop, connection_settings_, log, cells_.connection, *this),
      echo_(loop, settings, tell_),
      upkeep_(
          settings, std::move(lives), [this](const auto& rows) { findings_counted(rows); },
          [this](const auto& rows) { audit_looked_at(rows); }, tell_),
      triggers_(settings.trigger_check),
      memory_of_revocations_(remembered, node_.name, log, tell_,
                             [this] {
                                 look_at_warnings();
                                 if (position_.snapshot()) announce();
                             }),
      schedule_(settings.feed_distance, settings.feed_interval),
      proven_(known.longest_look_up()),
      page_bytes_(page_bytes_max) {
    // Others count on these rows once this node goes on.
    begin_era_.until_commit = announce_.until_commit = true;
}

void feed_reader::start() {
    auto id = random_uuid();
    if (!id) throw std::runtime_error(id.error().message);
    instance_id_ = std::move(*id);
    echo_.name_channel(instance_id_);
    started_at_ = core::rfc3339_of(node_.started_at);
    open();
    keep_time();
}

void feed_reader::stop() {
    stopping_ = true;
    timer_.cancel();
    others_.reset();
    next_others_.reset();
    successor_.drop();
    echo_.stop();
    conn_.reset();
    old_.reset();
}

// An announcement that is under way came before on this connection, and there is none after it.
void feed_reader::leave(std::function<void()> left) {
    leaving_ = true;
    left_ = std::move(left);
    if (!status_.problem().empty()) return left_();
    leave_.values = {instance_id_};
    send(leave_);
}

// A poll under way would go on from where it began.
bool feed_reader::start_over() {
    if (round_ || poll_.under_way() || page_.under_way()) return false;
    position_.forget();
    want_poll();
    return true;
}

void feed_reader::collect(core::metric_sink& sink) const {
    cells_.collect(sink, age(known_.freshness(), core::moment::now()));
    collect_mirror(sink, status_.mirror());
    collect_audit(sink, status_.audit());
}

// --- the connection ------------------------------------------------------------------------
std::unique_ptr<host_watch> feed_reader::watch_hosts() const {
    return fence_ ? std::make_unique<host_watch>(loop_, settings_, *fence_) : nullptr;
}

void feed_reader::open() {
    if (may_turn_over()) return succeed();
    if (is_outdated()) others_ = watch_hosts();
    successor_.drop();
    next_others_.reset();
    status_.set_uri_problem("");
    old_ = std::move(conn_);
    conn_ =
        std::make_unique<connection>(loop_, connection_settings_, log_, cells_.connection, *this);
    retry_at_ = core::steady_time::max();
    opened_with_ = settings_.uri;
    conn_->open(core::steady_now());
}

// A reload has changed database.uri. Polls go on until the successor is ready; then none begins
// (may_poll), so that the connection of before is soon without a query.
void feed_reader::turn_over(core::steady_time at) {
    if (!is_outdated()) {
        successor_.drop();
        next_others_.reset();
        return status_.set_uri_problem("");
    }
    if (!(successor_.address() == settings_.uri)) next_others_ = watch_hosts();
    successor_.tick(at);
    if (next_others_) next_others_->tick(at);
    status_.set_uri_problem(successor_.problem());
    const auto is_under_way = [](const auto* q) { return q->under_way(); };
    if (!may_turn_over() || round_ || std::ranges::any_of(queries_, is_under_way)) return;
    succeed();
    old_.reset();
}

bool feed_reader::may_turn_over() const {
    return successor_.ready() && (!next_others_ || next_others_->has_asked_all());
}

// The successor takes the place of the connection of before. Changes go on from the same position.
void feed_reader::succeed() {
    others_ = std::move(next_others_);
    opened_with_ = successor_.address();
    position_.connection_ended();
    proven_.connection_lost();
    old_ = std::move(conn_);
    conn_ = successor_.take();
    retry_at_ = core::steady_time::max();
    status_.set_uri_problem("");
    connection_ready(*conn_);
}

// Only a restart may lead to another database, and nothing to a server that a promoted one has
// left behind: it does not know what was revoked since.
std::string feed_reader::objection_to(const connection& c) const {
    const auto current = fence_ ? fence_->current() : std::nullopt;
    if (!current) return {};
    if (current->lineage() != c.identity().lineage())
        return "it leads to another database: restart to change it";
    if (c.identity().timeline() < current->timeline())
        return "it leads to a server that is not the primary any more: another was promoted";
    return {};
}

void feed_reader::successor_ready(connection& c) {
    if (const auto why = objection_to(c); !why.empty()) return c.close(why);
    keep_time(); // the timer may be set far ahead, to the next poll
}

void feed_reader::connection_ready(connection& ready) {
    if (successor_.is(ready)) return successor_ready(ready);
    // The connection of before was lost, or never was.
    if (!(opened_with_ == read_from_))
        if (const auto why = objection_to(ready); !why.empty()) return ready.close(why);
    read_here_ = false;
    for (auto* q : queries_)
        q->reset();
    echo_.restart(*conn_, core::steady_now());
    triggers_.restart();
    watch_triggers(core::steady_now());
    schedule_.want();
}

void feed_reader::connection_advanced(connection& c) {
    if (&c != conn_.get()) return;
    for (auto* q : queries_)
        q->send_if_waiting(c, core::steady_now());
    poll_when_due();
}

void feed_reader::connection_closed(connection& c, const std::string& why, bool was_ready) {
    if (successor_.is(c)) return successor_.closed(why, core::steady_now());
    ++attempt_; // reset when a poll succeeds
    read_here_ = false;
    // It may not be able to tell that much.
    if (asks_from_) states_.forget();
    if (was_ready && (poll_.was_broken_off() || page_.was_broken_off()))
        page_bytes_ = std::max(page_bytes_ / 4, page_bytes_min);
    position_.connection_ended();
    proven_.connection_lost();
    if (round_) round_->before.connection_ended();
    const double jitter = static_cast<double>(attempt_ * 37 % 100) / 100;
    retry_at_ = core::steady_now() +
                backoff(attempt_, settings_.backoff_min, settings_.backoff_max, jitter);
    status_.set_problem(why);
    interrupt();
    keep_time(); // the timer may be set far ahead, to the next poll
}

void feed_reader::refused(const query_failure& why) {
    status_.set_problem("the database refuses to tell of changes: " + std::string(why.message) +
                        " (SQLSTATE " + std::string(why.sqlstate) + ")" + std::string(why.hint));
}

// Reconnecting looks the addresses up anew, so another server may answer.
void feed_reader::poll_refused(const query_failure& why) {
    refused(why);
    conn_->close(status_.problem());
}

// If nobody can write, nobody can change anything: reading goes on.
void feed_reader::era_refused(const query_failure& why) {
    look_at_warnings();
    if (!begin_era_.found_read_only()) return refused(why);
    position_.keep_era_in_memory();
    want_poll();
}

void feed_reader::announcement_refused(const query_failure& why) {
    announces_again_ = false;
    look_at_warnings();
    if (!round_ || round_->load.next() != feed_load::step::announce) return;
    if (announce_.found_read_only()) return announced_anyway();
    refused(why);
    interrupt();
}

void feed_reader::send(feed_query& q) {
    q.send(conn_.get(), core::steady_now());
}

void feed_reader::unreadable() {
    conn_->close("the feed's answer cannot be read");
}

void feed_reader::connection_notified(connection&, std::string_view channel) {
    if (!echo_.is_own(channel)) {
        woken_ = true;
        return want_poll();
    }
    if (echo_.heard()) look_at_warnings();
}

// --- polling -------------------------------------------------------------------------------
void feed_reader::want_poll() {
    schedule_.want();
    poll_when_due();
}

// Another of several hosts may have been promoted later than the first one that answers.
bool feed_reader::may_poll() const {
    return !leaving_ && !may_turn_over() && triggers_.allows_polls() &&
           (!others_ || others_->has_asked_all());
}

void feed_reader::poll_when_due() {
    if (!may_poll()) return;
    if (poll_.under_way() || page_.under_way() || round_ || !conn_ || !conn_->may_send()) return;
    if (core::steady_now() >= schedule_.due()) return poll();
    keep_time();
}

void feed_reader::poll() {
    const auto bytes = std::to_string(page_bytes_);
    schedule_.began(core::steady_now());
    if (position_.target()) {
        page_.values = {position_.snapshot(), instance_id_, bytes, position_.target(),
                        std::to_string(position_.after())};
        return send(page_);
    }
    // The connection may have been lost in between.
    if (asks_from_ != position_.snapshot()) asks_from_.reset();
    began_ = core::moment::now();
    first_fact_ = known_.begin_poll();
    tells_woken_ = std::exchange(woken_, false) || tells_woken_;
    poll_.values = {position_.snapshot(), instance_id_, bytes, asks_from_ ? "true" : "false"};
    send(poll_);
}

void feed_reader::polled(const feed_query& asked, const pg_result& rows) {
    observe(asked);
    auto answer = decode_feed_poll(rows);
    if (!answer) return unreadable();
    if (fence_ && fence_->is_overtaken(answer->identity, core::steady_now())) return overtaken();
    attempt_ = 0;
    page_bytes_ = std::min(page_bytes_ * 2, page_bytes_max);
    const bool was_for_every_era = &asked == &poll_ && asks_from_.has_value();
    const auto way = decide(asked, *answer);
    if (way.what == acknowledged_states::next::begin_era) return send(begin_era_);
    if (way.what == acknowledged_states::next::poll_there) return poll_from(*way.state);
    if (way.what == acknowledged_states::next::go_on) return resume(*way.state, std::move(*answer));
    // Rows of other eras are good for nothing else.
    if (was_for_every_era) position_.forget();
    auto before = position_;
    // If this node forgot its state by itself, it reads again while look-ups go on.
    const bool is_known =
        !before.snapshot() && fence_ && fence_->is_open() && fence_->current() == answer->identity;
    const auto from = position_.database();
    const auto outcome = position_.advance(*answer, memory_);
    // Before anything is answered by another database.
    if (outcome != feed_position::outcome::follows)
        memory_of_revocations_.lost(position_.commits_may_be_lost(),
                                    era_in_common(from, answer->identity));
    take_identity(asked, *answer);
    if (outcome != feed_position::outcome::follows) {
        tell_loss();
        lose();
        memory_of_revocations_.begins(answer->identity, position_.snapshot());
        if (is_known) fence_->open();
        before.forget();
        upkeep_.prune_soon();
        load_receipts_anew();
        proven_.lose();
        states_.forget();
    } else if (const auto first = proven_.take_doubt()) {
        known_.doubt_since(*first);
    }
    begin_round(outcome, std::move(before), std::move(*answer));
}

// From here on no answer of another database is taken; only then is the cache given up.
void feed_reader::take_identity(const feed_query& asked, const feed_poll& answer) {
    if (fence_) fence_->seen(answer.identity);
    read_here_ = true;
    read_from_ = opened_with_;
    status_.answered({conn_->host(), conn_->port(), conn_->database()}, answer.identity);
    if (&asked == &poll_)
        cells_.clock_read(began_.real, answer.database_now, core::moment::now().real);
}

void feed_reader::begin_round(feed_position::outcome outcome, feed_position before,
                              feed_poll answer) {
    round_.emplace(
        round{{outcome, std::move(answer.changes), answer.signing_keys_changed},
              std::move(before),
              answer.identity,
              outcome == feed_position::outcome::no_era,
              outcome == feed_position::outcome::lost || outcome == feed_position::outcome::resumes,
              !answer.identity.era.has_value(),
              began_,
              first_fact_,
              answer.database_now,
              std::move(answer.committed_at)});
    go_on();
}

// --- another database goes on where the last one was ----------------------------------------

// Only while what is cached may be used at all, and only where all connections are known to belong
// to one database.
acknowledged_states::decision feed_reader::decide(const feed_query& asked,
                                                  const feed_poll& answer) {
    const auto asked_from = std::exchange(asks_from_, std::nullopt);
    const auto from = position_.database();
    if (!from || !fence_ || &asked != &poll_ || position_.is_era_in_memory() ||
        !position_.has_form_of(answer) || !known_.feed_is_fresh(core::moment::now()))
        return {};
    const auto way = states_.decide(answer, *from, asked_from);
    // Nodes count as live for as long after a heartbeat; and the end of generations is not taken
    // back.
    if (way.state && (known_.freshness().boot - way.state->sent_at > silent_node_margin / 2 ||
                      way.state->generations_told != generations_told_))
        return {};
    return way;
}

void feed_reader::poll_from(const acknowledged_state& s) {
    position_.ask_from(s.snapshot);
    asks_from_ = s.snapshot;
    schedule_.ended(core::steady_now());
    want_poll();
}

// What is cached stays, but for what was told after that state. What was revoked of late is
// withheld until this database has judged it, and nothing is looked up until this process is
// announced in it.
void feed_reader::resume(const acknowledged_state& s, feed_poll answer) {
    log_.info("another database goes on where the last one was, and remembers this node: the cache "
              "is kept",
              {{"from", position_.database()->place}, {"to", answer.identity.place}});
    cells_.resumptions.add();
    auto before = position_;
    // Files that were put back have the era of those that they replaced.
    const bool is_older = !states_.is_latest(s) || position_.has_gone_back(answer);
    memory_of_revocations_.lost(
        true, is_older ? era_in_common(position_.database(), answer.identity) : std::nullopt);
    before.forget();
    if (applied_) applied_->lose();
    fence_->shut();
    take_identity(poll_, answer);
    // No connection of the other database is asked any more.
    known_.doubt_since(s.first_fact);
    proven_.go_on_from(s.first_fact);
    position_.resume(answer, memory_);
    states_.forget();
    load_receipts_anew();
    memory_of_revocations_.begins(answer.identity, position_.snapshot());
    begin_round(feed_position::outcome::resumes, std::move(before), std::move(answer));
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

// From here on nothing is answered until everything is read anew.
void feed_reader::lose() {
    if (fence_) fence_->shut();
    if (applied_) applied_->lose();
    const auto freshness = known_.freshness();
    if (freshness.boot != core::boot_time{})
        was_behind_ = age(freshness, core::moment::now()) > known_.max_staleness();
    waits_until_ = core::steady_time::max();
    others_are_unsettled_ = true;
    known_.lose();
}

void feed_reader::tell_loss() {
    if (known_.freshness().boot == core::boot_time{}) return;
    status_.lost(position_.why_lost());
    cells_.resets.add();
}

// --- what follows from a poll; no other poll begins meanwhile ------------------------------
void feed_reader::go_on() {
    if (applying_ || leaving_) return;
    switch (round_->load.next()) {
    case feed_load::step::apply:
        return apply();
    case feed_load::step::load_revocations:
        load_revocations_.values = {std::to_string(round_->load.after()),
                                    std::to_string(feed_load::page_max)};
        return send(load_revocations_);
    case feed_load::step::load_signing_keys:
        return send(load_signing_keys_);
    case feed_load::step::announce:
        return read_here_ ? announce() : interrupt();
    case feed_load::step::done:
        return finish();
    case feed_load::step::give_up:
        return give_up();
    }
}

void feed_reader::apply() {
    applying_ = true;
    const auto changes = round_->load.take();
    generations_told_ += static_cast<std::uint64_t>(std::ranges::count_if(
        changes.revocations, [](const auto& r) { return r.what.below_generation.has_value(); }));
    memory_of_revocations_.note(changes, round_->begins_anew ? std::optional(round_->database_now)
                                                             : std::nullopt);
    sink_.apply(changes, [self = shared_from_this()] {
        if (!self->stopping_) self->applied();
    });
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
    schedule_.ended(core::steady_now());
    poll_when_due();
}

void feed_reader::finish() {
    const auto done = std::move(*round_);
    round_.reset();
    schedule_.ended(core::steady_now());
    cells_.polls.add();
    if (done.no_era) return send(begin_era_);
    cells_.applied(done.committed_at, done.database_now,
                   core::moment::now().boot - done.began.boot);
    // Pages count only when the last one has been applied.
    const bool whole = !position_.target();
    if (triggers_.misses_changes()) return;
    // A change may have been committed after this snapshot, and acknowledged by all nodes before
    // this one was announced: the next poll brings it, and only then is anything answered.
    const bool counts = whole && !done.begins_anew && !waits_for_others();
    if (counts) publish(done);
    status_.is_read();
    if (!done.era_missing)
        begin_era_.settle();
    else if (core::steady_now() >= next_announcement_)
        send(begin_era_);
    do_side_work(whole && !done.committed_at.empty());
    if (!counts && !waits_for_others()) return poll();
    if (whole && waits_for_others()) ask_for_others();
    poll_when_due();
}

// Asked for before each poll that might count.
void feed_reader::ask_for_others() {
    const auto now = core::steady_now();
    if (waits_until_ == core::steady_time::max()) {
        waits_until_ = now + settings_.settle_wait;
        waits_longest_until_ = now + settings_.settle_wait * waits_for_who_is_there;
    }
    unsettled_nodes_.values = {instance_id_, memory_of_revocations_.here(),
                               std::to_string(settings_.settle_wait.count())};
    send(unsettled_nodes_);
}

// Who is there and at it is waited for longer.
void feed_reader::others_are_known(const pg_result& rows) {
    others_are_unsettled_ = decode_bool(text_at(rows, 0, 0)).value_or(true);
    if (others_are_unsettled_ && decode_bool(text_at(rows, 0, 1)).value_or(false))
        waits_until_ = std::min(waits_longest_until_,
                                std::max(waits_until_, core::steady_now() + settings_.settle_wait));
    if (!others_are_unsettled_) want_poll();
}

// A node that was not there when something was revoked knows of it by the database alone, which may
// have lost it: it answers once those that were there have written it back, or have had their time.
bool feed_reader::waits_for_others() const {
    return was_behind_ && others_are_unsettled_ && core::steady_now() < waits_until_;
}

// The position is published last: whoever waits for it finds everything else as fresh.
void feed_reader::publish(const round& done) {
    known_.publish(done.began);
    was_behind_ = false;
    memory_of_revocations_.current(*position_.snapshot(), done.began.boot);
    proven_.polled(done.first_fact, done.began.boot);
    if (fence_) fence_->open();
    if (!applied_) return;
    if (auto snapshot = auth::transaction_snapshot::parse(*position_.snapshot()))
        applied_->publish(done.identity.place, done.identity.era, std::move(*snapshot));
}

// A node that has applied changes announces it at once: somebody may wait for that. So it does,
// less often, when it was woken for nothing: somebody may wait for a change that changed nothing.
void feed_reader::do_side_work(bool any_changes) {
    const auto at = core::steady_now();
    const auto woken_due = next_announcement_ - announce_interval + woken_distance;
    if (any_changes || announces_again_ || at >= next_announcement_ ||
        (tells_woken_ && at >= woken_due))
        announce();
    ask_for_receipts(at);
    upkeep_.tick(conn_.get(), at);
    if (read_here_) memory_of_revocations_.tick(conn_.get(), at);
    look_at_warnings();
}

// Nothing but receipts depends on it, so polls go on without.
void feed_reader::ask_for_receipts(core::steady_time at) {
    if (!(notes_era_ || loads_receipts_) || at < next_receipts_) return;
    next_receipts_ = at + announce_interval;
    if (notes_era_) send(note_era_);
    if (loads_receipts_) send(load_receipts_);
}

void feed_reader::load_receipts_anew() {
    notes_era_ = loads_receipts_ = applied_ != nullptr;
    next_receipts_ = {};
}

void feed_reader::receipts_loaded(const pg_result& rows) {
    auto eras = decode_text_array(text_at(rows, 0, 1));
    const auto key = text_at(rows, 0, 0);
    if (!eras || key.empty()) return; // asked for again
    applied_->set_key(crypto::secret(std::string(key)), *eras);
    // Otherwise one of them may be later than the one that is followed.
    const auto here = position_.database();
    if (here && here->era == text_at(rows, 0, 2)) memory_of_revocations_.has_been_in(*eras);
    loads_receipts_ = false;
}

// Only where the position was read, and only of what is applied.
void feed_reader::announce() {
    if (leaving_ || !read_here_) return;
    const bool is_early = round_ && round_->load.next() != feed_load::step::announce;
    announces_again_ = announce_.under_way() || is_early;
    if (announces_again_) return;
    next_announcement_ = core::steady_now() + announce_interval - busy_tick;
    tells_woken_ = false;
    proven_.announcing();
    position_.announcing();
    const auto beat = memory_.next();
    states_.add({beat, *position_.snapshot(), proven_.announced_up_to(), generations_told_,
                 core::moment::now().boot});
    announce_.values = {
        instance_id_,
        node_.name,
        node_.version,
        started_at_,
        seconds_text(std::chrono::duration_cast<core::milliseconds>(known_.max_staleness())),
        *position_.snapshot(),
        std::to_string(beat),
        node_.settings,
        memory_of_revocations_.settled_in()};
    send(announce_);
}

void feed_reader::announced() {
    memory_.acknowledged();
    proven_.announced();
    position_.announced();
    announced_anyway();
    if (announces_again_ && position_.snapshot()) announce();
}

void feed_reader::announced_anyway() {
    if (!round_ || round_->load.next() != feed_load::step::announce) return;
    round_->load.announced();
    go_on();
}

void feed_reader::findings_counted(const pg_result& rows) {
    auto counted = decode_mirror_state(rows);
    if (!counted) return unreadable();
    status_.set_mirror(std::move(*counted));
}

void feed_reader::audit_looked_at(const pg_result& rows) {
    auto found = decode_audit_state(rows);
    if (!found) return unreadable();
    status_.set_audit(std::move(*found));
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
    const auto at = core::steady_now();
    const auto wanted = busy() ? at + busy_tick : std::max(at, schedule_.due());
    timer_.expires_at(std::min(wanted, next_tick_));
    timer_.async_wait([self = shared_from_this()](boost::system::error_code cancelled) {
        if (cancelled || self->stopping_) return;
        self->tick(core::steady_now());
        self->keep_time();
    });
}

void feed_reader::tick(core::steady_time at) {
    next_tick_ = at + longest_tick;
    old_.reset();
    if (conn_) conn_->tick(at);
    if (!leaving_) turn_over(at);
    if (at >= retry_at_) open();
    if (others_) others_->tick(at);
    if (was_behind_ && at >= waits_until_) want_poll();
    if (read_here_ && !leaving_) memory_of_revocations_.tick(conn_.get(), at);
    if (memory_of_revocations_.wants_all_anew() && start_over()) memory_of_revocations_.is_anew();
    watch_echo(at);
    watch_triggers(at);
    if (at >= schedule_.due() && !busy()) poll_when_due();
}

void feed_reader::watch_triggers(core::steady_time at) {
    if (!triggers_.is_due(at) || !conn_ || !conn_->may_send()) return;
    triggers_.asked(at);
    send(check_triggers_);
}

// No poll tells what no trigger has written. Once the triggers are back, everything is read anew.
void feed_reader::triggers_checked(const pg_result& rows) {
    if (PQgetisnull(&rows, 0, 0) == 0)
        return changes_are_unseen("changes would not be seen: " + std::string(text_at(rows, 0, 0)) +
                                  "; latchkey migrate sets that right");
    switch (triggers_.are_there()) {
    case trigger_watch::news::none:
        return;
    case trigger_watch::news::checked:
        return want_poll();
    case trigger_watch::news::back:
        if (!start_over()) changes_are_unseen(status_.problem());
    }
}

void feed_reader::check_refused(const query_failure& why) {
    changes_are_unseen("it cannot be made sure that changes are seen: " + std::string(why.message) +
                       " (SQLSTATE " + std::string(why.sqlstate) + ")" + std::string(why.hint));
}

void feed_reader::changes_are_unseen(const std::string& why) {
    triggers_.are_missing(core::steady_now());
    lose();
    status_.set_problem(why);
}

// An echo must return within seconds; otherwise LISTEN is repeated and a warning shown.
void feed_reader::watch_echo(core::steady_time at) {
    echo_.tick(at);
    if (!conn_ || !conn_->may_send()) return;
    switch (echo_.look(*conn_, leaves_room_for_echo(at), at)) {
    case echo_watch::step::listen_again:
        return look_at_warnings();
    case echo_watch::step::hold_back:
        next_tick_ = at + busy_tick;
        return;
    case echo_watch::step::none:
    case echo_watch::step::send:
        return;
    }
}

// Behind a pooler in transaction mode, an echo that comes during a poll may arrive by chance.
bool feed_reader::leaves_room_for_echo(core::steady_time at) const {
    const bool pauses = settings_.feed_interval > 2 * busy_tick;
    return !conn_->pooled() || !pauses || (!busy() && at < schedule_.due());
}

void feed_reader::observe(const feed_query& q) {
    cells_.connection.observe(
        q.what->name, std::chrono::duration<double>(core::steady_now() - q.sent_at).count());
}

void feed_reader::look_at_warnings() {
    status_.set_warning(find_warning(beside_, echo_.is_silent(), conn_ && conn_->pooled()));
}

} // namespace latchkey::pg
