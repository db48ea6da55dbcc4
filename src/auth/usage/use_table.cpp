#include <latchkey/auth/usage/use_table.hpp>

#include <array>

namespace latchkey::auth {

namespace {

constexpr std::size_t slots_initial = 1024;

} // namespace

use_table::use_table(std::size_t credentials_max)
    : credentials_max_(credentials_max), mask_(slots_initial - 1), slots_(slots_initial) {}

bool use_table::insert(std::size_t place, use made) {
    if (uses_.size() >= credentials_max_) return false;
    uses_.push_back(std::move(made));
    slots_[place] = static_cast<std::uint32_t>(uses_.size());
    if (uses_.size() * 2 > slots_.size()) grow();
    return true;
}

void use_table::grow() {
    const auto size = slots_.size() * 2;
    mask_ = size - 1;
    slots_.assign(size, 0);
    for (std::size_t i = 0; i < uses_.size(); ++i) {
        const auto& u = uses_[i];
        slots_[find(u.kind, u.by_previous, u.key, u.hash)] = static_cast<std::uint32_t>(i + 1);
    }
}

// The memory is kept: the next interval is likely to need as much.
void use_table::clear() {
    uses_.clear();
    slots_.assign(slots_.size(), 0);
}

void use_table::swap(use_table& other) noexcept {
    std::swap(mask_, other.mask_);
    slots_.swap(other.slots_);
    uses_.swap(other.uses_);
}

} // namespace latchkey::auth
