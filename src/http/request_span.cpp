#include "http/request_span.hpp"

#include <chrono>

namespace latchkey::http {

core::request_trace trace_of(core::tracer* by, const request& asked) noexcept {
    const auto sent = asked.get(field::traceparent);
    if (by) return by->begin(sent);
    core::request_trace out;
    if (out.here.read(sent)) out.parent = out.here.span;
    return out;
}

void record_request(const exchange& ex, std::span<const std::string_view> endpoints,
                    core::nanoseconds took) {
    core::trace_span out;
    out.id = ex.trace.here;
    out.parent = ex.trace.parent;
    out.kind = core::span_kind::server;
    out.method = name_of(ex.request.method);
    // The first row stands for unknown paths. What a path holds is not told: it may be a mistake
    // of the caller's, with a credential in it.
    if (ex.endpoint > 0 && ex.endpoint < endpoints.size()) out.route = endpoints[ex.endpoint];
    out.status = ex.status();
    out.failed = ex.meant_status() >= 500;
    out.end = std::chrono::system_clock::now();
    out.begin = out.end - std::chrono::duration_cast<core::real_time::duration>(took);
    ex.trace.to->push(std::move(out));
}

void record_wait(core::tracer& by, const core::request_trace& above, std::string_view what,
                 core::boot_time begin, core::boot_time end) {
    auto out = by.child_of(above);
    out.name = what;
    out.kind = core::span_kind::client;
    if (what == pending::look_up) out.system = "postgresql";
    out.end = std::chrono::system_clock::now();
    out.begin = out.end - std::chrono::duration_cast<core::real_time::duration>(end - begin);
    above.to->push(std::move(out));
}

} // namespace latchkey::http
