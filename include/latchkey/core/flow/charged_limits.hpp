#pragma once
// Which limits a request has been counted by. If it has to wait for a lease, it is handled from the
// start once more, and is then not counted twice.

#include <array>
#include <cstdint>
#include <initializer_list>

namespace latchkey::core {

/// Lives with its request. Beyond its room, a limit counts a request that comes again twice.
class charged_limits {
  public:
    /// A request may be counted by one limit several times, at stages of its own.
    enum class stage : std::uint8_t {
        request, ///< itself, and the caller who asks
        items,   ///< what it asks at once
        client,  ///< the client of OAuth that asks
        subject, ///< the credential that it asks about, which may be the client's own
    };

    void reset() noexcept {
        count_ = turns_ = 0;
        stage_ = stage::request;
    }
    void note(std::uint64_t limit) noexcept {
        if (count_ < limits_.size()) limits_[count_++] = at_stage(limit);
    }
    /// Always false the first time.
    bool holds(std::uint64_t limit) const noexcept {
        for (std::size_t i = 0; turns_ > 0 && i < count_; ++i)
            if (limits_[i] == at_stage(limit)) return true;
        return false;
    }
    /// At any stage.
    bool holds_at_all(std::uint64_t limit) const noexcept {
        auto other = *this;
        for (const auto s : {stage::request, stage::items, stage::client, stage::subject}) {
            other.begin(s);
            if (other.holds(limit)) return true;
        }
        return false;
    }
    void begin(stage s) noexcept { stage_ = s; }
    /// Handling it begins anew. Returns false if that has been often enough.
    bool come_again() noexcept {
        stage_ = stage::request;
        return ++turns_ <= turns_max;
    }

  private:
    static constexpr std::uint8_t turns_max = 32; // each policy that applies may need a lease
    static constexpr std::uint64_t mark = 0x9e3779b97f4a7c15; // numbers are hashes

    std::uint64_t at_stage(std::uint64_t limit) const noexcept {
        return limit ^ (static_cast<std::uint64_t>(stage_) * mark);
    }

    std::array<std::uint64_t, 16> limits_;
    std::uint8_t count_ = 0;
    std::uint8_t turns_ = 0;
    stage stage_ = stage::request;
};

} // namespace latchkey::core
