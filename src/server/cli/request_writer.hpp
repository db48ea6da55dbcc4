#pragma once
// Writes the body of a command's request from its options. The server checks the rest.

#include "server/cli/command_line.hpp"

#include <latchkey/core/result.hpp>

#include <cstdint>
#include <string>
#include <string_view>

namespace latchkey::server {

class request_writer {
  public:
    explicit request_writer(const command_line& line) : line_(line) {}

    // --- Each adds a member if the option was given ---
    void text(std::string_view option, std::string_view name);
    void list(std::string_view option, std::string_view name); ///< "a,b"
    /// The same, and an empty text is an empty list.
    void list_or_none(std::string_view option, std::string_view name);
    /// Whether the option's value is empty. If so, adds null, which clears the member.
    bool clears(std::string_view option, std::string_view name);
    void flag(std::string_view option, std::string_view name);  ///< true
    void null(std::string_view option, std::string_view name);  ///< null
    void count(std::string_view option, std::string_view name); ///< a number from 0
    /// In whole seconds, at least `least_s`.
    void seconds(std::string_view option, std::string_view name, int least_s = 1);
    /// A JSON object, passed on as it is, so that its numbers stay as they were written.
    void object(std::string_view option, std::string_view name);

    /// Adds {quantity, window, burst?, scope?} from "100/1m", an integer and a word.
    void rate(std::string_view option, std::string_view burst_option, std::string_view scope_option,
              std::string_view name);

    /// Adds {amount, every} from a number and "30d"; neither goes without the other.
    void refill(std::string_view option, std::string_view every_option, std::string_view name);

    /// Adds a member whose value does not come from an option.
    void given(std::string_view name, std::string_view text);
    void given(std::string_view name, bool value);
    void number(std::string_view name, std::int64_t value);

    /// Whether no member was added.
    bool is_empty() const { return body_.empty() && wrong_.empty(); }

    /// Returns the whole object, or the first mistake.
    core::result<std::string> finish() const;

    /// Adds {remaining, refill?} from a number and the options of `refill`.
    void credits(std::string_view option, std::string_view name);

  private:
    void member(std::string_view name);
    void word(std::string_view option, std::string_view name, std::string_view text);
    void complain(const std::string& text);

    const command_line& line_;
    std::string body_;
    std::string wrong_;
};

} // namespace latchkey::server
