#include <latchkey/core/cache/cache_node.hpp>

namespace latchkey::core {

void cache_list::push_newest(cache_node& n) noexcept {
    n.older = newest_;
    n.newer = nullptr;
    (newest_ ? newest_->newer : oldest_) = &n;
    newest_ = &n;
    bytes_ += n.bytes;
    ++size_;
}

void cache_list::remove(cache_node& n) noexcept {
    (n.older ? n.older->newer : oldest_) = n.newer;
    (n.newer ? n.newer->older : newest_) = n.older;
    n.newer = n.older = nullptr;
    bytes_ -= n.bytes;
    --size_;
}

} // namespace latchkey::core
