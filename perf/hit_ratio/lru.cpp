#include "policies.hpp"

namespace hit_ratio {

namespace {

class lru final : public policy {
  public:
    lru(std::size_t capacity, std::size_t keys) : capacity_(capacity), list_(keys) {}
    bool access(std::uint32_t key) override {
        const bool hit = list_.has(key);
        if (hit)
            list_.remove(key);
        else if (list_.size() >= capacity_)
            list_.pop_oldest();
        list_.push_newest(key);
        return hit;
    }

  private:
    std::size_t capacity_;
    dense_list list_;
};

} // namespace

std::unique_ptr<policy> make_lru(std::size_t capacity, const trace& t) {
    return std::make_unique<lru>(capacity, t.distinct);
}

} // namespace hit_ratio
