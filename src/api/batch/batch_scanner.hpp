#pragma once
// Finds the items of a batch, `{"items":[…]}`, one after the other, without reading what is in
// them. Strict about what lies around them; within an item it only follows strings and brackets, so
// whoever reads the items checks their grammar.

#include <latchkey/http/refusal.hpp>

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace latchkey::api {

/// Goes on where it stopped, so that a long body can be scanned in slices. Pure.
class batch_scanner {
  public:
    static constexpr std::size_t depth_max = 64; ///< of arrays and objects, within an item

    /// `body` must stay.
    explicit batch_scanner(std::string_view body) : body_(body) {}

    enum class outcome {
        item,    ///< the next one is in `item()`
        partial, ///< not yet: call again
        end,     ///< there was no further one, and the body is whole
        refused, ///< `why()` says what is wrong
    };
    /// Looks at no more than `bytes_max` bytes.
    outcome next(std::size_t bytes_max);

    /// A JSON value, if it is one: not empty, without white space around it.
    std::string_view item() const noexcept { return body_.substr(begin_, at_ - begin_); }
    const http::refusal& why() const noexcept { return why_; }

  private:
    // What comes next; white space may stand before each but `within`.
    enum class state { object, name, colon, array, first, item, within, comma, close, end, over };

    outcome step();
    outcome read_name();
    outcome begin_item();
    outcome scan_item(std::size_t bytes_max);
    outcome found() noexcept;
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
    std::size_t string_ = 0; ///< where the string that we are in has begun; 0: in none
    std::size_t depth_ = 0;
    std::uint64_t is_array_ = 0; ///< one bit for each level

    bool repeated_ = false; ///< `items` was there already
    http::refusal why_;
};

} // namespace latchkey::api
