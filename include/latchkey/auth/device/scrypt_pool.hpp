#pragma once
// scrypt away from the workers: a few threads behind a bounded queue, which compute in what time
// the others leave, and what they found out, kept for a while.
//
//   q.key = scrypt_key(*hash, fingerprint);
//   if (auto known = pool.known(q.key, now)) …               // a repeated login: no scrypt
//   else if (!admitted(pool.try_begin(q, now))) …            // 503, at once
//   else …                                                   // q.decided() on this worker, later
//
// What scrypt costs can be measured from outside: a new guess at such a device takes as long as
// scrypt does, one at an unknown device does not.

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

/// Shared by all workers; outlives their questions, and dies before their mailboxes.
class scrypt_pool {
  public:
    /// Blocks; may throw when it cannot tell.
    using function = std::function<bool(const crypto::password_hash&, std::string_view)>;

    /// Begins its threads. `compute` is for tests.
    scrypt_pool(const scrypt_configuration&, std::size_t cores,
                function compute = &crypto::password_hash::matches);
    ~scrypt_pool(); ///< stops
    scrypt_pool(const scrypt_pool&) = delete;
    scrypt_pool& operator=(const scrypt_pool&) = delete;

    /// What was found out before. Any thread; waits for no computation.
    std::optional<bool> known(const core::fingerprint& key, core::boot_time now) const {
        return results_.find(key, now);
    }
    /// At once, on any thread: see scrypt_admission.
    scrypt_admission try_begin(scrypt_question&, core::boot_time now);

    /// Now and then, on one thread: answers those that have waited for too long, and hurries the
    /// threads while one of them does not get on. `used`: the CPU time of this process so far.
    void tick(core::boot_time now, core::nanoseconds used);

    /// Those that wait are answered as undecided, what is being computed is waited for and
    /// answered, later ones are refused. Any thread, more than once, but not twice at once.
    void stop() noexcept;

    /// Any thread.
    void collect(core::metric_sink&) const;

  private:
    /// Written under the mutex.
    struct cells {
        core::counter known, begun, shared, refused; ///< questions, by their admission
        core::counter undecided;                     ///< computations that came to nothing
        core::latency_histogram durations;           ///< of computations
    };

    void run(const std::stop_token&);
    std::optional<bool> compute(const scrypt_question&) noexcept;
    void count(scrypt_admission) noexcept;
    void hurry(bool) noexcept;

    function compute_;
    scrypt_results results_;
    // Seldom enough that the workers' p99 is not of the requests that a hurried computation delays.
    const core::milliseconds starving_after_;

    // Held for a search of the queue, a few hundred nanoseconds, never while scrypt is computed. A
    // worker that meets it asks for tens of milliseconds of scrypt anyway, and while it sleeps, its
    // core is free for the thread that holds it.
    mutable std::mutex mutex_;
    std::condition_variable_any work_;
    scrypt_queue queue_;
    cells cells_;

    std::uint64_t finished_ = 0;   ///< computations; under the mutex
    scrypt_starvation starvation_; ///< used by `tick` alone, as is the next
    bool hurried_ = false;
    std::vector<std::jthread> threads_; ///< last: they use all above
};

} // namespace latchkey::auth
