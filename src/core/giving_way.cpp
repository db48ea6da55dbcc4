#include <latchkey/core/giving_way.hpp>

#include <thread>

namespace latchkey::core {

void giving_way::yield() noexcept {
    std::this_thread::yield();
}

} // namespace latchkey::core
