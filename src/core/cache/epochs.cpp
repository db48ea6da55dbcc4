#include <latchkey/core/cache/epochs.hpp>

#include <algorithm>
#include <limits>

namespace latchkey::core {

epochs::epochs(std::size_t readers)
    : count_(readers), readers_(std::make_unique<reader[]>(readers)) {
    for (std::size_t i = 0; i < count_; ++i)
        readers_[i].epoch_ = &epoch_;
}

std::uint64_t epochs::oldest() const noexcept {
    auto oldest = std::numeric_limits<std::uint64_t>::max();
    for (std::size_t i = 0; i < count_; ++i)
        if (const auto at = readers_[i].pinned_at_.load()) oldest = std::min(oldest, at);
    return oldest;
}

} // namespace latchkey::core
