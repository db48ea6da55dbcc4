#pragma once
// Whose database it is that a connection has reached, and which of them this process believes: the
// one that its feed of changes reads. After a fail-over, or when an address leads elsewhere, the
// connections of the other one are of no use any more, however well they work.

#include <latchkey/core/clock.hpp>

#include <atomic>
#include <cstdint>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>

namespace latchkey::pg {

/// Two promotions of one server may share a timeline, and a copy of its files its system
/// identifier: each part alone says little.
struct database_identity {
    std::string place;              ///< system identifier, database and timeline
    std::optional<std::string> era; ///< none has begun since a crash or a promotion

    bool operator==(const database_identity&) const = default;
    /// System identifier and database: what a promotion leaves as it was.
    std::string_view lineage() const noexcept;
    /// Of eight digits each: a later one is a greater text.
    std::string_view timeline() const noexcept;
};

/// Which database the feed reads. One for the process.
class identity_fence {
  public:
    // --- the feed's thread ---
    /// Before anything of what the poll told is believed: from then on no answer of another
    /// database's is taken.
    void seen(const database_identity&);
    /// A primary of its lineage has been met lately that was promoted later: this one does not know
    /// that it is none any more.
    bool is_overtaken(const database_identity&, core::steady_time now) const;
    /// All that the feed tells is known, and this process's row in `nodes` is committed: look-ups
    /// may be answered. Shut at the start, and while it starts over.
    void open() noexcept { is_open_.store(true); }
    void shut() noexcept { is_open_.store(false); }

    // --- any thread ---
    bool is_open() const noexcept { return is_open_.load(); }
    /// A connection has reached this primary.
    void met(const database_identity&, core::steady_time now);
    /// Grows when the feed sees another one.
    std::uint64_t generation() const noexcept { return generation_.load(); }
    /// As long as the feed has read none, all of them.
    bool admits(const database_identity&) const;
    /// What the feed reads; nothing: it has not read yet.
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
};

/// One connection's database, held against the fence. Lives on the connection's thread.
class fenced_identity {
  public:
    /// Null: any will do.
    explicit fenced_identity(identity_fence* fence) noexcept : fence_(fence) {}

    void set(database_identity own, core::steady_time now);
    const database_identity& own() const noexcept { return own_; }
    /// Whether what it answers now may be taken. Costs one load, unless the feed has seen another.
    bool holds() const;

  private:
    identity_fence* fence_;
    database_identity own_;
    mutable std::uint64_t judged_at_ = 0; ///< generation
    mutable bool holds_ = true;
};

} // namespace latchkey::pg
