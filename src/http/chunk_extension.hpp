#pragma once
// What may stand between a chunk's size and the end of its line (RFC 9112, section 7.1.1):
//   *( BWS ";" BWS name [ BWS "=" BWS ( token / quoted-string ) ] )

namespace latchkey::http {

/// A state machine fed byte by byte, from the first one behind the size; for one chunk.
class chunk_extension {
  public:
    /// False: no extension goes on with this byte.
    bool take(char c) noexcept;
    /// The line may end here. White space behind an extension belongs to a next one, which must
    /// come.
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
