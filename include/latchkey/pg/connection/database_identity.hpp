#pragma once
// Which database a connection has reached, and which one this process trusts: the one that its
// change feed reads. After a fail-over, or when an address leads elsewhere, connections to any
// other database are useless, however well they work.

#include <latchkey/core/clock.hpp>

#include <atomic>
#include <cstdint>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>

namespace latchkey::pg {

/// Place and era are needed together: two promotions of one server may share a timeline, and a copy
/// of a server's files has its system identifier. A copy that is put back has both: that the server
/// was started anew gives it away.
struct database_identity {
    std::string place;              ///< system identifier, database and timeline
    std::optional<std::string> era; ///< nullopt: none has begun since a crash or a promotion
    std::string started{};          ///< when the server's process started

    bool operator==(const database_identity&) const = default;
    /// System identifier and database: the part that a promotion does not change.
    std::string_view lineage() const noexcept;
    /// Eight digits, so that timelines compare as texts: a later one is greater.
    std::string_view timeline() const noexcept;
};

/// Which database the feed reads. There is one fence for the process.
class identity_fence {
  public:
    // --- the feed's thread ---
    /// Must be called before anything that the poll returned is trusted: from then on no answer of
    /// another database is taken.
    void seen(const database_identity&);
    /// Returns whether a primary of the same lineage that was promoted later has been met within
    /// the last 10 s: the given database does not know that it is no longer the primary.
    bool is_overtaken(const database_identity&, core::steady_time now) const;
    /// The fence is open, and look-ups may be answered, once everything that the feed tells is
    /// known and this process's row in `nodes` is committed. It is shut at the start and while the
    /// feed starts over.
    void open() noexcept { is_open_.store(true); }
    void shut() noexcept {
        is_open_.store(false);
        ++times_shut_;
    }

    // --- any thread ---
    bool is_open() const noexcept { return is_open_.load(); }
    /// Grows whenever it is shut: from then on nobody knows whether what was committed before is
    /// there.
    std::uint64_t times_shut() const noexcept { return times_shut_.load(); }
    /// A connection has reached this primary.
    void met(const database_identity&, core::steady_time now);
    /// Grows when the feed sees another database.
    std::uint64_t generation() const noexcept { return generation_.load(); }
    /// Admits every database until the feed has read one.
    bool admits(const database_identity&) const;
    /// The database that the feed reads; nullopt until it has read one.
    std::optional<database_identity> current() const;

  private:
    static constexpr core::seconds meeting_counts{10};
    struct meeting {
        std::string timeline;
        core::steady_time at;
    };
    mutable std::mutex mutex_;
    std::optional<database_identity> current_;
    bool is_current_overtaken_ = false;
    std::map<std::string, meeting, std::less<>> latest_; ///< by lineage
    std::atomic<std::uint64_t> generation_{0};
    std::atomic<bool> is_open_{false};
    std::atomic<std::uint64_t> times_shut_{0};
};

/// One connection's database, compared with the fence. Lives on the connection's thread.
class fenced_identity {
  public:
    /// A null fence admits every database.
    explicit fenced_identity(identity_fence* fence) noexcept : fence_(fence) {}

    void set(database_identity own, core::steady_time now);
    const database_identity& own() const noexcept { return own_; }
    /// Returns whether the connection's answers may be taken now. Costs one atomic load, unless the
    /// feed has seen another database.
    bool holds() const;

  private:
    identity_fence* fence_;
    database_identity own_;
    mutable std::uint64_t judged_at_ = 0; ///< the fence's generation
    mutable bool holds_ = true;
};

} // namespace latchkey::pg
