#include <latchkey/core/trace/tracer.hpp>

#include <algorithm>

namespace latchkey::core {

namespace {

constexpr std::uint64_t id_bits = (std::uint64_t{1} << 63) - 1;

std::uint64_t bound_of(double ratio) noexcept {
    if (!(ratio > 0)) return 0;
    if (ratio >= 1) return id_bits + 1;
    return static_cast<std::uint64_t>(ratio * static_cast<double>(id_bits));
}

} // namespace

tracer::tracer(span_queue* to, trace_sampler sampler, double ratio, std::uint64_t seed) noexcept
    : to_(to), sampler_(sampler), bound_(bound_of(ratio)), state_(seed) {}

// SplitMix64 (Steele, Lea, Flood 2014): ids need to be distinct, not secret.
std::uint64_t tracer::random() noexcept {
    state_ += 0x9e3779b97f4a7c15;
    auto z = state_;
    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9;
    z = (z ^ z >> 27) * 0x94d049bb133111eb;
    z ^= z >> 31;
    return std::max<std::uint64_t>(z, 1);
}

// By the trace's id, so that all who have the same ratio decide alike.
bool tracer::samples(const trace_context& id, bool is_below) const noexcept {
    const bool by_ratio = (id.trace_low & id_bits) < bound_;
    switch (sampler_) {
    case trace_sampler::parentbased_always_on:
        return !is_below || id.sampled;
    case trace_sampler::parentbased_always_off:
        return is_below && id.sampled;
    case trace_sampler::parentbased_traceidratio:
        return is_below ? id.sampled : by_ratio;
    case trace_sampler::always_on:
        return true;
    case trace_sampler::always_off:
        return false;
    case trace_sampler::traceidratio:
        return by_ratio;
    }
    return false;
}

void tracer::decide(request_trace& out, bool is_below) noexcept {
    out.parent = out.here.span; // 0 if the trace begins here
    if (!to_) return;
    if (!is_below) {
        out.here.trace_high = random();
        out.here.trace_low = random();
    }
    out.here.sampled = samples(out.here, is_below);
    // Whoever is below a span that is not recorded hangs from the caller's.
    if (out.here.sampled || !is_below) out.here.span = random();
    if (out.here.sampled) out.to = to_;
}

trace_span tracer::child_of(const request_trace& above) noexcept {
    trace_span out;
    out.id = above.here;
    out.id.span = random();
    out.parent = above.here.span;
    return out;
}

} // namespace latchkey::core
