#pragma once
#include <cstddef>
#include <vector>

namespace load {

/// The connections that are free. The one that has rested longest is taken first, so that none
/// rests so long that the server closes it. Each call takes constant time.
class free_list {
  public:
    explicit free_list(std::size_t count) : links_(count + 1), end_(count) {
        for (std::size_t i = 0; i <= count; ++i)
            links_[i] = {i, i};
    }

    bool empty() const { return links_[end_].after == end_; }
    bool contains(std::size_t i) const { return links_[i].after != i; }

    void add(std::size_t i) {
        if (contains(i)) return;
        const std::size_t last = links_[end_].before;
        links_[i] = {last, end_};
        links_[last].after = i;
        links_[end_].before = i;
    }

    void remove(std::size_t i) {
        links_[links_[i].before].after = links_[i].after;
        links_[links_[i].after].before = links_[i].before;
        links_[i] = {i, i};
    }

    std::size_t take() {
        const std::size_t first = links_[end_].after;
        remove(first);
        return first;
    }

  private:
    struct link {
        std::size_t before;
        std::size_t after;
    };
    std::vector<link> links_; // of a ring; one that is not in it points to itself
    std::size_t end_;
};

} // namespace load
