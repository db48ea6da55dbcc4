// Y. Zhang et al., "SIEVE is simpler than LRU", NSDI 2024.
#include "policies.hpp"

namespace hit_ratio {

namespace {

class sieve final : public policy {
  public:
    sieve(std::size_t capacity, std::size_t keys)
        : capacity_(capacity), list_(keys), visited_(keys) {}

    bool access(std::uint32_t key) override {
        if (list_.has(key)) {
            visited_[key] = true;
            return true;
        }
        if (list_.size() >= capacity_) evict();
        visited_[key] = false;
        list_.push_newest(key);
        return false;
    }

  private:
    // The hand goes from old to new, and stays where it found a victim.
    void evict() {
        if (hand_ == dense_list::none) hand_ = list_.oldest();
        while (visited_[hand_]) {
            visited_[hand_] = false;
            hand_ = list_.newer(hand_);
            if (hand_ == dense_list::none) hand_ = list_.oldest();
        }
        const auto victim = hand_;
        hand_ = list_.newer(hand_);
        list_.remove(victim);
    }

    std::size_t capacity_;
    dense_list list_;
    std::vector<bool> visited_;
    std::uint32_t hand_ = dense_list::none;
};

} // namespace

std::unique_ptr<policy> make_sieve(std::size_t capacity, const trace& t) {
    return std::make_unique<sieve>(capacity, t.distinct);
}

} // namespace hit_ratio
