#include "support_resolver.hpp"

#include <dlfcn.h>
#include <netdb.h>

#include <atomic>
#include <span>
#include <string_view>

namespace {

std::atomic<int> looked_up = 0;
std::atomic<bool> stuck = false;

using function = decltype(&::getaddrinfo);

int of_system(const char* node, const char* service, const addrinfo* hints, addrinfo** found) {
    static const auto real = reinterpret_cast<function>(::dlsym(RTLD_NEXT, "getaddrinfo"));
    return real(node, service, hints, found);
}

int answer(std::span<const char* const> addresses, const char* service, const addrinfo* hints,
           addrinfo** found) {
    addrinfo numeric{};
    numeric.ai_flags = AI_NUMERICHOST;
    numeric.ai_socktype = hints->ai_socktype;
    numeric.ai_protocol = hints->ai_protocol;
    auto** next = found;
    for (const char* address : addresses) {
        if (const int error = of_system(address, service, &numeric, next)) return error;
        while (*next)
            next = &(*next)->ai_next;
    }
    return 0;
}

} // namespace

namespace latchkey::test {

int look_ups() noexcept {
    return looked_up;
}
stuck_resolver::stuck_resolver() {
    stuck = true;
}
stuck_resolver::~stuck_resolver() {
    stuck = false;
    stuck.notify_all();
}

} // namespace latchkey::test

// Replaces libc's function in this program.
extern "C" int getaddrinfo(const char* node, const char* service, const addrinfo* hints,
                           addrinfo** found) {
    ++looked_up;
    const std::string_view name = node ? node : "";
    struct {
        std::string_view name;
        const char* addresses[2];
        std::size_t count;
    } const names[] = {{"issuer.test", {"127.0.0.1"}, 1},
                       {"inside.test", {"10.1.2.3"}, 1},
                       {"unroutable.test", {"fd00::1", "10.1.2.3"}, 2},
                       {"mixed.test", {"127.0.0.2", "127.0.0.1"}, 2}};
    for (const auto& n : names)
        if (n.name == name)
            return answer(std::span(n.addresses).first(n.count), service, hints, found);
    if (name != "stuck.test") return of_system(node, service, hints, found);
    stuck.wait(true);
    return EAI_NONAME;
}
