#pragma once
// The revocations that this process has obeyed of late, so that a database that has lost them can
// be told again. PostgreSQL may lose commits: by a fail-over to a standby that did not have them
// yet, or by a restored backup.
//
// From such a loss until the database has judged what is remembered (`next_page`), all of that is
// *withheld*: neither valid nor revoked, since an operator may have restored it meanwhile. Decides
// and remembers; asks nobody itself.

#include <latchkey/auth/revocation/revocation_set.hpp>
#include <latchkey/core/clock.hpp>
#include <latchkey/core/metrics.hpp>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace latchkey::auth {

/// What is remembered of one database, or a part of it.
struct remembered_page {
    std::vector<std::string> eras; ///< that were followed, the last one being that of `what`
    std::string seen;              ///< the snapshot up to which that era was followed
    std::vector<revocation> what;
    // --- for `settled` ---
    std::uint64_t series = 0;
    std::size_t chapter = 0;
    std::size_t entries = 0; ///< that it covers, as far as they are read
};

/// Used on the thread that applies the feed; any thread may read the counts.
class remembered_revocations {
  public:
    struct terms {
        core::nanoseconds keep;         ///< after the database was last seen to have it
        std::size_t bytes_max;          ///< past it the oldest are forgotten
        core::nanoseconds look_up_time; ///< the longest that a look-up may take
    };
    /// `withheld` is what workers ask.
    remembered_revocations(revocation_set& withheld, const terms&);
    ~remembered_revocations();

    /// The database is in this era from now on. Earlier ones may be told, too, oldest first.
    void in_era(std::string_view era);
    void has_been_in(const std::vector<std::string>& eras);
    /// How the database tells organizations apart.
    void set_organization_ids(organization_form form) noexcept { form_ = form; }

    /// These have been applied.
    void note(const std::vector<revocation_change>&, core::boot_time now);
    /// The database is followed from this snapshot on.
    void begins(std::string_view snapshot);
    /// It was followed up to `snapshot`, by a poll that began at `began`. What was judged before,
    /// and by look-ups that may still be on their way, is not withheld any more.
    void current(std::string_view snapshot, core::boot_time began);

    /// Another database goes on where this one was, and may have lost commits. Withholds all that
    /// is remembered.
    void database_changed();
    /// The same database, of which some changes were missed: what it says now counts.
    void missed_changes();

    core::nanoseconds keep() const noexcept { return terms_.keep; }
    /// True from `database_changed` until nothing is withheld any more.
    bool pending() const noexcept { return !closed_.empty(); }
    /// Returns at most `count` revocations for the database to judge, the latest first; nullopt if
    /// none is left. The same ones come again until they are settled.
    std::optional<remembered_page> next_page(std::size_t count) const;
    /// The database has judged the page.
    void settled(const remembered_page&);
    /// No page is left.
    void all_is_judged(core::boot_time now) noexcept {
        if (!judged_at_) judged_at_ = now;
    }
    /// An operator wants the database as it is.
    void accepted();

    // --- any thread ---
    std::size_t entries() const noexcept { return static_cast<std::size_t>(entries_.value()); }
    void collect(core::metric_sink&) const;

  private:
    struct chapter;

    void close_chapter();
    void withhold(const revocation_change&);
    void withhold_all();
    void rewind();
    void release();
    void make_room();
    void count();

    revocation_set& withheld_;
    const terms terms_;
    organization_form form_ = organization_form::unknown;
    std::vector<std::string> eras_;
    std::vector<chapter> closed_; ///< of databases that have been left, oldest first
    std::unique_ptr<chapter> open_;
    std::uint64_t series_ = 0;                 ///< of pages that follow on each other
    std::optional<core::boot_time> judged_at_; ///< all of it
    core::gauge entries_;
    core::gauge bytes_;
    core::gauge pending_;
    core::counter forgotten_; ///< for want of room, before their time
};

} // namespace latchkey::auth
