// A library for LD_PRELOAD, which shifts the real clock of a process and no other clock of it: by
// as many seconds as the file named in LATCHKEY_TEST_CLOCK says, eight bytes in the machine's
// order. The file may be written while the process runs. (libfaketime does not start beside the
// address sanitizer, and stops the timers of Asio.)
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#include <cstdint>
#include <cstdlib>

namespace {

const volatile std::int64_t* shift = nullptr;

[[gnu::constructor]] void map_the_file() {
    const char* name = std::getenv("LATCHKEY_TEST_CLOCK");
    const int fd = name ? ::open(name, O_RDONLY | O_CLOEXEC) : -1;
    if (fd < 0) return;
    void* mapped = ::mmap(nullptr, sizeof *shift, PROT_READ, MAP_SHARED, fd, 0);
    ::close(fd);
    if (mapped != MAP_FAILED) shift = static_cast<const std::int64_t*>(mapped);
}

} // namespace

extern "C" {

int clock_gettime(clockid_t which, timespec* at) noexcept {
    const auto failed = static_cast<int>(::syscall(SYS_clock_gettime, which, at));
    if (failed == 0 && shift && (which == CLOCK_REALTIME || which == CLOCK_REALTIME_COARSE))
        at->tv_sec += *shift;
    return failed;
}

int timespec_get(timespec* at, int base) noexcept {
    return base == TIME_UTC && clock_gettime(CLOCK_REALTIME, at) == 0 ? base : 0;
}

int gettimeofday(timeval* at, void*) noexcept {
    timespec now{};
    const int failed = clock_gettime(CLOCK_REALTIME, &now);
    *at = {.tv_sec = now.tv_sec, .tv_usec = now.tv_nsec / 1000};
    return failed;
}

time_t time(time_t* at) noexcept {
    timespec now{};
    clock_gettime(CLOCK_REALTIME, &now);
    if (at) *at = now.tv_sec;
    return now.tv_sec;
}
}
