#pragma once
// Decides which requests are traced, and gives their spans ids. What is not sampled costs two
// random numbers and no shared memory.

#include <latchkey/core/trace/span_queue.hpp>
#include <latchkey/core/trace/trace_context.hpp>

#include <cstdint>
#include <string_view>
#include <utility>

namespace latchkey::core {

/// Named as OTEL_TRACES_SAMPLER names them. With a parent, those based on it do as the caller says.
enum class trace_sampler {
    parentbased_always_on,
    parentbased_always_off,
    parentbased_traceidratio,
    always_on,
    always_off,
    traceidratio,
};

/// Where one request stands in its trace.
struct request_trace {
    trace_context here{};     ///< what is handed on; not set: the request belongs to no trace
    std::uint64_t parent = 0; ///< the caller's span; 0: the trace begins here
    span_queue* to = nullptr; ///< takes the spans; null: the request is not sampled

    bool is_sampled() const noexcept { return to != nullptr; }
};

/// Lives on one thread.
class tracer {
  public:
    /// `to`: null switches tracing off: then a caller's trace is handed on as it came. `ratio`, in
    /// [0, 1], is for the samplers by ratio. `seed` must be hard to guess.
    tracer(span_queue* to, trace_sampler sampler, double ratio, std::uint64_t seed) noexcept;

    /// `traceparent`: what the caller sent, if anything.
    request_trace begin(std::string_view traceparent) noexcept {
        request_trace out;
        if (traceparent.empty() && !to_) return out;
        decide(out, out.here.read(traceparent));
        return out;
    }
    /// Below a span of this process.
    request_trace begin_below(const trace_context& parent) noexcept {
        request_trace out;
        out.here = parent;
        decide(out, parent.is_set());
        return out;
    }
    /// Another span of the same trace, below the request's own.
    trace_span child_of(const request_trace&) noexcept;

  private:
    std::uint64_t random() noexcept;
    // `is_below`: `here` is the caller's.
    void decide(request_trace&, bool is_below) noexcept;
    bool samples(const trace_context&, bool is_below) const noexcept;

    span_queue* const to_;
    const trace_sampler sampler_;
    const std::uint64_t bound_; ///< ids below it are sampled
    std::uint64_t state_;
};

} // namespace latchkey::core
