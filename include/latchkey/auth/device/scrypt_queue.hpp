#pragma once
// Decides which scrypt computations are made, and in which order: first come, first served, with
// bounds on all and on each device, and one computation for all questions with the same key.
// scrypt_pool computes and answers.

#include <latchkey/auth/configuration.hpp>
#include <latchkey/auth/device/scrypt_question.hpp>
#include <latchkey/core/clock.hpp>

#include <cstddef>
#include <deque>
#include <vector>

namespace latchkey::auth {

/// What happens to a question.
enum class scrypt_admission {
    known,       ///< the outcome was kept, and is on its way
    begun,       ///< waits for a thread
    shared,      ///< gets the answer of another question's computation
    queue_full,  ///< refused: `queue_max` computations wait
    device_full, ///< refused: `device_max` computations wait or run for its device
    stopped,     ///< refused: the server is stopping
};

/// True if `decided` will be called. If false, the caller keeps its question and answers 503.
constexpr bool admitted(scrypt_admission a) noexcept {
    return a <= scrypt_admission::shared;
}

/// Not thread-safe. Keeps pointers to questions from `add` until `finish`, `expire` or `close`
/// hands them out.
class scrypt_queue {
  public:
    explicit scrypt_queue(const scrypt_configuration& settings) : settings_(settings) {}

    /// Returns `begun`, `shared`, or a refusal, which leaves the question unchanged. Questions that
    /// share cost no computation and count for no bound here; their number is bounded by their
    /// connections.
    scrypt_admission add(scrypt_question&, core::boot_time now);

    struct turn {
        scrypt_question* question = nullptr; ///< null if none waits
        /// It has waited for longer than `wait_max` and is no longer worth computing.
        bool late = false;
    };
    /// Takes the question that is next. Late or not, it counts as running, and may be shared, until
    /// `finish`.
    turn take(core::boot_time now);

    /// Removes and returns the questions that have waited for longer than `wait_max`, each with its
    /// sharers.
    std::vector<scrypt_question*> expire(core::boot_time now);
    /// True if one of the running questions has run for longer than `most`.
    bool runs_longer_than(core::milliseconds most, core::boot_time now) const noexcept;

    /// Ends sharing. All questions that get this answer are linked to this one, the first of them.
    void finish(scrypt_question&) noexcept;

    /// Makes `add` refuse from now on. Returns the waiting questions, each with its sharers.
    std::deque<scrypt_question*> close() noexcept;

    std::size_t waiting() const noexcept { return waiting_.size(); }
    /// True if a computation waits or runs.
    bool wanted() const noexcept { return !waiting_.empty() || !running_.empty(); }

  private:
    scrypt_question* with_key(const core::fingerprint&) const noexcept;
    std::size_t count_of(const core::fingerprint& device) const noexcept;
    bool is_late(const scrypt_question&, core::boot_time now) const noexcept;

    // Searched linearly: they are few, and each stands for tens of milliseconds of scrypt.
    std::deque<scrypt_question*> waiting_;
    std::vector<scrypt_question*> running_;
    scrypt_configuration settings_;
    bool closed_ = false;
};

} // namespace latchkey::auth
