#include <latchkey/core/cache/ghost_queue.hpp>

#include <algorithm>
#include <cstdlib>
#include <new>

namespace latchkey::core {

namespace {

std::uint32_t tag_of(std::uint64_t hash) noexcept {
    return static_cast<std::uint32_t>(hash >> 16);
}

} // namespace

ghost_queue::ghost_queue(std::size_t length)
    : length_(static_cast<std::uint32_t>(std::clamp<std::size_t>(length, 1, 1u << 30))),
      sets_(length_ / ways + 1),
      slots_(static_cast<slot*>(std::calloc(sets_ * ways, sizeof(slot)))) {
    if (!slots_) throw std::bad_alloc();
}

void ghost_queue::give_back::operator()(slot* memory) const noexcept {
    std::free(memory);
}

ghost_queue::slot* ghost_queue::set_of(std::uint64_t hash) noexcept {
    return &slots_[static_cast<std::size_t>(((hash & 0xffffffff) * sets_) >> 32) * ways];
}

void ghost_queue::add(std::uint64_t hash) {
    if (++arrivals_ == 0) arrivals_ = 1;
    auto* set = set_of(hash);
    const auto older = [this](const slot& a, const slot& b) {
        const auto age = [this](const slot& s) {
            return s.arrived == 0 ? ~std::uint32_t{0} : arrivals_ - s.arrived;
        };
        return age(a) > age(b);
    };
    *std::min_element(set, set + ways, older) = {tag_of(hash), arrivals_};
}

bool ghost_queue::take(std::uint64_t hash) {
    auto* set = set_of(hash);
    auto* found = std::find_if(
        set, set + ways, [&](const slot& s) { return s.tag == tag_of(hash) && remembered(s); });
    if (found == set + ways) return false;
    *found = {};
    return true;
}

} // namespace latchkey::core
