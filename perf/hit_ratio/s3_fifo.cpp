// J. Yang et al., "FIFO queues are all you need for cache eviction", SOSP 2023, as published:
// two-bit counters, a small queue of a tenth, and as many ghosts as the main queue has room for.
#include "policies.hpp"

#include <algorithm>

namespace hit_ratio {

namespace {

class s3_fifo final : public policy {
  public:
    s3_fifo(std::size_t capacity, std::size_t keys)
        : capacity_(capacity),
          small_max_(std::max<std::size_t>(1, capacity / 10)),
          small_(keys),
          main_(keys),
          ghosts_(keys),
          uses_(keys) {}

    bool access(std::uint32_t key) override {
        if (small_.has(key) || main_.has(key)) {
            uses_[key] = static_cast<std::uint8_t>(std::min(3, uses_[key] + 1));
            return true;
        }
        while (small_.size() + main_.size() >= capacity_)
            evict();
        uses_[key] = 0;
        if (ghosts_.has(key)) {
            ghosts_.remove(key);
            main_.push_newest(key);
        } else {
            small_.push_newest(key);
        }
        return false;
    }

  private:
    void evict() {
        if (small_.size() >= small_max_ || main_.size() == 0)
            evict_small();
        else
            evict_main();
    }
    void evict_small() {
        const auto key = small_.pop_oldest();
        if (uses_[key] > 1) {
            uses_[key] = 0;
            return main_.push_newest(key);
        }
        if (ghosts_.size() >= std::max<std::size_t>(1, capacity_ - small_max_))
            ghosts_.pop_oldest();
        ghosts_.push_newest(key);
    }
    void evict_main() {
        const auto key = main_.pop_oldest();
        if (uses_[key] == 0) return;
        --uses_[key];
        main_.push_newest(key);
    }

    std::size_t capacity_;
    std::size_t small_max_;
    dense_list small_;
    dense_list main_;
    dense_list ghosts_;
    std::vector<std::uint8_t> uses_;
};

} // namespace

std::unique_ptr<policy> make_s3_fifo(std::size_t capacity, const trace& t) {
    return std::make_unique<s3_fifo>(capacity, t.distinct);
}

} // namespace hit_ratio
