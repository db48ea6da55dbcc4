#pragma once
// Decides which requests get a line in the log: all that are refused and all errors, and one in so
// many of the others; but no more than so many in a second, so that a flood of bad requests costs
// no more than that, and hides no error.

#include <latchkey/core/log.hpp>
#include <latchkey/core/metrics.hpp>
#include <latchkey/http/request_note.hpp>

#include <cstddef>
#include <cstdint>

namespace latchkey::http {

struct request_log_terms {
    std::size_t one_in = 0;       ///< of good requests; 1: all, 0: none
    std::size_t lines_max = 1000; ///< of errors in a second, and as many of others
    std::size_t items_max =
        100; ///< lines about one request's items: refused, and as many undecided
    /// Where the log begins. A line about an error is a warning, all others are info.
    core::log_level begins = core::log_level::info;
};

/// Lives on one worker, used on its thread.
class request_log {
  public:
    void configure(const request_log_terms& terms) noexcept {
        terms_ = terms;
        if (!is_heard(false)) terms_.one_in = 0;
        left_ = terms_.one_in;
    }
    /// Called once for each request, before it is answered: is it logged whatever comes out?
    bool samples() noexcept {
        if (terms_.one_in == 0 || --left_ > 0) return false;
        left_ = terms_.one_in;
        return true;
    }
    item_room room_for_items(bool are_errors) const noexcept {
        return {is_heard(are_errors), terms_.items_max};
    }
    /// So many lines more are not written.
    void leave_out(std::size_t lines) noexcept { left_out_.add(lines); }
    /// Another second has begun.
    void next_second() noexcept { written_ = written_errors_ = 0; }
    /// Takes room for a line. Returns false if there is none left in this second, or if nobody
    /// would see it.
    bool admits(bool is_error) noexcept {
        if (!is_heard(is_error)) return false;
        auto& written = is_error ? written_errors_ : written_;
        if (written < terms_.lines_max) {
            ++written;
            return true;
        }
        left_out_.add();
        return false;
    }
    /// Any thread.
    std::uint64_t left_out() const noexcept { return left_out_.value(); }

  private:
    bool is_heard(bool is_error) const noexcept {
        return terms_.begins <= (is_error ? core::log_level::warning : core::log_level::info);
    }

    request_log_terms terms_;
    std::size_t left_ = 0;
    std::size_t written_ = 0;
    std::size_t written_errors_ = 0;
    core::counter left_out_;
};

} // namespace latchkey::http
