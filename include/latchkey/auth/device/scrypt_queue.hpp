#pragma once
// Which scrypt computations are made, and in which order: first come, first served, within bounds
// in all and per device, and one for all questions with the same key. Decides only; scrypt_pool
// computes and answers.

#include <latchkey/auth/configuration.hpp>
#include <latchkey/auth/device/scrypt_question.hpp>
#include <latchkey/core/clock.hpp>

#include <cstddef>
#include <deque>
#include <vector>

namespace latchkey::auth {

/// What becomes of a question.
enum class scrypt_admission {
    known,       ///< the outcome was kept; it is on its way
    begun,       ///< waits for a thread
    shared,      ///< gets the answer of another's computation
    queue_full,  ///< refused: `queue_max` wait
    device_full, ///< refused: `device_max` wait or run for its device
    stopped,     ///< refused: the server is going away
};

/// True: `decided` will be called. False: the caller answers 503, and keeps its question.
constexpr bool admitted(scrypt_admission a) noexcept {
    return a <= scrypt_admission::shared;
}

/// Not for several threads at once. Keeps pointers to questions from `add` until they are handed
/// out by `finish` or `close`.
class scrypt_queue {
  public:
    explicit scrypt_queue(const scrypt_configuration& settings) : settings_(settings) {}

    /// `begun`, `shared`, or a refusal that leaves the question alone. Those that share cost no
    /// computation and count for no bound: their connections do.
    scrypt_admission add(scrypt_question&, core::boot_time now);

    struct turn {
        scrypt_question* question = nullptr; ///< null: none waits
        bool late = false; ///< it waited for longer than `wait_max`: not worth computing any more
    };
    /// Whose turn it is. Counts as running, late or not, and may still be shared, until `finish`.
    turn take(core::boot_time now);

    /// Those that have waited for longer than `wait_max`, each with its sharers: they wait no more.
    std::vector<scrypt_question*> expire(core::boot_time now);
    /// One of those that run does so for longer than `most`.
    bool runs_longer_than(core::milliseconds most, core::boot_time now) const noexcept;

    /// No more sharers. All that get this answer hang on the question, which is the first of them.
    void finish(scrypt_question&) noexcept;

    /// From now on, `add` refuses. Those that wait, each with its sharers.
    std::deque<scrypt_question*> close() noexcept;

    std::size_t waiting() const noexcept { return waiting_.size(); }
    /// A computation waits or runs.
    bool wanted() const noexcept { return !waiting_.empty() || !running_.empty(); }

  private:
    scrypt_question* with_key(const core::fingerprint&) const noexcept;
    std::size_t count_of(const core::fingerprint& device) const noexcept;
    bool is_late(const scrypt_question&, core::boot_time now) const noexcept;

    // Searched from end to end: they are few, and each stands for tens of milliseconds of scrypt.
    std::deque<scrypt_question*> waiting_;
    std::vector<scrypt_question*> running_;
    scrypt_configuration settings_;
    bool closed_ = false;
};

} // namespace latchkey::auth
