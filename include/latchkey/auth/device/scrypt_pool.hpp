#pragma once
// Computes scrypt away from the workers: a few threads of low priority behind a bounded queue.
// Outcomes are kept for a while.
//
//   q.key = scrypt_key(*hash, fingerprint);
//   if (auto known = pool.known(q.key, now)) …               // a repeated login: no scrypt
//   else if (!admitted(pool.try_begin(q, now))) …            // 503, at once
//   else …                                                   // q.decided() on this worker, later
//
// The time of scrypt can be measured from outside: a new guess at a device with a scrypt form takes
// as long as scrypt does; a guess at an unknown device does not.

#include <latchkey/auth/device/scrypt_queue.hpp>
#include <latchkey/auth/device/scrypt_results.hpp>
#include <latchkey/auth/device/scrypt_starvation.hpp>
#include <latchkey/core/metrics.hpp>

#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <mutex>
#include <optional>
#include <stop_token>
#include <string_view>
#include <thread>
#include <vector>

namespace latchkey::auth {

/// Shared by all workers. Must outlive their questions, and be destroyed before their mailboxes.
class scrypt_pool {
  public:
    /// Blocks. May throw when it cannot decide.
    using function = std::function<bool(const crypto::password_hash&, std::string_view)>;

    /// Starts its threads. `compute` is replaced in tests.
    scrypt_pool(const scrypt_configuration&, std::size_t cores,
                function compute = &crypto::password_hash::matches);
    ~scrypt_pool(); ///< calls stop()
    scrypt_pool(const scrypt_pool&) = delete;
    scrypt_pool& operator=(const scrypt_pool&) = delete;

    /// Returns the outcome if it is kept. Any thread; waits for no computation.
    std::optional<bool> known(const core::fingerprint& key, core::boot_time now) const {
        return results_.find(key, now);
    }
    /// Returns at once; see scrypt_admission. Any thread.
    scrypt_admission try_begin(scrypt_question&, core::boot_time now);

    /// Called now and then, on one thread: answers questions that have waited for too long, and
    /// raises the threads' priority while they make no progress. `used` is the CPU time of this
    /// process so far.
    void tick(core::boot_time now, core::nanoseconds used);

    /// Answers waiting questions as undecided, waits for the running computations and answers them.
    /// Later questions are refused. Any thread, more than once, but not concurrently.
    void stop() noexcept;

    /// Any thread.
    void collect(core::metric_sink&) const;

  private:
    /// Written only with the mutex held.
    struct cells {
        core::counter known, begun, shared, refused; ///< questions, by their admission
        core::counter undecided;                     ///< computations without an outcome
        core::latency_histogram durations;           ///< of computations, in seconds
    };

    void run(const std::stop_token&);
    std::optional<bool> compute(const scrypt_question&) noexcept;
    void count(scrypt_admission) noexcept;
    void hurry(bool) noexcept;

    function compute_;
    scrypt_results results_;
    // Long enough that hurried computations are rare: the requests that they delay must stay out
    // of the workers' p99.
    const core::milliseconds starving_after_;

    // Held while the queue is searched, a few hundred nanoseconds, never while scrypt is computed.
    // A worker that finds it locked asks for tens of milliseconds of scrypt anyway, and while it
    // sleeps, its core is free for the thread that holds the lock.
    mutable std::mutex mutex_;
    std::condition_variable_any work_;
    scrypt_queue queue_;
    cells cells_;

    std::uint64_t finished_ = 0;   ///< computations; protected by the mutex
    scrypt_starvation starvation_; ///< used by `tick` only, as is hurried_
    bool hurried_ = false;
    std::vector<std::jthread> threads_; ///< last, because they use all members above
};

} // namespace latchkey::auth
