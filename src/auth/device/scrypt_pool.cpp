#include <latchkey/auth/device/scrypt_pool.hpp>

#include <pthread.h>
#include <sched.h>
#include <sys/resource.h>
#include <unistd.h>

#include <chrono>
#include <utility>

namespace latchkey::auth {

namespace {

constexpr const char* waited_too_long = "the password waited too long for its turn to be checked";
constexpr const char* not_computed = "the password could not be checked";
constexpr const char* going_away = "the server is going away";

constexpr int nice_where_idle_is_for_good = 10;

void schedule(pthread_t thread, int policy) noexcept {
    const sched_param none{};
    ::pthread_setschedparam(thread, policy, &none);
}

// A thread that has become SCHED_IDLE can return only with this right (sched(7)): LimitNICE=+0, or
// root's.
bool may_come_back() noexcept {
    rlimit nice{};
    constexpr rlim_t to_nice_0 = 20;
    return ::geteuid() == 0 || (::getrlimit(RLIMIT_NICE, &nice) == 0 && nice.rlim_cur >= to_nice_0);
}

// Lets the workers go first: they answer thousands of questions in the time of one scrypt. A lower
// nice value alone would make them wait for whole ticks of the kernel's clock. Without the right to
// return, however, busy workers would delay the computation for seconds.
void give_way() {
    ::pthread_setname_np(::pthread_self(), "scrypt");
    if (may_come_back()) return schedule(::pthread_self(), SCHED_IDLE);
    ::setpriority(PRIO_PROCESS, static_cast<id_t>(::gettid()), nice_where_idle_is_for_good);
}

// Sends the question back, with all that share its answer. None of them may be touched afterwards.
void answer(scrypt_question& first, std::optional<bool> matches, const char* reason) noexcept {
    for (auto* q = &first; q;) {
        auto* next = std::exchange(q->next_sharer, nullptr);
        q->matches = matches;
        q->reason = reason;
        q->answer_box->send(*q);
        q = next;
    }
}

} // namespace

scrypt_pool::scrypt_pool(const scrypt_configuration& settings, std::size_t cores, function compute)
    : compute_(std::move(compute)),
      results_(settings.results_max, settings.results_ttl),
      starving_after_(settings.wait_max * 5),
      queue_(settings),
      starvation_(cores) {
    for (auto left = scrypt_threads(settings, cores); left > 0; --left)
        threads_.emplace_back([this](const std::stop_token& stopping) { run(stopping); });
}

scrypt_pool::~scrypt_pool() {
    stop();
}

scrypt_admission scrypt_pool::try_begin(scrypt_question& q, core::boot_time now) {
    std::unique_lock lock(mutex_);
    // Looks again, under the lock: an outcome is kept before its computation leaves the queue, so a
    // question finds one or the other and is not computed twice.
    const auto outcome = results_.find(q.key, now);
    const auto admission = outcome ? scrypt_admission::known : queue_.add(q, now);
    count(admission);
    lock.unlock();
    if (outcome) answer(q, outcome, "");
    if (admission == scrypt_admission::begun) work_.notify_one();
    return admission;
}

void scrypt_pool::count(scrypt_admission admission) noexcept {
    switch (admission) {
    case scrypt_admission::known:
        return cells_.known.add();
    case scrypt_admission::begun:
        return cells_.begun.add();
    case scrypt_admission::shared:
        return cells_.shared.add();
    case scrypt_admission::queue_full:
    case scrypt_admission::device_full:
    case scrypt_admission::stopped:
        return cells_.refused.add();
    }
}

void scrypt_pool::run(const std::stop_token& stopping) {
    give_way();
    std::unique_lock lock(mutex_);
    while (work_.wait(lock, stopping, [this] { return queue_.waiting() > 0; })) {
        const auto [question, late] = queue_.take(core::boot_clock::now());
        lock.unlock();
        const auto begin = core::steady_now();
        const auto outcome = late ? std::nullopt : compute(*question);
        const std::chrono::duration<double> took = core::steady_now() - begin;
        lock.lock();
        queue_.finish(*question);
        ++finished_;
        if (!late) cells_.durations.observe(took.count());
        if (!outcome) cells_.undecided.add();
        lock.unlock();
        answer(*question, outcome, outcome ? "" : late ? waited_too_long : not_computed);
        lock.lock();
    }
}

void scrypt_pool::hurry(bool wanted) noexcept {
    if (std::exchange(hurried_, wanted) == wanted || !may_come_back()) return;
    for (auto& thread : threads_)
        schedule(thread.native_handle(), wanted ? SCHED_OTHER : SCHED_IDLE);
}

void scrypt_pool::tick(core::boot_time now, core::nanoseconds used) {
    std::unique_lock lock(mutex_);
    const auto late = queue_.expire(now);
    const bool starving = starvation_.look(queue_.wanted(), finished_, now, used) ||
                          queue_.runs_longer_than(starving_after_, now);
    cells_.undecided.add(late.size());
    lock.unlock();
    for (auto* q : late)
        answer(*q, std::nullopt, waited_too_long);
    hurry(starving);
}

std::optional<bool> scrypt_pool::compute(const scrypt_question& q) noexcept {
    try {
        const bool matches = compute_(*q.hash, q.presented.reveal());
        results_.keep(q.key, matches, core::boot_clock::now());
        return matches;
    } catch (...) { // most likely out of memory
        return std::nullopt;
    }
}

void scrypt_pool::stop() noexcept {
    std::unique_lock lock(mutex_);
    const auto left = queue_.close();
    cells_.undecided.add(left.size());
    lock.unlock();
    for (auto* q : left)
        answer(*q, std::nullopt, going_away);
    for (auto& thread : threads_)
        thread.request_stop();
    threads_.clear(); // joins them
}

void scrypt_pool::collect(core::metric_sink& sink) const {
    constexpr auto name = "auth_scrypt_questions_total";
    constexpr auto help = "Questions put to the scrypt threads, by what became of them.";
    const auto add = [&](std::string_view admission, const core::counter& c) {
        sink.add_counter(name, help, {{"admission", admission}}, static_cast<double>(c.value()));
    };
    add("known", cells_.known);
    add("begun", cells_.begun);
    add("shared", cells_.shared);
    add("refused", cells_.refused);
    sink.add_counter("auth_scrypt_undecided_total",
                     "Computations that waited too long, failed or were left at the end.", {},
                     static_cast<double>(cells_.undecided.value()));
    sink.add_histogram("auth_scrypt_duration_seconds", "Time of one scrypt computation.", {},
                       cells_.durations);
    sink.add_gauge("auth_scrypt_results", "Outcomes of scrypt that are kept.", {},
                   static_cast<double>(results_.count()));
    const std::lock_guard lock(mutex_);
    sink.add_gauge("auth_scrypt_waiting", "Computations that wait for a thread.", {},
                   static_cast<double>(queue_.waiting()));
}

} // namespace latchkey::auth
