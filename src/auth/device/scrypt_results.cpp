#include <latchkey/auth/device/scrypt_results.hpp>

#include <algorithm>

namespace latchkey::auth {

namespace {

// Each new outcome removes at most this many expired ones, so that the lock is held briefly.
constexpr int expired_at_once = 2;

} // namespace

scrypt_results::scrypt_results(std::size_t count_max, core::nanoseconds ttl)
    : half_max_(std::max<std::size_t>(1, (count_max + 2 * shards - 1) / (2 * shards))), ttl_(ttl) {}

std::optional<bool> scrypt_results::find(const core::fingerprint& key, core::boot_time now) const {
    const auto& s = shards_[shard_of(key)];
    const std::lock_guard lock(s.mutex);
    if (s.matches.find(key, now)) return true;
    if (s.mismatches.find(key, now)) return false;
    return std::nullopt;
}

void scrypt_results::keep(const core::fingerprint& key, bool matches, core::boot_time now) {
    auto& s = shards_[shard_of(key)];
    const std::lock_guard lock(s.mutex);
    (matches ? s.matches : s.mismatches).keep(key, now, now + ttl_, half_max_);
}

std::size_t scrypt_results::count() const {
    std::size_t total = 0;
    for (const auto& s : shards_) {
        const std::lock_guard lock(s.mutex);
        total += s.matches.expiries.size() + s.mismatches.expiries.size();
    }
    return total;
}

bool scrypt_results::half::find(const core::fingerprint& key, core::boot_time now) const {
    const auto found = expiries.find(key);
    return found != expiries.end() && now < found->second;
}

void scrypt_results::half::keep(const core::fingerprint& key, core::boot_time now,
                                core::boot_time expiry, std::size_t count_max) {
    for (int i = 0; i < expired_at_once && !oldest_first.empty(); ++i)
        if (now >= expiries.at(oldest_first.front())) drop_oldest();
    const auto [entry, added] = expiries.emplace(key, expiry);
    if (!added) {
        // It was computed again after it had expired: it becomes the newest.
        entry->second = expiry;
        std::erase(oldest_first, key);
    }
    oldest_first.push_back(key);
    if (oldest_first.size() > count_max) drop_oldest();
}

void scrypt_results::half::drop_oldest() {
    expiries.erase(oldest_first.front());
    oldest_first.pop_front();
}

} // namespace latchkey::auth
