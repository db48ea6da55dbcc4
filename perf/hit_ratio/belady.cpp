// L. A. Belady, "A study of replacement algorithms for a virtual-storage computer", 1966: evicts
// the key that is asked for again last. It knows the future, so no policy is better.
#include "policies.hpp"

#include <set>
#include <utility>

namespace hit_ratio {

namespace {

class belady final : public policy {
  public:
    belady(std::size_t capacity, const trace& t)
        : capacity_(capacity), next_(t.requests.size()), due_(t.distinct, never) {
        std::vector<std::size_t> seen(t.distinct, never);
        for (std::size_t i = t.requests.size(); i-- > 0;) {
            next_[i] = seen[t.requests[i]];
            seen[t.requests[i]] = i;
        }
    }
    bool access(std::uint32_t key) override {
        const auto next = next_[now_++];
        const bool hit = cached_.erase({due_[key], key}) == 1;
        if (!hit && cached_.size() >= capacity_) {
            // A key that comes back later than all others is not even admitted.
            if (cached_.rbegin()->first <= next) return false;
            cached_.erase(std::prev(cached_.end()));
        }
        due_[key] = next;
        cached_.insert({next, key});
        return hit;
    }

  private:
    static constexpr std::size_t never = ~std::size_t{0};
    std::size_t capacity_;
    std::size_t now_ = 0;
    std::vector<std::size_t> next_;
    std::vector<std::size_t> due_; // when a cached key is asked for again
    std::set<std::pair<std::size_t, std::uint32_t>> cached_;
};

} // namespace

std::unique_ptr<policy> make_belady(std::size_t capacity, const trace& t) {
    return std::make_unique<belady>(capacity, t);
}

} // namespace hit_ratio
