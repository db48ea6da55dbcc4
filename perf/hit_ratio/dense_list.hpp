#pragma once
// A doubly linked list of small numbers, each at most once.

#include <cstddef>
#include <cstdint>
#include <vector>

namespace hit_ratio {

class dense_list {
  public:
    static constexpr std::uint32_t none = ~std::uint32_t{0};

    explicit dense_list(std::size_t keys) : newer_(keys, none), older_(keys, none), in_(keys) {}

    void push_newest(std::uint32_t k) {
        older_[k] = newest_;
        newer_[k] = none;
        (newest_ == none ? oldest_ : newer_[newest_]) = k;
        newest_ = k;
        in_[k] = true;
        ++size_;
    }
    void remove(std::uint32_t k) {
        (older_[k] == none ? oldest_ : newer_[older_[k]]) = newer_[k];
        (newer_[k] == none ? newest_ : older_[newer_[k]]) = older_[k];
        in_[k] = false;
        --size_;
    }
    std::uint32_t pop_oldest() {
        const auto k = oldest_;
        remove(k);
        return k;
    }
    bool has(std::uint32_t k) const { return in_[k]; }
    std::uint32_t oldest() const { return oldest_; }
    std::uint32_t newer(std::uint32_t k) const { return newer_[k]; }
    std::size_t size() const { return size_; }

  private:
    std::vector<std::uint32_t> newer_;
    std::vector<std::uint32_t> older_;
    std::vector<bool> in_;
    std::uint32_t oldest_ = none;
    std::uint32_t newest_ = none;
    std::size_t size_ = 0;
};

} // namespace hit_ratio
