#include <latchkey/pg/lookup/pool.hpp>

#include "pg/lookup/device_statements.hpp"
#include "pg/lookup/lookup_gate.hpp"
#include "pg/lookup/lookup_queue.hpp"
#include "pg/statements.hpp"

#include <latchkey/pg/lookup/pool_plan.hpp>

#include <algorithm>
#include <array>
#include <chrono>
#include <utility>

namespace latchkey::pg {

namespace {

constexpr std::array look_up_statements = {statements::find_api_keys, statements::find_devices};
constexpr core::seconds overflow_idle_max{10};

const char* text_of(refusal_reason why) {
    switch (why) {
    case refusal_reason::breaker:
        return "the breaker is open, because the database does not answer";
    case refusal_reason::unreachable:
        return "the database is not reachable";
    case refusal_reason::overload:
        return "more look-ups arrive than the database answers";
    case refusal_reason::full:
        return "too many look-ups wait for the database";
    case refusal_reason::late:
        return "no database connection became free in time";
    case refusal_reason::stopping:
        return "the server is shutting down";
    case refusal_reason::unready:
        return "the feed of changes has not been read yet, or is read anew";
    }
    return "";
}

} // namespace

pool::pool(boost::asio::io_context& loop, const configuration& settings, pool_share share,
           core::circuit_breaker& breaker, core::logger& log, metrics& cells,
           std::uint64_t random_seed, auth::legacy_device_secret legacy,
           std::function<void()> flush_soon, identity_fence* fence)
    : loop_(loop),
      settings_(settings),
      share_(share),
      log_(log),
      metrics_(cells),
      random_state_(random_seed | 1),
      connection_settings_{settings, settings.query_timeout, look_up_statements, look_up_statements,
                           fence},
      flush_soon_(std::move(flush_soon)),
      gate_(std::make_unique<lookup_gate>(breaker, settings, log, cells, random_seed ^ 0x5bd1e995)),
      api_keys_(std::make_unique<lookup_queue>(make_api_key_reader(), cells, *gate_)),
      devices_(std::make_unique<lookup_queue>(make_device_reader(legacy, cells), cells, *gate_)),
      queues_{api_keys_.get(), devices_.get()} {
    status_.problem = "the database has not been reached yet";
}

pool::~pool() {
    stop();
}

// xorshift64*, which is good enough for jitter.
double pool::random() {
    random_state_ ^= random_state_ >> 12;
    random_state_ ^= random_state_ << 25;
    random_state_ ^= random_state_ >> 27;
    return static_cast<double>((random_state_ * 0x2545f4914f6cdd1dULL) >> 11) / 9007199254740992.0;
}

// --- look-ups ----------------------------------------------------------------------------------

void pool::find(auth::api_key_lookup& lookup, core::steady_time now) {
    wait(*api_keys_, lookup, now);
}

void pool::find(auth::device_lookup& lookup, core::steady_time now) {
    wait(*devices_, lookup, now);
}

void pool::wait(lookup_queue& queue, auth::any_lookup& lookup, core::steady_time now) {
    now_ = now;
    lookup.waits_since = now;
    if (stopping_) return refuse(lookup, refusal_reason::stopping);
    const auto* fence = connection_settings_.fence;
    if (fence && !fence->is_open()) return refuse(lookup, refusal_reason::unready);
    if (queue.waiting() >= settings_.waiting_max) return refuse(lookup, refusal_reason::full);
    if (const auto why = gate_->enter(lookup, waiting(), hopeful(), now))
        return refuse(lookup, *why);
    queue.push(lookup);
}

// Completed later, never from within find(): the caller may not be ready for it.
void pool::refuse(auth::any_lookup& lookup, refusal_reason why) {
    lookup.decide(auth::lookup_status::unavailable, text_of(why));
    metrics_.lookups_refused[static_cast<std::size_t>(why)].add();
    refused_.push_back(&lookup);
}

void pool::complete_refused() {
    for (auto* lookup : std::exchange(refused_, {}))
        lookup->complete();
}

void pool::refuse_late(lookup_queue& queue, core::steady_time now) {
    const bool hopeless = !hopeful();
    while (queue.front()) {
        const auto& oldest = *queue.front();
        const bool outdated = gate_->outdated(oldest);
        const bool late = now - oldest.waits_since >= settings_.acquire_timeout;
        if (!outdated && !hopeless && !late) return;
        if (!outdated) gate_->waited_in_vain(oldest, now);
        refuse(queue.pop(), outdated   ? refusal_reason::breaker
                            : hopeless ? refusal_reason::unreachable
                                       : refusal_reason::late);
    }
}

std::size_t pool::bulk_max() const noexcept {
    return gate_->bulk_max();
}

// A small rest of the limit is not used until it is worth a query.
void pool::send_due(core::steady_time now) {
    while (auto* queue = due_queue(now)) {
        const auto room = gate_->room();
        const auto wanted = std::min(queue->waiting(), settings_.batch_spread);
        if (gate_->in_flight() > 0 && room < wanted) break;
        auto* best = best_slot(now);
        if (!best || best->conn->in_flight() > 0) grow(now);
        if (!best) break;
        const auto size =
            query_size({room, gate_->limit(), settings_.batch_spread, settings_.batch_max});
        best->conn->send(queue->begin_batch(size), now);
        ++turn_;
    }
}

void pool::flush(core::steady_time now) {
    now_ = now;
    for (auto* queue : queues_)
        while (queue->front() && gate_->outdated(*queue->front()))
            refuse(queue->pop(), refusal_reason::breaker);
    send_due(now);
    complete_refused();
    metrics_.lookups_waiting.set(static_cast<std::int64_t>(waiting()));
    count_states();
}

// A query of our own tests whether the database answers again: no caller has to wait for that, and
// the breaker closes even while nobody asks.
void pool::probe(core::steady_time now) {
    if (!gate_->may_probe()) return;
    auto* best = best_slot(now);
    if (!best) return;
    if (const auto permit = gate_->probe(now))
        best->conn->send(api_keys_->begin_probe(*permit), now);
}

// A kind waits only for its own batches. When both kinds are due for the last room on a connection,
// the one that did not get the last query goes first.
lookup_queue* pool::due_queue(core::steady_time now) {
    core::milliseconds oldest_batch{0};
    for (const auto& s : slots_)
        if (const auto since = s->up ? s->conn->waiting_since() : std::nullopt)
            oldest_batch = std::max(oldest_batch,
                                    std::chrono::duration_cast<core::milliseconds>(now - *since));
    for (std::size_t i = 0; i < queues_.size(); ++i) {
        auto* queue = queues_[turn_ % queues_.size()];
        if (batch_is_due({queue->waiting(), queue->under_way(), oldest_batch},
                         settings_.batch_spread, stall))
            return queue;
        ++turn_;
    }
    return nullptr;
}

std::size_t pool::waiting() const {
    return api_keys_->waiting() + devices_->waiting();
}

// --- connections -------------------------------------------------------------------------------

pool::slot& pool::slot_of(const connection& c) {
    return **std::ranges::find_if(slots_, [&](const auto& s) { return s->conn.get() == &c; });
}

bool pool::stalled(const slot& s, core::steady_time now) const {
    const auto since = s.conn->waiting_since();
    return since && now - *since >= stall;
}

// The connection with the least in flight. A stalled one gets no more queries.
pool::slot* pool::best_slot(core::steady_time now) {
    slot* best = nullptr;
    for (const auto& s : slots_) {
        if (!s->up || s->retiring || !s->conn->may_send() || stalled(*s, now)) continue;
        if (!best || s->conn->in_flight() < best->conn->in_flight()) best = s.get();
    }
    return best;
}

std::size_t pool::batches_under_way() const {
    std::size_t n = 0;
    for (const auto& s : slots_)
        if (s->up) n += s->conn->in_flight();
    return n;
}

// Opens one connection at a time: a burst must not open them all.
void pool::grow(core::steady_time now) {
    const bool coming = std::ranges::any_of(slots_, [](const auto& s) { return !s->up; });
    if (coming || failing_ || now < grow_at_) return;
    if (slots_.size() >= share_.connections + share_.overflow) return;
    slots_.push_back(std::make_unique<slot>());
    open(*slots_.back(), now);
}

void pool::open(slot& s, core::steady_time now) {
    if (s.conn) closed_.push_back(std::move(s.conn));
    s.up = s.retiring = false;
    s.idle_since = now;
    s.age_spread = random();
    s.conn = std::make_unique<connection>(loop_, connection_settings_, log_, metrics_, *this);
    s.conn->open(now);
}

void pool::start(core::steady_time now) {
    now_ = now;
    slots_.push_back(std::make_unique<slot>());
    open(*slots_.back(), now);
}

void pool::connection_ready(connection& c) {
    auto& s = slot_of(c);
    s.up = true;
    s.attempt = 0;
    s.idle_since = now_;
    if (failing_ || !status().reachable)
        log_.info("the database is reachable", {{"connections", slots_.size()}});
    if (failing_) gate_->reached(now_);
    failing_ = false;
    set_status(true, "");
    flush(core::steady_now());
}

void pool::connection_advanced(connection&) {
    flush(core::steady_now());
}

void pool::connection_closed(connection& c, const std::string& why, bool was_ready) {
    auto& s = slot_of(c);
    const bool wanted = !s.retiring && !stopping_;
    s.up = false;
    // A connection that had worked is replaced at once; one that failed to come up waits first.
    s.attempt = was_ready ? 0 : s.attempt + 1;
    s.retry_at = now_ + backoff(s.attempt, settings_.backoff_min, settings_.backoff_max, random());
    if (!was_ready) failing_ = std::ranges::none_of(slots_, [](const auto& x) { return x->up; });
    if (!wanted) return;
    const bool any_up = std::ranges::any_of(slots_, [](const auto& x) { return x->up; });
    const auto before = status();
    if (!any_up && (before.reachable || before.problem != why))
        log_.warning("the database cannot be used", {{"reason", why}});
    if (!any_up) set_status(false, why);
}

bool pool::hopeful() const {
    return !failing_ || std::ranges::any_of(slots_, [](const auto& s) { return s->up; });
}

void pool::tend_slot(slot& s, core::steady_time now) {
    if (!s.up) {
        const bool down = s.conn && !s.conn->ready() && s.retry_at != core::steady_time{};
        if (down && now >= s.retry_at) {
            s.retry_at = {};
            open(s, now);
        }
        return;
    }
    if (s.conn->in_flight() > 0) s.idle_since = now;
    // Ages differ by up to a tenth, so that connections opened together do not end together.
    const auto age_max = std::chrono::duration_cast<core::milliseconds>(settings_.recycle *
                                                                        (1.0 - s.age_spread / 10));
    if (now - s.conn->opened_at() > age_max) s.retiring = true;
    if (s.retiring && s.conn->in_flight() == 0) {
        // Destroyed now, while the slot is still its own: later events of it concern nobody.
        s.conn.reset();
        open(s, now);
    }
}

// Addresses that led elsewhere may lead to the feed's database by now, so retry at once.
void pool::heed_fence(core::steady_time now) {
    const auto* fence = connection_settings_.fence;
    if (!fence || fence->generation() == fence_generation_) return;
    fence_generation_ = fence->generation();
    for (auto& s : slots_)
        if (s->retry_at != core::steady_time{}) s->retry_at = now;
}

void pool::tend(core::steady_time now) {
    heed_fence(now);
    for (std::size_t i = 0; i < slots_.size(); ++i) {
        if (slots_[i]->conn) slots_[i]->conn->tick(now);
        tend_slot(*slots_[i], now);
    }
    shrink(now);
}

// Closes overflow connections that were idle for long. A pooler keeps its own connections and may
// have few: one that this worker does not need, or cannot get, may serve another worker.
void pool::shrink(core::steady_time now) {
    if (slots_.size() < 2) return;
    const bool pooled = slots_.front()->up && slots_.front()->conn->pooled();
    if (slots_.size() <= (pooled ? 1 : share_.connections)) return;
    const auto& s = *slots_.back();
    const bool idle = s.up && s.conn->in_flight() == 0 && now - s.idle_since > overflow_idle_max;
    const bool in_vain = pooled && !s.up && s.attempt > 0 && s.retry_at != core::steady_time{};
    if (in_vain) grow_at_ = now + settings_.backoff_max;
    if (idle || in_vain) slots_.pop_back();
}

bool pool::tick(core::steady_time now) {
    now_ = now;
    closed_.clear();
    if (stopping_) return false;
    tend(now);
    for (auto* queue : queues_)
        refuse_late(*queue, now);
    probe(now);
    flush(now);
    return busy();
}

bool pool::busy() const {
    return waiting() > 0 || batches_under_way() > 0 || gate_->may_probe() ||
           std::ranges::any_of(slots_, [](const auto& s) { return !s->up; });
}

void pool::stop() {
    if (std::exchange(stopping_, true)) return;
    gate_->stop();
    for (auto* queue : queues_)
        while (queue->front())
            refuse(queue->pop(), refusal_reason::stopping);
    for (auto& s : slots_)
        if (s->conn) s->conn->close("the server is shutting down");
    slots_.clear();
    complete_refused();
}

// --- what other threads see --------------------------------------------------------------------

void pool::count_states() {
    std::int64_t idle = 0;
    std::int64_t working = 0;
    std::int64_t connecting = 0;
    for (const auto& s : slots_)
        ++(!s->up ? connecting : s->conn->in_flight() > 0 ? working : idle);
    metrics_.connections_idle.set(idle);
    metrics_.connections_busy.set(working);
    metrics_.connections_connecting.set(connecting);
}

void pool::set_status(bool reachable, const std::string& problem) {
    const std::lock_guard lock(status_mutex_);
    status_.reachable = reachable;
    status_.contacted = status_.contacted || reachable;
    status_.problem = problem;
}

database_status pool::status() const {
    const std::lock_guard lock(status_mutex_);
    return status_;
}

} // namespace latchkey::pg
