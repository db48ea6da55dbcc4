#include "contenders.hpp"

#include <latchkey/core/cache/concurrent_cache.hpp>

namespace cache_read {

namespace {

namespace core = latchkey::core;

class ours final : public contender {
  public:
    explicit ours(std::size_t entries)
        : where_(1, 2), readers_(2), cache_(settings(entries), where_, readers_) {}

    bool read(std::size_t thread, const key& k, payload& out) override {
        return cache_.read(readers_.at(thread), k, where_.hash(k), now_, [&](const auto& found) {
            out = found.value;
            return true;
        });
    }
    void write(std::size_t, const key& k, const payload& p) override {
        cache_.fill(k, where_.hash(k), p, 0, core::boot_time::max());
    }
    std::size_t own_bytes() const override {
        std::int64_t n = 0;
        for (std::size_t owner = 0; owner < 2; ++owner)
            n += cache_.shard(owner).bytes.value() + cache_.shard(owner).retired_bytes.value();
        return static_cast<std::size_t>(n);
    }

  private:
    using cache = core::concurrent_cache<payload>;
    // Room for all entries, for shards that are not exactly equal, and for memory retired while a
    // reading thread does not run.
    static core::cache_settings settings(std::size_t entries) {
        const auto bytes = entries * (cache::entry_size() + 32) * 5 / 4 + (64 << 20);
        return {bytes, bytes / (entries * 5 / 4)};
    }
    core::placement where_;
    core::epochs readers_;
    cache cache_;
    core::boot_time now_{};
};

} // namespace

std::unique_ptr<contender> make_ours(std::size_t entries) {
    return std::make_unique<ours>(entries);
}

} // namespace cache_read
