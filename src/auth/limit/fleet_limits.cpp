#include <latchkey/auth/limit/fleet_limits.hpp>

#include <latchkey/crypto/digest.hpp>
#include <latchkey/crypto/random.hpp>

#include <algorithm>
#include <cstring>
#include <span>

namespace latchkey::auth {

namespace {

constexpr core::milliseconds tick_interval{50};
constexpr core::milliseconds pause_after_failure{100};
constexpr core::seconds leaves_within{2}; // where the database does not answer

} // namespace

fleet_limits::fleet_limits(std::size_t buckets_max, core::epochs& readers, core::mailbox& box,
                           lease_store& store, const core::lease_keeper::settings& settings,
                           std::string what, core::logger& log)
    : readers_(readers),
      store_(store),
      what_(std::move(what)),
      log_(log),
      seeds_{{{crypto::random_number(), crypto::random_number()},
              {crypto::random_number(), crypto::random_number()}}},
      keeper_(buckets_max, readers, box, settings) {
    keeper_.set_urgent([this] { exchange(); });
}

core::lease_key fleet_limits::key(std::uint64_t scope, std::string_view subject) const noexcept {
    const auto bytes = std::as_bytes(std::span(subject));
    return {core::keyed_hash({seeds_[0].low ^ scope, seeds_[0].high}, bytes),
            core::keyed_hash({seeds_[1].low ^ scope, seeds_[1].high}, bytes)};
}

core::lease_decision fleet_limits::take(std::size_t worker, core::lease_key key, std::uint64_t cost,
                                        core::boot_time now) noexcept {
    const core::epochs::reader::pin pinned(readers_.at(worker));
    auto* bucket = keeper_.find(key);
    return bucket ? bucket->take(cost, now) : core::lease_decision{};
}

core::lease_decision fleet_limits::look(std::size_t worker, core::lease_key key, std::uint64_t cost,
                                        core::boot_time now) noexcept {
    const core::epochs::reader::pin pinned(readers_.at(worker));
    auto* bucket = keeper_.find(key);
    return bucket ? bucket->look(cost, now) : core::lease_decision{};
}

// Digests: the database need not know whose addresses and keys are counted. The rule is a part, so
// that another rule begins afresh.
lease_wanted fleet_limits::wanted(core::lease_key key, std::string_view name,
                                  const core::rate_rule& rule, std::string_view subject,
                                  std::uint64_t cost) {
    const auto window = std::chrono::duration_cast<core::seconds>(rule.window());
    std::string text(name);
    text.append(1, '\0').append(std::to_string(rule.quantity())).append(1, ' ');
    text.append(std::to_string(window.count())).append(1, '\0').append(subject);
    const auto digest = crypto::sha256(text);
    lease_wanted out{this, key, {{}, static_cast<std::int64_t>(rule.quantity()), window}, cost};
    static_assert(sizeof digest >= sizeof out.terms.name);
    std::memcpy(out.terms.name.data(), &digest, out.terms.name.size());
    return out;
}

core::lease_key fleet_limits::key_of_account(std::int64_t account) const noexcept {
    return key(0, {reinterpret_cast<const char*>(&account), sizeof account});
}

lease_wanted fleet_limits::wanted_of_account(std::int64_t account, std::uint64_t cost) {
    lease_wanted out{this, key_of_account(account), core::lease_terms::of_account, cost};
    std::memcpy(out.terms.name.data(), &account, sizeof account);
    return out;
}

void fleet_limits::ask(const lease_wanted& wanted, core::lease_inquiry& asked,
                       core::boot_time decided_at, core::mailbox& back) {
    asked.key = wanted.key;
    asked.terms = wanted.terms;
    asked.cost = wanted.cost;
    asked.decided_at = decided_at;
    wanted.of->keeper_.ask(asked, back);
}

void fleet_limits::tick(core::steady_time at, const core::moment& now) {
    if (at < next_) return;
    next_ = at + tick_interval;
    keeper_.tick(now);
    exchange();
}

bool fleet_limits::leave() {
    const auto now = core::steady_now();
    if (!leaves_until_) {
        leaves_until_ = now + leaves_within;
        keeper_.leave();
    }
    exchange();
    return !exchanging_ && (keeper_.has_left() || now >= *leaves_until_);
}

// One request at a time: what is wanted meanwhile goes with the next one.
core::detached fleet_limits::exchange() {
    if (exchanging_ || core::steady_now() < again_at_) co_return;
    exchanging_ = true;
    while (const auto* request = keeper_.next(core::moment::now())) {
        const auto answer = co_await store_.lease(*request);
        if (answer) {
            keeper_.answered(*answer, core::moment::now());
            if (std::exchange(failing_, false))
                log_.info("leases from the database come again", {{"of", what_}});
            continue;
        }
        if (answer.error().kind == core::failure_kind::invalid)
            keeper_.refused(core::moment::now());
        else
            keeper_.failed(core::moment::now());
        again_at_ = core::steady_now() + pause_after_failure;
        if (!std::exchange(failing_, true))
            log_.warning("nothing can be leased from the database now",
                         {{"of", what_},
                          {"reason", answer.error().message},
                          {"mend", "rate_limit.when_unsure says what limits do meanwhile"}});
        break;
    }
    exchanging_ = false;
}

core::rate_decision rate_decision_of(const core::lease_decision& said) noexcept {
    core::rate_decision d;
    d.allowed = said.what == core::lease_decision::standing::allowed;
    d.remaining = said.remaining;
    d.full_after = said.ends_in;
    if (!d.allowed) d.retry_after = said.ends_in;
    return d;
}

} // namespace latchkey::auth
