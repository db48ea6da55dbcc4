// The usual design: sixteen shards, each a mutex, a hash map and a list in order of use.
#include "contenders.hpp"

#include <list>
#include <mutex>
#include <unordered_map>
#include <utility>

namespace cache_read {

namespace {

struct hash {
    std::size_t operator()(const key& k) const { return first_word(k); }
};

class lru_shard {
  public:
    void reserve(std::size_t entries) { places_.reserve(capacity_ = entries); }
    bool read(const key& k, payload& out) {
        const std::lock_guard lock(mutex_);
        const auto found = places_.find(k);
        if (found == places_.end()) return false;
        order_.splice(order_.begin(), order_, found->second);
        out = found->second->second;
        return true;
    }
    void write(const key& k, const payload& p) {
        const std::lock_guard lock(mutex_);
        if (const auto found = places_.find(k); found != places_.end()) {
            order_.splice(order_.begin(), order_, found->second);
            found->second->second = p;
            return;
        }
        if (places_.size() >= capacity_) {
            places_.erase(order_.back().first);
            order_.pop_back();
        }
        order_.emplace_front(k, p);
        places_[k] = order_.begin();
    }

  private:
    std::mutex mutex_;
    std::size_t capacity_ = 0;
    std::list<std::pair<key, payload>> order_;
    std::unordered_map<key, std::list<std::pair<key, payload>>::iterator, hash> places_;
};

class mutex_lru final : public contender {
  public:
    explicit mutex_lru(std::size_t entries) {
        for (auto& s : shards_)
            s.reserve(entries / shards_.size() * 9 / 8 + 16);
    }
    bool read(std::size_t, const key& k, payload& out) override { return of(k).read(k, out); }
    void write(std::size_t, const key& k, const payload& p) override { of(k).write(k, p); }

  private:
    lru_shard& of(const key& k) { return shards_[first_word(k) >> 60]; }
    std::array<lru_shard, 16> shards_;
};

} // namespace

std::unique_ptr<contender> make_mutex_lru(std::size_t entries) {
    return std::make_unique<mutex_lru>(entries);
}

} // namespace cache_read
