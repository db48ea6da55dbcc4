#include "pg/migrate/step_runner.hpp"

#include <latchkey/core/clock.hpp>

#include <thread>

namespace latchkey::pg {

namespace {

// In milliseconds. Some servers set it below what an attempt takes.
constexpr const char* deadlock_timeout =
    "select setting::integer from pg_settings where name = 'deadlock_timeout'";

std::string in_seconds(core::milliseconds time) {
    return time.count() % 1000 == 0 ? std::to_string(time.count() / 1000) + " s"
                                    : std::to_string(time.count()) + " ms";
}

} // namespace

step_runner::step_runner(watched_session& session, core::milliseconds lock_wait,
                         std::function<void(const std::string&)> at)
    : session_(session), lock_wait_(lock_wait), at_(std::move(at)) {
    auto attempt_ms = lock_attempt.count();
    if (const auto rows = session_.run(deadlock_timeout); rows && PQntuples(rows->get()) == 1)
        attempt_ms = std::min<std::int64_t>(
            attempt_ms, std::max(1, std::stoi(PQgetvalue(rows->get(), 0, 0)) / 2));
    begin_ =
        std::string(begin_transaction) + "; set local lock_timeout = " + std::to_string(attempt_ms);
}

lock_patience step_runner::patience() const {
    return {lock_wait_, core::steady_now()};
}

core::result<void> step_runner::pause(const std::string& what, lock_patience& patience,
                                      const core::failure& why) {
    const double random = std::uniform_real_distribution<>(0, 1)(random_);
    const auto pause = patience.pause(core::steady_now(), random);
    if (pause) {
        std::this_thread::sleep_for(*pause);
        return {};
    }
    const auto who =
        session_.blockers().empty() ? "others (" + why.message + ")" : session_.blockers();
    return core::failure{
        core::failure_kind::unavailable,
        what + ": for longer than " + in_seconds(lock_wait_) + " it waits for a lock of " + who +
            ". What is done stays done: wait until that transaction has ended, or end it, and run "
            "latchkey migrate again"};
}

core::result<void> step_runner::patiently(const std::string& what,
                                          const std::function<outcome()>& attempt) {
    session_.forget_blockers();
    auto left = patience();
    for (;;) {
        const auto done = attempt();
        if (done) return {};
        const auto& failed = done.error();
        if (!failed.gave_way)
            return core::failure{failed.why.kind,
                                 what + " failed and was rolled back: " + failed.why.message};
        if (auto paused = pause(what, left, failed.why); !paused) return paused;
    }
}

step_runner::outcome step_runner::in_transaction(const std::function<outcome()>& body) {
    if (auto begun = session_.run(begin_); !begun) return begun;
    auto done = body();
    auto ended = session_.run(done ? "commit" : "rollback");
    if (done && !ended) return ended;
    return done;
}

} // namespace latchkey::pg
