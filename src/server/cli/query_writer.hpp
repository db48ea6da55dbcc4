#pragma once
// Writes the query of a list's URL from a command's options.

#include "server/cli/command_line.hpp"

#include <latchkey/core/clock.hpp>
#include <latchkey/core/result.hpp>

#include <string>
#include <string_view>

namespace latchkey::server {

class query_writer {
  public:
    query_writer(const command_line& line, core::real_time now) : line_(line), now_(now) {}

    // --- Each adds a parameter if the option was given ---
    void text(std::string_view option, std::string_view name);
    void seconds(std::string_view option, std::string_view name); ///< "90d"
    /// "2d" is that long ago; a time stays as it is.
    void time(std::string_view option, std::string_view name);

    /// Adds a parameter whose value does not come from an option.
    void given(std::string_view name, std::string_view value);

    /// Returns "?a=b&c=d", an empty text, or the first mistake.
    core::result<std::string> finish() const;

  private:
    void complain(const std::string& text);

    const command_line& line_;
    core::real_time now_;
    std::string query_;
    std::string wrong_;
};

} // namespace latchkey::server
