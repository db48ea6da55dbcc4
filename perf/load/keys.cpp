#include "keys.hpp"

namespace load {

key_draw::key_draw(const key_range& range, std::uint64_t thread, std::uint64_t threads)
    : range_(range), position_(thread % range.count), step_(threads % range.count) {
    if (range.distribution == key_range::law::zipf) zipf_.emplace(range.count, range.exponent);
}

std::uint64_t key_draw::next(random_source& random) {
    if (zipf_) return range_.first + zipf_->draw(random) - 1;
    if (range_.distribution == key_range::law::uniform)
        return range_.first + random.below(range_.count);
    const std::uint64_t drawn = range_.first + position_;
    position_ += step_;
    if (position_ >= range_.count) position_ -= range_.count;
    return drawn;
}

} // namespace load
