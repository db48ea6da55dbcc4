#pragma once

#include <latchkey/core/clock.hpp>

#include <string>
#include <string_view>

namespace latchkey::http {

class exchange;
struct item_note;
struct service;

/// Writes the one line of the log that says of a request who asked, for what, and what came out.
void write_request_line(service&, exchange&, core::nanoseconds took);
/// Writes the same of one of its questions, which was not answered with "good".
void write_item_line(service&, exchange&, const item_note&, core::nanoseconds took);

/// Returns the path as the log shows it. A segment that is longer than any id is shown as `*`,
/// because it may be a credential that stands where it does not belong; what is too long is cut.
std::string loggable_path(std::string_view path);

} // namespace latchkey::http
