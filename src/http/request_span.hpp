#pragma once
// The spans of a request: its own, and one for each thing that it waits for.

#include <latchkey/core/clock.hpp>
#include <latchkey/core/trace/tracer.hpp>
#include <latchkey/http/exchange.hpp>

#include <span>
#include <string_view>

namespace latchkey::http {

/// `by`: null if nothing is recorded here; then a trace is handed on as it came.
core::request_trace trace_of(core::tracer* by, const request&) noexcept;

/// Only for a request that is sampled.
void record_request(const exchange&, std::span<const std::string_view> endpoints,
                    core::nanoseconds took);
void record_wait(core::tracer&, const core::request_trace&, std::string_view what,
                 core::boot_time begin, core::boot_time end);

} // namespace latchkey::http
