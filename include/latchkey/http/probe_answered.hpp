#pragma once

#include <string_view>

namespace latchkey::http {

/// The verdict of an answer that says no and is no refusal, because it is what was asked for:
/// whoever probes is told so each second, and the log is not.
inline constexpr std::string_view probe_answered = "NOT_READY";

} // namespace latchkey::http
