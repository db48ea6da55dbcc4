#pragma once
// A steady load of questions of all kinds, whose right answers are known. Each answer is checked
// against the law "a verdict is never a guess".

#include "../end_to_end/issuing_nodes.hpp"

#include <atomic>
#include <chrono>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

namespace latchkey::test {

/// The answers to one kind of question.
struct tally {
    int right = 0;   ///< the only right verdict
    int refused = 0; ///< 503 with Retry-After
    int slow = 0;    ///< refused later than 50 ms
    std::vector<std::string> wrong;
};

/// The credentials that the questions are about; made while the database works.
struct known_credentials {
    std::string cached_key;
    std::string revoked_key;
    std::string token;
    std::vector<std::string> cold_keys; ///< asked with no-store
};

class steady_load {
  public:
    steady_load(const server_process&, known_credentials);
    ~steady_load() { stop(); }
    steady_load(const steady_load&) = delete;
    steady_load& operator=(const steady_load&) = delete;

    /// The kinds are "cached key", "token", "good", "unknown" and "revoked". The last three are
    /// cold.
    tally of(const std::string& kind) const;
    tally cold() const;
    /// Counts only questions asked from now on. Wrong answers from before are kept.
    void begin_anew();
    void stop();
    /// Returns all wrong answers since the start (ten of each kind at most).
    std::string wrong() const;

  private:
    void ask_on(std::string kind, std::size_t number);
    std::string question(const std::string& kind, std::size_t number, std::size_t n) const;
    void judge(const std::string& kind, const answer&, std::chrono::steady_clock::time_point begun);

    const server_process& server_;
    const known_credentials known_;
    mutable std::mutex mutex_;
    std::map<std::string, tally> tallies_;
    std::chrono::steady_clock::time_point anew_{};
    std::atomic<bool> stopping_{false};
    std::vector<std::thread> threads_;
};

} // namespace latchkey::test
