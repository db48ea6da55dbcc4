#pragma once
// The grammar of what may stand between a chunk's size and the end of its line (RFC 9112, section
// 7.1.1):
//   *( BWS ";" BWS name [ BWS "=" BWS ( token / quoted-string ) ] )

namespace latchkey::http {

/// A state machine for one chunk. It is fed byte by byte, from the first byte after the size.
class chunk_extension {
  public:
    /// Returns false if no extension can continue with this byte.
    bool take(char c) noexcept;
    /// Returns true if the line may end here. It may not end after white space: a value or another
    /// extension must follow.
    bool may_end() const noexcept;

  private:
    enum class state {
        gap, ///< before a semicolon
        before_name,
        name,
        behind_name,
        before_value,
        value,
        quoted,
        escaped,
        behind_quoted
    };
    bool take_separator(char c, state on_space) noexcept;
    bool take_quoted(char c) noexcept;

    state state_ = state::gap;
};

} // namespace latchkey::http
