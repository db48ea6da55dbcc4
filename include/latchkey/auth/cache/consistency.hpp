#pragma once
// How far this process knows of changes, and which cached facts it may therefore still use.
//
// Two checks decide over a cached fact. Is the feed fresh enough that a change to the fact would
// have arrived (`fresh_enough`)? And has something that concerns more than one credential come
// since the fact was asked for (`unchanged`): a change of its organization, or of everything, or
// doubt whether the database has ever said so? A change of one credential is not found here: its
// owner core erases the entry.

#include <latchkey/auth/cache/doubted_facts.hpp>
#include <latchkey/core/clock.hpp>

#include <algorithm>
#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace latchkey::auth {

/// How and when a cached fact was asked for.
struct fact_origin {
    fact_origin() = default;
    fact_origin(const core::moment& asked, std::uint64_t at, std::uint32_t whose) noexcept
        : boot(asked.boot), onward(asked.onward()), sequence(at), organization(whose) {}

    /// Before its query was sent. Only for age(): its `real` is moment::onward(), which is no date.
    core::moment asked_at() const noexcept { return {boot, onward}; }

    core::boot_time boot{};
    core::real_time onward{};
    std::uint64_t sequence = 0;     ///< `consistency::sequence()` at that time
    std::uint32_t organization = 0; ///< `consistency::organization_of` its organization
};

class consistency {
  public:
    /// `longest_look_up`: how long after a fact was asked for its answer may come.
    explicit consistency(core::nanoseconds max_staleness,
                         core::nanoseconds longest_look_up = core::seconds(1))
        : max_staleness_(max_staleness), longest_look_up_(longest_look_up) {}

    // --- any thread ---
    /// True if the feed, or the fact itself, is not older than `max_staleness`. `now` must have
    /// been read after `freshness` was.
    bool fresh_enough(const core::moment& freshness, const fact_origin& f,
                      const core::moment& now) const noexcept {
        const core::moment known{std::max(freshness.boot, f.boot),
                                 std::max(freshness.onward(), f.onward)};
        return age(known, now) <= max_staleness_;
    }
    /// True if no change of its organization, or of everything, was applied since the fact was
    /// asked for, and it is not doubted.
    bool unchanged(const fact_origin& f) const noexcept {
        return f.sequence >= everything_.load() &&
               f.sequence >= organizations_[f.organization].load() && !doubted_.have(f.sequence);
    }
    /// When the last applied poll of the feed began; the clocks' zero if there was none, or its
    /// freshness was lost.
    core::moment freshness() const noexcept {
        const core::nanoseconds boot(fresh_boot_.load(std::memory_order_acquire));
        const core::nanoseconds onward(fresh_onward_.load(std::memory_order_acquire));
        const core::nanoseconds set_back(fresh_set_back_.load(std::memory_order_relaxed));
        return {core::boot_time(boot),
                core::real_time(
                    std::chrono::duration_cast<core::real_time::duration>(onward - set_back)),
                set_back};
    }
    /// How often freshness was lost. If the number is the same before and after a look at shared
    /// state, and freshness was read after the first reading, nothing was forgotten during the
    /// look.
    std::uint64_t losses() const noexcept { return losses_.load(); }
    core::nanoseconds max_staleness() const noexcept { return max_staleness_; }
    core::nanoseconds longest_look_up() const noexcept { return longest_look_up_; }
    /// True if an old fact may be used at all now.
    bool feed_is_fresh(const core::moment& now) const noexcept {
        return age(freshness(), now) <= max_staleness_;
    }

    /// How many changes and polls there have been: a fact that is asked for now knows of all of
    /// these changes.
    std::uint64_t sequence() const noexcept { return sequence_.load(); }
    /// The sequence number of the last change that may concern any credential.
    std::uint64_t broad_change() const noexcept { return broad_.load(); }
    static std::uint32_t organization_of(std::string_view organization_id) noexcept;

    // --- the thread that applies the feed ---
    /// No fact of the organization that was asked for before this call counts any more.
    void organization_changed(std::string_view organization_id) noexcept;
    /// No fact that was asked for before this call counts any more.
    void everything_changed() noexcept;
    /// A poll begins now. Returns the least sequence number of the facts that are asked for from
    /// now on.
    std::uint64_t begin_poll() noexcept;
    /// The feed's connection was lost and is there again, and nothing shows that the database still
    /// is the one that told the facts with these numbers, or higher ones: they count no more.
    void doubt_since(std::uint64_t sequence) noexcept;
    /// Every change that a poll begun at `began` could see has been applied. Freshness never goes
    /// back.
    void publish(const core::moment& began) noexcept;
    /// Sets freshness to "never".
    void lose() noexcept;

  private:
    static constexpr std::size_t organizations_max = 1 << 16;

    core::nanoseconds max_staleness_;
    core::nanoseconds longest_look_up_;
    std::atomic<std::int64_t> fresh_boot_{0};
    std::atomic<std::int64_t> fresh_onward_{0};
    std::atomic<std::int64_t> fresh_set_back_{0};
    std::atomic<std::uint64_t> losses_{0};
    std::atomic<std::uint64_t> sequence_{1};
    std::atomic<std::uint64_t> broad_{0};
    std::atomic<std::uint64_t> everything_{0};
    doubted_facts doubted_;
    /// Indexed by hash: organizations with the same hash share their changes, which costs a
    /// look-up.
    std::array<std::atomic<std::uint64_t>, organizations_max> organizations_{};
};

} // namespace latchkey::auth
