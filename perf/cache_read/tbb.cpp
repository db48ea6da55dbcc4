// oneTBB's concurrent_hash_map: a lock per bucket and per element.
#include "contenders.hpp"

#include <tbb/concurrent_hash_map.h>

namespace cache_read {

namespace {

struct hash_compare {
    static std::size_t hash(const key& k) { return first_word(k); }
    static bool equal(const key& a, const key& b) { return a == b; }
};

class tbb_map final : public contender {
  public:
    explicit tbb_map(std::size_t entries) : map_(entries) {}
    bool read(std::size_t, const key& k, payload& out) override {
        map::const_accessor found;
        if (!map_.find(found, k)) return false;
        out = found->second;
        return true;
    }
    void write(std::size_t, const key& k, const payload& p) override {
        map::accessor place;
        map_.insert(place, k);
        place->second = p;
    }

  private:
    using map = tbb::concurrent_hash_map<key, payload, hash_compare>;
    map map_;
};

} // namespace

std::unique_ptr<contender> make_tbb(std::size_t entries) {
    return std::make_unique<tbb_map>(entries);
}

} // namespace cache_read
