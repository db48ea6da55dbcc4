// G. Einziger, R. Friedman, B. Manes, "TinyLFU: a highly efficient cache admission policy", ACM TOS
// 2017: a window of one percent, a segmented LRU behind it, and a sketch of four-bit counters that
// is halved every ten capacities.
#include "policies.hpp"

#include <algorithm>
#include <array>

namespace hit_ratio {

namespace {

class frequency_sketch {
  public:
    explicit frequency_sketch(std::size_t capacity)
        : period_(10 * std::max<std::size_t>(capacity, 10)) {
        std::size_t width = 16;
        while (width < 4 * capacity)
            width *= 2;
        for (auto& row : rows_)
            row.resize(width);
    }
    void add(std::uint32_t key) {
        for (std::size_t r = 0; r < rows_.size(); ++r) {
            auto& count = rows_[r][place(r, key)];
            if (count < 15) ++count;
        }
        if (++added_ < period_) return;
        added_ /= 2;
        for (auto& row : rows_)
            for (auto& count : row)
                count /= 2;
    }
    int of(std::uint32_t key) const {
        int least = 15;
        for (std::size_t r = 0; r < rows_.size(); ++r)
            least = std::min<int>(least, rows_[r][place(r, key)]);
        return least;
    }

  private:
    std::size_t place(std::size_t row, std::uint32_t key) const {
        static constexpr std::array<std::uint64_t, 4> odd = {
            0x9e3779b97f4a7c15, 0xc2b2ae3d27d4eb4f, 0x165667b19e3779f9, 0xd6e8feb86659fd93};
        const auto hash = (key + 1) * odd[row];
        return (hash >> 32) % rows_[row].size();
    }
    std::array<std::vector<std::uint8_t>, 4> rows_;
    std::size_t added_ = 0;
    std::size_t period_;
};

class w_tinylfu final : public policy {
  public:
    w_tinylfu(std::size_t capacity, std::size_t keys)
        : window_max_(std::max<std::size_t>(1, capacity / 100)),
          main_max_(std::max<std::size_t>(1, capacity - window_max_)),
          protected_max_(main_max_ * 8 / 10),
          sketch_(capacity),
          window_(keys),
          probation_(keys),
          protected_(keys) {}

    bool access(std::uint32_t key) override {
        sketch_.add(key);
        if (window_.has(key)) return renew(window_, key);
        if (protected_.has(key)) return renew(protected_, key);
        if (probation_.has(key)) return promote(key);
        window_.push_newest(key);
        if (window_.size() > window_max_) leave_window(window_.pop_oldest());
        return false;
    }

  private:
    static bool renew(dense_list& list, std::uint32_t key) {
        list.remove(key);
        list.push_newest(key);
        return true;
    }
    bool promote(std::uint32_t key) {
        probation_.remove(key);
        protected_.push_newest(key);
        if (protected_.size() > protected_max_) probation_.push_newest(protected_.pop_oldest());
        return true;
    }
    void leave_window(std::uint32_t candidate) {
        if (probation_.size() + protected_.size() < main_max_)
            return probation_.push_newest(candidate);
        auto& victims = probation_.size() > 0 ? probation_ : protected_;
        const auto victim = victims.oldest();
        if (sketch_.of(candidate) <= sketch_.of(victim)) return;
        victims.remove(victim);
        probation_.push_newest(candidate);
    }

    std::size_t window_max_;
    std::size_t main_max_;
    std::size_t protected_max_;
    frequency_sketch sketch_;
    dense_list window_;
    dense_list probation_;
    dense_list protected_;
};

} // namespace

std::unique_ptr<policy> make_w_tinylfu(std::size_t capacity, const trace& t) {
    return std::make_unique<w_tinylfu>(capacity, t.distinct);
}

} // namespace hit_ratio
