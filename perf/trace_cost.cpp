// What tracing costs a request that is not sampled, in nanoseconds: reading `traceparent`, the
// decision, the span's id, and writing the field of the answer.
//
//   trace_cost      prints a line for each case: its name, and nanoseconds
#include <latchkey/core/trace/tracer.hpp>

#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <ctime>
#include <span>
#include <string_view>

using namespace latchkey::core;

namespace {

constexpr int rounds = 5;
constexpr int requests = 4'000'000;

std::uint64_t kept = 0; // so that nothing is left out by the compiler

// Of this thread, so that others on the machine do not count.
double cpu_nanoseconds() {
    timespec now{};
    ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return static_cast<double>(now.tv_sec) * 1e9 + static_cast<double>(now.tv_nsec);
}

double once(tracer& by, std::string_view sent) {
    const auto begun = cpu_nanoseconds();
    for (int i = 0; i < requests; ++i) {
        const auto trace = by.begin(sent);
        if (trace.here.is_set()) {
            char text[trace_context::text_length];
            trace.here.write(text);
            kept += static_cast<unsigned char>(text[40]);
        }
        kept += trace.is_sampled() ? 1 : 0;
        asm volatile("" : : "r"(&kept) : "memory");
    }
    return (cpu_nanoseconds() - begun) / requests;
}

double best(tracer& by, std::string_view sent) {
    double out = once(by, sent);
    for (int i = 1; i < rounds; ++i)
        out = std::min(out, once(by, sent));
    return out;
}

} // namespace

int main() {
    span_queue queue(16);
    tracer off(nullptr, trace_sampler::parentbased_always_on, 1, 1);
    tracer on(&queue, trace_sampler::parentbased_traceidratio, 0, 1);
    constexpr std::string_view unsampled =
        "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-00";
    struct {
        const char* name;
        tracer& by;
        std::string_view sent;
    } const cases[] = {
        {"off", off, ""},
        {"off-parent", off, unsampled},
        {"on", on, ""},
        {"on-parent", on, unsampled},
    };
    for (const auto& c : cases)
        std::printf("%s %.1f\n", c.name, best(c.by, c.sent));
    return 0;
}
