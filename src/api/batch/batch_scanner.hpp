#pragma once
// Finds the items of a batch, `{"items":[…]}`, one after the other, without reading them. It checks
// strictly what surrounds them. Within an item it only follows strings and brackets: whether it is
// JSON is checked apart, and only for items that their reader found malformed.

#include <latchkey/http/refusal.hpp>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string_view>

namespace latchkey::api {

/// Continues where it stopped, so that a long body can be scanned in slices. Reused from body to
/// body. Pure.
class batch_scanner {
  public:
    static constexpr std::size_t depth_max = 64; ///< of arrays and objects, within an item

    batch_scanner();
    ~batch_scanner();

    /// `body` must exist as long as it is scanned.
    void begin(std::string_view body);

    enum class outcome {
        item,    ///< the next one is in `item()`
        partial, ///< not finished: call again
        end,     ///< there are no more items, and the body is complete
        refused, ///< `why()` says what is wrong
    };
    /// Examines at most `bytes_max` bytes, and those of an item that is not plain once more.
    outcome next(std::size_t bytes_max);

    /// Returns the item's text, without white space around it. Not empty. It may not be JSON.
    std::string_view item() const noexcept { return body_.substr(begin_, at_ - begin_); }
    const http::refusal& why() const noexcept { return why_; }

    /// Begins to check whether a text is one JSON value. Call `check` while `is_checking()`.
    void begin_check(std::string_view text);
    /// Examines at most `bytes_max` bytes. Returns false if the text cannot be JSON.
    bool check(std::size_t bytes_max);
    bool is_checking() const noexcept { return is_checking_; }

  private:
    struct grammar;

    // What comes next. White space may stand before each except `within`.
    enum class state { object, name, colon, array, first, item, within, comma, close, end, over };

    outcome step();
    outcome read_name();
    outcome begin_item();
    outcome scan_item(std::size_t bytes_max);
    outcome found() noexcept;
    bool pass_plain_item(std::size_t limit) noexcept;
    void scan_string(std::size_t limit);
    bool bracket();
    std::string_view take_name() noexcept;
    bool skip_space(std::size_t bytes_max) noexcept;
    outcome expect(char c, state then, std::string_view what);
    outcome not_json(std::string_view what);
    outcome refuse(std::string detail);
    char peek() const noexcept { return at_ < body_.size() ? body_[at_] : '\0'; }

    std::string_view body_;
    std::size_t at_ = 0;
    state state_ = state::object;

    // --- of the item ---
    std::size_t begin_ = 0;
    std::size_t string_ = 0; ///< where the current string begins; 0: in no string
    std::size_t depth_ = 0;
    std::uint64_t is_array_ = 0; ///< one bit for each level

    bool repeated_ = false; ///< `items` was there already
    http::refusal why_;

    // --- of the check ---
    std::unique_ptr<grammar> grammar_;
    std::string_view unchecked_;
    bool is_checking_ = false;
};

} // namespace latchkey::api
