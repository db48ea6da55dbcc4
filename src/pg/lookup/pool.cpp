#include <latchkey/pg/lookup/pool.hpp>

#include "pg/lookup/lookup_gate.hpp"
#include "pg/lookup/lookup_queue.hpp"
#include "pg/lookup/pool_connections.hpp"
#include "pg/lookup/pool_status.hpp"

#include <algorithm>
#include <utility>

namespace latchkey::pg {

namespace {

// Positions in the pool's array of queues.
constexpr std::size_t api_keys = 0;
constexpr std::size_t devices = 1;
// A right that was missing is noticed this long after it is granted.
constexpr core::seconds refused_pause{1};

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
           std::uint64_t random_seed, auth::legacy_device_secret legacy, identity_fence* fence)
    : settings_(settings),
      fence_(fence),
      metrics_(cells),
      status_(std::make_unique<pool_status>()),
      gate_(std::make_unique<lookup_gate>(breaker, settings, log, cells, random_seed ^ 0x5bd1e995)),
      queues_{
          std::make_unique<lookup_queue>(make_api_key_reader(), cells, *gate_, *status_, api_keys),
          std::make_unique<lookup_queue>(make_device_reader(legacy, cells), cells, *gate_, *status_,
                                         devices)},
      connections_(std::make_unique<pool_connections>(
          loop, settings, share, fence, log, cells, *gate_, *status_, random_seed,
          [this](core::steady_time now) { on_room ? on_room() : flush(now); })) {}

pool::~pool() {
    stop();
}

void pool::start(core::steady_time now) {
    connections_->start(now);
}

database_status pool::status() const {
    return status_->latest();
}

std::size_t pool::bulk_max() const noexcept {
    return gate_->bulk_max();
}

// --- look-ups that wait ------------------------------------------------------------------------

void pool::find(auth::api_key_lookup& lookup, core::steady_time now) {
    wait(*queues_[api_keys], lookup, now);
}

void pool::find(auth::device_lookup& lookup, core::steady_time now) {
    wait(*queues_[devices], lookup, now);
}

void pool::wait(lookup_queue& queue, auth::any_lookup& lookup, core::steady_time now) {
    lookup.waits_since = now;
    if (stopping_) return refuse(lookup, refusal_reason::stopping);
    if (fence_ && !fence_->is_open()) return refuse(lookup, refusal_reason::unready);
    if (queue.waiting() >= settings_.waiting_max) return refuse(lookup, refusal_reason::full);
    if (const auto why = gate_->enter(lookup, waiting(), connections_->hopeful(), now))
        return refuse(lookup, *why);
    queue.push(lookup);
}

std::size_t pool::waiting() const {
    return queues_[api_keys]->waiting() + queues_[devices]->waiting();
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

void pool::refuse_outdated(lookup_queue& queue) {
    while (queue.front() && gate_->outdated(*queue.front()))
        refuse(queue.pop(), refusal_reason::breaker);
}

void pool::refuse_late(lookup_queue& queue, core::steady_time now) {
    const bool hopeless = !connections_->hopeful();
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

// --- queries -----------------------------------------------------------------------------------

bool pool::may_gather(bool answered, core::steady_time now) const {
    if (gate_->may_probe()) return false;
    if (!answered && connections_->queries_under_way() == 0) return false;
    const auto kind = due_kind(now);
    return kind && queues_[*kind]->waiting() < next_query_size() && connections_->best(now);
}

std::size_t pool::next_query_size() const {
    return query_size({gate_->room(), gate_->limit(), settings_.batch_spread, settings_.batch_max});
}

void pool::flush(core::steady_time now) {
    for (const auto& queue : queues_)
        refuse_outdated(*queue);
    send_due(now);
    complete_refused();
    metrics_.lookups_waiting.set(static_cast<std::int64_t>(waiting()));
    connections_->count_states();
}

// A small rest of the limit is not used until it is worth a query.
void pool::send_due(core::steady_time now) {
    while (const auto kind = due_kind(now)) {
        auto& queue = *queues_[*kind];
        const auto room = gate_->room();
        const auto wanted = std::min(queue.waiting(), settings_.batch_spread);
        if (gate_->in_flight() > 0 && room < wanted) break;
        auto* best = connections_->best(now);
        if (!best || best->in_flight() > 0) connections_->grow(now);
        if (!best) break;
        best->send(queue.begin_batch(next_query_size()), now);
        turns_.taken(*kind);
    }
}

// A kind waits only for its own batches.
std::optional<std::size_t> pool::due_kind(core::steady_time now) const {
    const auto oldest = connections_->oldest_query(now);
    return turns_.next([&](std::size_t kind) {
        const auto& queue = *queues_[kind];
        return batch_is_due({queue.waiting(), queue.under_way(), oldest}, settings_.batch_spread,
                            stall);
    });
}

// A query of our own tests whether the database answers again: no caller has to wait for that, and
// the breaker closes even while nobody asks.
void pool::probe(core::steady_time now) {
    if (!gate_->may_probe()) return;
    auto* best = connections_->best(now);
    if (!best) return;
    if (const auto permit = gate_->probe(now))
        best->send(queues_[api_keys]->begin_probe(*permit), now);
}

// Nobody may ask for it, so a query of our own does.
void pool::try_refused(core::steady_time now) {
    if (!status_->is_anything_refused() || now < try_at_) return;
    try_at_ = now + refused_pause;
    for (const auto kind : {api_keys, devices}) {
        auto* best = status_->is_refused(kind) ? connections_->best(now) : nullptr;
        if (!best) continue;
        if (const auto permit = gate_->probe(now))
            best->send(queues_[kind]->begin_probe(*permit), now);
    }
}

// --- time --------------------------------------------------------------------------------------

bool pool::tick(core::steady_time now) {
    connections_->tick(now);
    if (stopping_) return false;
    for (const auto& queue : queues_)
        refuse_late(*queue, now);
    probe(now);
    try_refused(now);
    flush(now);
    return busy();
}

bool pool::busy() const {
    return waiting() > 0 || connections_->queries_under_way() > 0 || gate_->may_probe() ||
           !connections_->all_up();
}

void pool::stop() {
    if (std::exchange(stopping_, true)) return;
    gate_->stop();
    for (const auto& queue : queues_)
        while (queue->front())
            refuse(queue->pop(), refusal_reason::stopping);
    connections_->stop();
    complete_refused();
}

} // namespace latchkey::pg
