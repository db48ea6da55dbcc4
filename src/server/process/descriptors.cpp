#include "server/process/descriptors.hpp"

#include <sys/resource.h>

#include <algorithm>

namespace latchkey::server {

std::size_t descriptors_kept(const configuration& settings, std::size_t workers) {
    constexpr std::size_t of_a_worker = 6; // its loop, its wake-up, its timers, its epoll_set
    constexpr std::size_t of_an_issuer = 2;
    constexpr std::size_t of_the_process = 64; // listeners, admin connections, the feed, files
    return of_the_process + of_a_worker * workers + of_an_issuer * settings.issuers.size() +
           settings.database.connections + settings.database.overflow;
}

std::size_t connections_within(std::size_t limit, std::size_t kept, std::size_t connections_max) {
    const auto left = limit > 2 * kept ? limit - kept : limit / 2;
    return std::max<std::size_t>(1, std::min(connections_max, left));
}

std::size_t connections_allowed(const configuration& settings, std::size_t workers,
                                core::logger& log) {
    const auto wanted = settings.server.connections_max;
    rlimit limit{};
    if (::getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur == RLIM_INFINITY) return wanted;
    const auto kept = descriptors_kept(settings, workers);
    const auto allowed = connections_within(limit.rlim_cur, kept, wanted);
    if (allowed < wanted)
        log.warning("fewer connections than server.connections_max can be open: raise the limit "
                    "of descriptors (LimitNOFILE=, ulimit -n)",
                    {{"connections", allowed},
                     {"configured", wanted},
                     {"descriptors", static_cast<std::size_t>(limit.rlim_cur)},
                     {"kept", kept}});
    return allowed;
}

} // namespace latchkey::server
