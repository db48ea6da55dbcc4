#include <latchkey/pg/pool.hpp>

#include "api_key_batch.hpp"

#include <latchkey/pg/pool_plan.hpp>

#include <algorithm>
#include <array>
#include <chrono>
#include <utility>

namespace latchkey::pg {

namespace {

constexpr std::array<statement, 1> look_up_statements = {statements::find_api_keys};
constexpr core::seconds overflow_idle_max{10};

constexpr const char* unreachable = "the database is not reachable";
constexpr const char* no_room = "too many look-ups wait for the database";
constexpr const char* no_connection = "no database connection became free in time";
constexpr const char* shutting_down = "the server is shutting down";

} // namespace

pool::pool(boost::asio::io_context& loop, const configuration& settings, pool_share share,
           core::logger& log, metrics& cells, std::uint64_t random_seed,
           std::function<void()> flush_soon)
    : loop_(loop),
      settings_(settings),
      share_(share),
      log_(log),
      metrics_(cells),
      random_state_(random_seed | 1),
      connection_settings_{settings, settings.query_timeout, look_up_statements,
                           &statements::find_api_keys},
      flush_soon_(std::move(flush_soon)) {
    status_.problem = "the database has not been reached yet";
}

pool::~pool() {
    stop();
}

// xorshift64*: jitter needs no better.
double pool::random() {
    random_state_ ^= random_state_ >> 12;
    random_state_ ^= random_state_ << 25;
    random_state_ ^= random_state_ >> 27;
    return static_cast<double>((random_state_ * 0x2545f4914f6cdd1dULL) >> 11) / 9007199254740992.0;
}

// --- look-ups ----------------------------------------------------------------------------------

void pool::find(auth::api_key_lookup& lookup, core::steady_time now) {
    now_ = now;
    lookup.waits_since = now;
    lookup.next = nullptr;
    if (stopping_) return refuse(lookup, shutting_down);
    if (!hopeful()) return refuse(lookup, unreachable);
    if (waiting_ >= settings_.waiting_max) return refuse(lookup, no_room);
    (last_ ? last_->next : first_) = &lookup;
    last_ = &lookup;
    ++waiting_;
}

// Never told from within find(): the asker may not be ready to hear.
void pool::refuse(auth::api_key_lookup& lookup, const char* reason) {
    lookup.status = auth::lookup_status::unavailable;
    lookup.reason = reason;
    lookup.record.reset();
    metrics_.lookups_refused.add();
    refused_.push_back(&lookup);
}

void pool::complete_refused() {
    for (auto* lookup : std::exchange(refused_, {}))
        lookup->complete();
}

void pool::refuse_late(core::steady_time now) {
    const bool hopeless = !hopeful();
    while (first_ && (hopeless || now - first_->waits_since >= settings_.acquire_timeout)) {
        auto& lookup = *first_;
        first_ = lookup.next;
        if (!first_) last_ = nullptr;
        --waiting_;
        refuse(lookup, hopeless ? unreachable : no_connection);
    }
}

void pool::flush(core::steady_time now) {
    now_ = now;
    for (;;) {
        gathering state{waiting_, batches_under_way(), core::milliseconds(0)};
        for (const auto& s : slots_)
            if (const auto since = s->up ? s->conn->waiting_since() : std::nullopt)
                state.oldest_batch =
                    std::max(state.oldest_batch,
                             std::chrono::duration_cast<core::milliseconds>(now - *since));
        if (!batch_is_due(state, settings_.batch_spread, stall)) break;
        auto* best = best_slot(now);
        if (!best || best->conn->in_flight() > 0) grow(now);
        if (!best) break;
        send_batch(*best, now);
    }
    complete_refused();
    metrics_.lookups_waiting.set(static_cast<std::int64_t>(waiting_));
    count_states();
}

void pool::send_batch(slot& where, core::steady_time now) {
    if (free_batches_.empty()) {
        batches_.push_back(std::make_unique<api_key_batch>(*this));
        free_batches_.push_back(batches_.back().get());
    }
    auto& batch = *free_batches_.back();
    free_batches_.pop_back();
    while (first_ && batch.size() < settings_.batch_max) {
        auto& lookup = *first_;
        first_ = std::exchange(lookup.next, nullptr);
        --waiting_;
        batch.add(lookup);
        lookup.sent();
    }
    if (!first_) last_ = nullptr;
    batch.seal();
    metrics_.batch_size.observe(static_cast<double>(batch.size()));
    where.conn->send(batch, now);
}

void pool::batch_ended(api_key_batch& batch) {
    const auto took = std::chrono::steady_clock::now() - batch.sent_at;
    metrics_.observe(batch.what->name, std::chrono::duration<double>(took).count());
    free_batches_.push_back(&batch);
}

// --- connections -------------------------------------------------------------------------------

pool::slot& pool::slot_of(const connection& c) {
    return **std::ranges::find_if(slots_, [&](const auto& s) { return s->conn.get() == &c; });
}

bool pool::stalled(const slot& s, core::steady_time now) const {
    const auto since = s.conn->waiting_since();
    return since && now - *since >= stall;
}

// The one with the least to do; one that stalls only gets nothing more.
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

// One at a time: a burst must not open them all.
void pool::grow(core::steady_time now) {
    const bool coming = std::ranges::any_of(slots_, [](const auto& s) { return !s->up; });
    if (coming || failing_ || slots_.size() >= share_.connections + share_.overflow) return;
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
    failing_ = false;
    set_status(true, "");
    flush(std::chrono::steady_clock::now());
}

void pool::connection_advanced(connection&) {
    flush(std::chrono::steady_clock::now());
}

void pool::connection_closed(connection& c, const std::string& why, bool was_ready) {
    auto& s = slot_of(c);
    const bool wanted = !s.retiring && !stopping_;
    s.up = false;
    // A connection that had worked is replaced at once; one that failed waits its turn.
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
    // Ages differ by up to a tenth, so that connections made together do not end together.
    const auto age_max = std::chrono::duration_cast<core::milliseconds>(settings_.recycle *
                                                                        (1.0 - s.age_spread / 10));
    if (now - s.conn->opened_at() > age_max) s.retiring = true;
    if (s.retiring && s.conn->in_flight() == 0) open(s, now);
}

void pool::tend(core::steady_time now) {
    for (std::size_t i = 0; i < slots_.size(); ++i) {
        if (slots_[i]->conn) slots_[i]->conn->tick(now);
        tend_slot(*slots_[i], now);
    }
    // Overflow goes when it has had nothing to do.
    if (slots_.size() > share_.connections) {
        auto& s = *slots_.back();
        if (s.up && s.conn->in_flight() == 0 && now - s.idle_since > overflow_idle_max)
            slots_.pop_back();
    }
}

bool pool::tick(core::steady_time now) {
    now_ = now;
    closed_.clear();
    if (stopping_) return false;
    tend(now);
    refuse_late(now);
    flush(now);
    return busy();
}

bool pool::busy() const {
    return waiting_ > 0 || batches_under_way() > 0 ||
           std::ranges::any_of(slots_, [](const auto& s) { return !s->up; });
}

void pool::stop() {
    if (std::exchange(stopping_, true)) return;
    while (first_) {
        auto& lookup = *first_;
        first_ = lookup.next;
        refuse(lookup, shutting_down);
    }
    last_ = nullptr;
    waiting_ = 0;
    for (auto& s : slots_)
        if (s->conn) s->conn->close("the server is shutting down");
    slots_.clear();
    complete_refused();
}

// --- what the outside sees ---------------------------------------------------------------------

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
