#include "server/process/close_memory.hpp"

#include <sys/prctl.h>
#include <sys/resource.h>

namespace latchkey::server {

void close_memory() noexcept {
    const rlimit none{0, 0};
    ::setrlimit(RLIMIT_CORE, &none);
    ::prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
}

} // namespace latchkey::server
