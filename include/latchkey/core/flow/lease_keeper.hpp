#pragma once
// Leases parts of limits that all nodes share, ahead of need, for many buckets in one request
// (lease_bucket.hpp says what is leased). Decides what to ask for and what to give back; somebody
// else asks the database.
//
// A node holds what it spends in a moment at its measured rate, and at least one while the limit is
// in use; it gives back the rest, and all that it does not spend when others want more than there
// is. A request that was not answered is sent again as it was, under the same number: the database
// does it once. Times of windows are the database's, as of the sending of the request: a lease ends
// here no later than there.

#include <latchkey/core/cache/epochs.hpp>
#include <latchkey/core/flow/lease_bucket.hpp>
#include <latchkey/core/flow/lease_table.hpp>
#include <latchkey/core/flow/when_unsure.hpp>
#include <latchkey/core/mailbox.hpp>
#include <latchkey/core/metrics.hpp>

#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

namespace latchkey::core {

/// What is asked of the database for one bucket.
struct lease_line {
    lease_terms terms;
    std::optional<std::int64_t> number; ///< of the window; nullopt: the present one
    std::int64_t asked = 0;
    std::int64_t needed = 0; ///< of that, by questions that wait
    std::int64_t returned = 0;
    std::int64_t taken = 0; ///< unasked, while the database was away
    std::int64_t spent = 0; ///< since it was last told; of accounts
};
struct lease_request {
    std::uint64_t seq = 0;
    std::int64_t after = -1; ///< the last one that was answered
    std::string life;        ///< of the database, as it last told; empty: not known
    std::vector<lease_line> lines;
};
/// What the database answered.
struct lease_answer {
    enum class state { good, others_want, unknown_here, not_now };
    struct window {
        std::int64_t number = 0;
        std::int64_t granted = 0;
        std::int64_t rest = 0;
        state is = state::good;
    };
    std::int64_t now_us = 0; ///< the database's clock, since 1970
    std::int64_t nodes = 1;
    std::string life; ///< of the database
    std::vector<window> windows;
    /// Nothing was done: the database has lost the requests after this one.
    std::optional<std::int64_t> behind{};
};

class lease_keeper;

/// A request that waits for a bucket's first lease. It travels to the keeper's thread and back to
/// its own. Its owner keeps it until `decided`.
class lease_inquiry : public mail {
  public:
    // --- set by the asker ---
    lease_key key{};
    lease_terms terms;
    std::uint64_t cost = 1;
    boot_time decided_at{}; ///< of the decision that found nothing leased

    bool refused = false; ///< no lease can be had: there is no room for another bucket

    /// Called on the asker's thread: decide again.
    virtual void decided() noexcept = 0;
    void arrived() noexcept final;

  protected:
    ~lease_inquiry() = default;

  private:
    friend class lease_keeper;
    lease_keeper* keeper_ = nullptr; ///< on the way there
    mailbox* back_ = nullptr;
};

class lease_keeper {
  public:
    struct settings {
        when_unsure unsure = when_unsure::closed;
        nanoseconds wait_max; ///< for a first lease
    };
    /// Keeps at most `buckets_max` buckets. `there` is the mailbox of the keeper's thread.
    lease_keeper(std::size_t buckets_max, epochs& readers, mailbox& there, const settings&);
    ~lease_keeper();

    // --- any worker ---
    /// Its reader must be pinned. Returns null if nobody has asked for this one yet.
    lease_bucket* find(lease_key key) const noexcept { return table_.find(key); }
    /// `decided` is called later, by way of `back`.
    void ask(lease_inquiry&, mailbox& back);

    // --- its own thread ---
    /// Called when there is something urgent to send.
    void set_urgent(std::function<void()> call) { urgent_ = std::move(call); }
    /// Call it some twenty times a second.
    void tick(const moment& now);
    /// Returns what to send now; null if there is nothing, or a request is under way. The same one
    /// comes again after `failed`.
    const lease_request* next(const moment& now);
    void answered(const lease_answer&, const moment& now);
    /// Whether it was carried out is not known: the same one will be sent again.
    void failed(const moment& now);
    /// It was not carried out, and would not be another time. Its lines are sent one by one, so
    /// that one bad line does not hold up the others.
    void refused(const moment& now);
    /// Prepares to give everything back; then `next` returns the last request.
    void leave();
    /// True once all of it was answered.
    bool has_left() const noexcept { return leaving_ && !unanswered_ && due_.empty(); }

    // --- any thread ---
    void collect(metric_sink&, std::string_view what) const;

  private:
    friend class lease_inquiry;
    struct holding;
    /// What a request has told of an account.
    struct told_line {
        std::int64_t seq;
        boot_time at;
        lease_key key;
        lease_terms terms;
        std::int64_t spent;
        std::int64_t returned;
    };

    void arrived(lease_inquiry&);
    holding* hold(const lease_inquiry&);
    holding* make_holding(lease_key, const lease_terms&);
    void is_due(holding&);
    void append_lines(holding&, std::int64_t now);
    void append_present(holding&, lease_bucket::slot&, std::int64_t now);
    void append_next(holding&, const lease_bucket::slot& present, std::int64_t now);
    void add_line(holding&, const lease_line&);
    void settle(holding&, const lease_answer::window&, std::int64_t now);
    void begin_life(const std::string& life, std::int64_t now);
    bool make_room(const lease_inquiry&);
    void forget_dropped();
    void cannot_lease(holding&, const moment& now);
    std::int64_t end_of_window(const holding&, const moment& now) const;
    void wait_no_longer(holding&, const moment& now);
    void take_up_again(holding&, const lease_line&);
    void remember(const moment& now);
    void tell_again(std::int64_t behind, const moment& now);
    bool take_local_share(holding&, const moment& now);
    std::int64_t target_of(const holding&, std::int64_t now) const;
    std::int64_t horizon() const noexcept;

    const settings settings_;
    lease_table table_;
    mailbox& there_;
    std::function<void()> urgent_;
    std::size_t buckets_max_;
    std::unordered_map<lease_key, std::unique_ptr<holding>, lease_key_hash> held_;
    std::deque<holding*> due_;
    std::unordered_map<holding*, std::unique_ptr<holding>> gone_; ///< dropped, and still in `due_`
    lease_request request_;
    std::vector<holding*> asked_for_; ///< line by line
    bool under_way_ = false;
    bool unanswered_ = false; ///< `request_` has to be sent again
    bool leaving_ = false;
    std::deque<told_line> told_; ///< of late: a database that fails over may lose it
    std::size_t one_by_one_ = 0; ///< so many lines are still sent each by itself
    boot_time sent_at_{};
    boot_time measured_at_{};
    std::optional<boot_time> failing_since_;
    std::int64_t round_trip_ = 0;           ///< nanoseconds
    std::optional<std::int64_t> offset_us_; ///< the database's clock less boot time
    std::int64_t nodes_ = 0;                ///< that lease; 0: not known
    std::string life_;
    std::int64_t lives_ = 0; ///< that were told
    counter requests_;
    counter waits_;
    counter unsure_;
    gauge buckets_;
    gauge nodes_seen_;
};

} // namespace latchkey::core
