#include <latchkey/auth/cache/consistency.hpp>

#include <algorithm>
#include <functional>

namespace latchkey::auth {

std::uint32_t consistency::organization_of(std::string_view organization_id) noexcept {
    const auto hash = std::hash<std::string_view>{}(organization_id);
    return static_cast<std::uint32_t>(hash % organizations_max);
}

// The stamp is stored before the sequence: a flight that begins in between carries the older
// sequence, and at worst its answer is not cached.
void consistency::organization_changed(std::string_view organization_id) noexcept {
    const auto next = sequence_.load() + 1;
    organizations_[organization_of(organization_id)].store(next);
    broad_.store(next);
    sequence_.store(next);
}

void consistency::everything_changed() noexcept {
    const auto next = sequence_.load() + 1;
    everything_.store(next);
    broad_.store(next);
    sequence_.store(next);
}

std::uint64_t consistency::begin_poll() noexcept {
    const auto next = sequence_.load() + 1;
    sequence_.store(next);
    return next;
}

void consistency::doubt_since(std::uint64_t sequence) noexcept {
    const auto next = sequence_.load() + 1;
    doubted_.add(sequence, next);
    broad_.store(next);
    sequence_.store(next);
}

void consistency::publish(const core::moment& began) noexcept {
    const auto boot = began.boot.time_since_epoch().count();
    const auto onward =
        std::chrono::duration_cast<core::nanoseconds>(began.onward().time_since_epoch()).count();
    fresh_boot_.store(std::max(fresh_boot_.load(), boot), std::memory_order_release);
    fresh_set_back_.store(began.set_back.count(), std::memory_order_relaxed);
    fresh_onward_.store(onward, std::memory_order_release);
}

// The counter is incremented last: a reader of the new number sees no old freshness.
void consistency::lose() noexcept {
    fresh_boot_.store(0);
    fresh_onward_.store(0);
    fresh_set_back_.store(0);
    losses_.fetch_add(1);
}

} // namespace latchkey::auth
