#include "server/process/process_sampler.hpp"

#include <dirent.h>
#include <sys/resource.h>
#include <unistd.h>

#include <ctime>
#include <fstream>
#include <string>

namespace latchkey::server {

namespace {

std::int64_t count_open_fds() {
    std::int64_t n = 0;
    if (DIR* directory = ::opendir("/proc/self/fd")) {
        while (::readdir(directory))
            ++n;
        ::closedir(directory);
    }
    return n > 3 ? n - 3 : 0; // ".", "..", and the directory itself
}

std::int64_t count_threads() {
    std::ifstream status("/proc/self/status");
    for (std::string line; std::getline(status, line);)
        if (line.starts_with("Threads:")) return std::stoll(line.substr(8));
    return 0;
}

std::int64_t microseconds(const timeval& t) {
    return t.tv_sec * 1'000'000 + t.tv_usec;
}

} // namespace

core::nanoseconds cpu_time_of_process() noexcept {
    timespec t{};
    ::clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return core::seconds(t.tv_sec) + core::nanoseconds(t.tv_nsec);
}

void process_sampler::sample() {
    rusage usage{};
    if (::getrusage(RUSAGE_SELF, &usage) == 0)
        cpu_microseconds_.set(microseconds(usage.ru_utime) + microseconds(usage.ru_stime));
    std::ifstream statm("/proc/self/statm");
    std::int64_t virtual_pages = 0;
    std::int64_t resident_pages = 0;
    if (statm >> virtual_pages >> resident_pages) {
        const auto page = ::sysconf(_SC_PAGESIZE);
        virtual_bytes_.set(virtual_pages * page);
        resident_bytes_.set(resident_pages * page);
    }
    rlimit limit{};
    if (::getrlimit(RLIMIT_NOFILE, &limit) == 0)
        max_fds_.set(static_cast<std::int64_t>(limit.rlim_cur));
    open_fds_.set(count_open_fds());
    threads_.set(count_threads());
}

void process_sampler::collect(core::metric_sink& sink) const {
    const auto gauge = [&](const char* name, const char* help, const core::gauge& g) {
        sink.add_gauge(name, help, {}, static_cast<double>(g.value()));
    };
    sink.add_counter("process_cpu_seconds_total", "User and system CPU time.", {},
                     static_cast<double>(cpu_microseconds_.value()) / 1e6);
    gauge("process_resident_memory_bytes", "Resident memory.", resident_bytes_);
    gauge("process_virtual_memory_bytes", "Virtual memory.", virtual_bytes_);
    gauge("process_open_fds", "Open file descriptors.", open_fds_);
    gauge("process_max_fds", "Limit of open file descriptors.", max_fds_);
    gauge("process_threads", "Threads.", threads_);
    sink.add_gauge("process_start_time_seconds", "Start, in seconds since 1970.", {},
                   std::chrono::duration<double>(started_.time_since_epoch()).count());
}

} // namespace latchkey::server
