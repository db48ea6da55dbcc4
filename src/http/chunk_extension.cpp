#include "http/chunk_extension.hpp"

#include <latchkey/http/characters.hpp>

namespace latchkey::http {

namespace {

bool is_space(char c) noexcept {
    return c == ' ' || c == '\t';
}

bool is_control(char c) noexcept {
    return (c >= 0 && c < ' ' && c != '\t') || c == '\x7f';
}

} // namespace

// Takes a byte after a name, after a value, or before the first extension.
bool chunk_extension::take_separator(char c, state on_space) noexcept {
    if (c == ';')
        state_ = state::before_name;
    else if (is_space(c))
        state_ = on_space;
    else
        return false;
    return true;
}

bool chunk_extension::take_quoted(char c) noexcept {
    if (is_control(c)) return false;
    state_ = c == '"' ? state::behind_quoted : c == '\\' ? state::escaped : state::quoted;
    return true;
}

bool chunk_extension::take(char c) noexcept {
    switch (state_) {
    case state::gap:
        return take_separator(c, state::gap);
    case state::before_name:
        if (is_space(c)) return true;
        state_ = state::name;
        return token_characters.has(c);
    case state::name:
        if (token_characters.has(c)) return true;
        [[fallthrough]];
    case state::behind_name:
        if (c != '=') return take_separator(c, state::behind_name);
        state_ = state::before_value;
        return true;
    case state::before_value:
        if (is_space(c)) return true;
        state_ = c == '"' ? state::quoted : state::value;
        return c == '"' || token_characters.has(c);
    case state::value:
        return token_characters.has(c) || take_separator(c, state::gap);
    case state::quoted:
        return take_quoted(c);
    case state::escaped:
        state_ = state::quoted;
        return !is_control(c);
    case state::behind_quoted:
        return take_separator(c, state::gap);
    }
    return false;
}

bool chunk_extension::may_end() const noexcept {
    return state_ == state::name || state_ == state::value || state_ == state::behind_quoted;
}

} // namespace latchkey::http
