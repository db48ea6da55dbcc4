#pragma once
// Objects that requests borrow and give back. They are reused, so that an ordinary request
// allocates nothing.

#include <cstddef>
#include <memory>
#include <vector>

namespace latchkey::core {

/// One per worker, used on its thread. `Lent` is constructed from `Owner&`. All objects must be
/// given back before the pool is destroyed.
template <class Lent, class Owner>
class object_pool {
  public:
    explicit object_pool(Owner& owner) : owner_(owner) {}

    Lent& take() {
        if (free_.empty()) {
            all_.push_back(std::make_unique<Lent>(owner_));
            free_.reserve(all_.capacity());
            return *all_.back();
        }
        auto& lent = *free_.back();
        free_.pop_back();
        return lent;
    }
    /// Never allocates: `take` reserved the room when it made the object.
    void give_back(Lent& lent) noexcept { free_.push_back(&lent); }
    std::size_t lent() const noexcept { return all_.size() - free_.size(); }

  private:
    Owner& owner_;
    std::vector<std::unique_ptr<Lent>> all_;
    std::vector<Lent*> free_;
};

} // namespace latchkey::core
