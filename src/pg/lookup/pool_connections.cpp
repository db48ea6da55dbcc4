#include "pg/lookup/pool_connections.hpp"

#include "pg/lookup/device_statements.hpp"
#include "pg/statements.hpp"

#include <algorithm>
#include <array>
#include <chrono>
#include <utility>

namespace latchkey::pg {

namespace {

constexpr std::array look_up_statements = {statements::find_api_keys, statements::find_devices};
constexpr core::seconds overflow_idle_max{10};

bool stalls(const connection& c, core::steady_time now) {
    const auto since = c.waiting_since();
    return since && now - *since >= pool::stall;
}

} // namespace

pool_connections::pool_connections(boost::asio::io_context& loop, const configuration& settings,
                                   pool_share share, identity_fence* fence, core::logger& log,
                                   metrics& cells, lookup_gate& gate, pool_status& status,
                                   std::uint64_t random_seed,
                                   std::function<void(core::steady_time)> advanced)
    : loop_(loop),
      settings_(settings),
      share_(share),
      connection_settings_{settings, settings.query_timeout, look_up_statements, look_up_statements,
                           fence},
      log_(log),
      metrics_(cells),
      gate_(gate),
      status_(status),
      jitter_(random_seed),
      advanced_(std::move(advanced)),
      address_(settings.uri) {}

// --- which connection --------------------------------------------------------------------------

connection* pool_connections::best(core::steady_time now) const {
    connection* best = nullptr;
    for (const auto& s : slots_) {
        if (s->leaves || !s->life.takes_queries() || !s->conn->may_send() || stalls(*s->conn, now))
            continue;
        if (!best || s->conn->in_flight() < best->in_flight()) best = s->conn.get();
    }
    return best;
}

core::milliseconds pool_connections::oldest_query(core::steady_time now) const {
    core::milliseconds oldest{0};
    for (const auto& s : slots_)
        if (const auto since = s->life.up() ? s->conn->waiting_since() : std::nullopt)
            oldest = std::max(oldest, std::chrono::duration_cast<core::milliseconds>(now - *since));
    return oldest;
}

std::size_t pool_connections::queries_under_way() const {
    std::size_t n = 0;
    for (const auto& s : slots_)
        if (s->life.up()) n += s->conn->in_flight();
    return n;
}

bool pool_connections::any_up() const {
    return std::ranges::any_of(slots_, [](const auto& s) { return s->life.up(); });
}

bool pool_connections::all_up() const {
    return std::ranges::all_of(slots_, [](const auto& s) { return s->life.up(); });
}

pool_connections::slot& pool_connections::slot_of(const connection& c) {
    const auto is_its = [&](const auto& s) { return s->conn.get() == &c; };
    return **std::ranges::find_if(slots_, is_its);
}

// --- opening and closing -----------------------------------------------------------------------

void pool_connections::start(core::steady_time now) {
    add(now);
}

// Opens one connection at a time: a burst must not open them all.
void pool_connections::grow(core::steady_time now) {
    if (!all_up() || failing_ || now < grow_at_) return;
    if (slots_.size() < share_.connections + share_.overflow) add(now);
}

void pool_connections::add(core::steady_time now) {
    slots_.push_back(std::make_unique<slot>());
    open(*slots_.back(), now);
}

void pool_connections::open(slot& s, core::steady_time now) {
    if (s.conn) closed_.push_back(std::move(s.conn));
    s.life.opens(now, jitter_.fraction());
    s.generation = generation_;
    s.conn = std::make_unique<connection>(loop_, connection_settings_, log_, metrics_, *this);
    s.conn->open(now);
}

void pool_connections::tick(core::steady_time now) {
    closed_.clear();
    if (stopping_) return;
    heed_fence(now);
    heed_address(now);
    for (std::size_t i = 0; i < slots_.size(); ++i) {
        if (slots_[i]->conn) slots_[i]->conn->tick(now);
        tend(*slots_[i], now);
    }
    turn_over(now);
    shrink(now);
}

// --- another address ---------------------------------------------------------------------------

// A reload may have changed database.uri. From here on, connections are opened with the new one.
void pool_connections::heed_address(core::steady_time now) {
    if (address_ == settings_.uri) return;
    address_ = settings_.uri;
    ++generation_;
    status_.set_address_problem("");
    for (auto& s : slots_)
        s->life.hurry(now); // those that the address of before kept from coming up
}

bool pool_connections::turns_over() const {
    return std::ranges::any_of(
        slots_, [&](const auto& s) { return s->life.up() && !s->leaves && is_outdated(*s); });
}

// Connections with the address of before go one by one, each when another is ready in its place
// (connection_ready), so that no look-up waits for a connection. They stay as long as the new
// address does not work.
void pool_connections::turn_over(core::steady_time now) {
    std::erase_if(slots_, [](const auto& s) {
        return s->leaves && (!s->life.up() || s->conn->in_flight() == 0);
    });
    const auto comes = [&](const auto& s) { return !s->life.up() && !is_outdated(*s); };
    if (turns_over() && std::ranges::none_of(slots_, comes)) add(now);
}

// One that another has replaced only ends. One with the address of before is not given up for its
// age, since no other may come up in its place; nor is any while the server refuses a kind of
// look-ups, since the setup of another would fail for both kinds.
void pool_connections::tend(slot& s, core::steady_time now) {
    if (s.leaves) return;
    if (s.life.is_due(now)) return open(s, now);
    if (!s.life.up()) return;
    if (is_outdated(s) || status_.is_anything_refused()) return s.life.stays();
    const auto age = now - s.conn->opened_at();
    if (!s.life.has_ended(s.conn->in_flight(), age, settings_.recycle, now)) return;
    // Destroyed now, while the slot is still its own: later events of it concern nobody.
    s.conn.reset();
    open(s, now);
}

// Addresses that led elsewhere may lead to the feed's database by now, so retry at once.
void pool_connections::heed_fence(core::steady_time now) {
    const auto* fence = connection_settings_.fence;
    const auto generation = fence ? fence->generation() : fence_generation_;
    if (std::exchange(fence_generation_, generation) == generation) return;
    for (auto& s : slots_)
        s->life.hurry(now);
}

// Closes overflow connections that were idle for long. A pooler keeps its own connections and may
// have few: one that this worker does not need, or cannot get, may serve another worker. While the
// address changes, the last one is to replace another.
void pool_connections::shrink(core::steady_time now) {
    if (slots_.size() < 2 || turns_over()) return;
    const auto& first = *slots_.front();
    const bool pooled = first.life.up() && first.conn->pooled();
    if (slots_.size() <= (pooled ? 1 : share_.connections)) return;
    const auto& last = slots_.back()->life;
    const bool in_vain = pooled && last.waits_in_vain();
    if (in_vain) grow_at_ = now + settings_.backoff_max;
    if (in_vain || last.is_idle_for(overflow_idle_max, now)) slots_.pop_back();
}

void pool_connections::stop() {
    stopping_ = true;
    for (auto& s : slots_)
        if (s->conn) s->conn->close("the server is shutting down");
    slots_.clear();
}

// --- what connections tell ---------------------------------------------------------------------

void pool_connections::connection_ready(connection& c) {
    const auto now = core::steady_now();
    auto& ready = slot_of(c);
    ready.life.ready(now);
    const auto replaced = std::ranges::find_if(slots_, [&](const auto& s) {
        return !is_outdated(ready) && s->life.up() && !s->leaves && is_outdated(*s);
    });
    if (replaced != slots_.end()) (*replaced)->leaves = true;
    if (!is_outdated(ready)) status_.set_address_problem("");
    for (const std::size_t kind : {0u, 1u})
        status_.answers(kind); // its setup has tried both
    if (failing_ || !status_.latest().reachable)
        log_.write(level(), "the database is reachable",
                   std::array{core::log_field("connections", slots_.size())});
    if (std::exchange(failing_, false)) gate_.reached(now);
    status_.up();
    advanced_(now);
}

void pool_connections::connection_advanced(connection&) {
    advanced_(core::steady_now());
}

void pool_connections::connection_closed(connection& c, const std::string& why, bool was_ready) {
    auto& closed = slot_of(c);
    auto& life = closed.life;
    life.closed(was_ready, settings_, jitter_.fraction(), core::steady_now());
    if (!was_ready) failing_ = !any_up();
    if (!was_ready && !stopping_ && !is_outdated(closed) && turns_over())
        status_.set_address_problem(why);
    if (closed.leaves || life.retiring() || stopping_ || any_up()) return;
    const auto before = status_.latest();
    if (before.reachable || before.problem != why)
        log_.write(level(), "the database cannot be used",
                   std::array{core::log_field("reason", why)});
    status_.down(c.problem(), why);
}

// Once there was a connection, health says what becomes of the database, with what to do, and not
// once for each worker.
core::log_level pool_connections::level() const {
    return status_.latest().contacted ? core::log_level::debug : core::log_level::info;
}

// --- what others see ---------------------------------------------------------------------------

void pool_connections::count_states() const {
    std::int64_t idle = 0;
    std::int64_t working = 0;
    std::int64_t connecting = 0;
    for (const auto& s : slots_)
        ++(!s->life.up() ? connecting : s->conn->in_flight() > 0 ? working : idle);
    metrics_.connections_idle.set(idle);
    metrics_.connections_busy.set(working);
    metrics_.connections_connecting.set(connecting);
}

} // namespace latchkey::pg
