#include <latchkey/auth/permission_expression.hpp>

#include "auth/checks.hpp"

namespace latchkey::auth {

namespace {

bool is_space(char c) {
    return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

// What a scope may have, without what could be taken for an operator. Other scopes can be asked for
// by `scopes`.
constexpr auto name_characters = [] {
    constexpr std::string_view others = "\"\\,()*!&|";
    std::array<bool, 256> out{};
    for (char c = '!'; c <= '~'; ++c)
        out[static_cast<unsigned char>(c)] = others.find(c) == others.npos;
    return out;
}();

bool is_of_name(char c) {
    return name_characters[static_cast<unsigned char>(c)];
}

bool has_empty_segment(std::string_view name) {
    bool at_begin = true;
    for (const char c : name) {
        const bool separates = c == '.' || c == ':';
        if (separates && at_begin) return true;
        at_begin = separates;
    }
    return at_begin;
}

} // namespace

// Reads by recursive descent, no deeper than permissions_depth_max:
//   either = both *("OR" both)   both = one *("AND" one)   one = name / "(" either ")"
class permission_reader {
  public:
    permission_reader(permission_expression& out, std::string_view text) : out_(out), text_(text) {}

    std::optional<std::string> read() {
        next();
        if (!either(0)) return wrong_;
        if (found_ == token::closing) fail("expected the end: this \")\" closes nothing");
        if (found_ != token::end && wrong_.empty())
            fail("expected AND or OR, in capitals, or the end");
        return wrong_.empty() ? std::nullopt : std::optional(wrong_);
    }

  private:
    using step = permission_expression::step;
    enum class token { name, both, either, none, opening, closing, end, other };

    bool fail(std::string_view what) {
        wrong_ = "at character " + std::to_string(begin_ + 1) + ": " + std::string(what);
        return false;
    }

    // Finds the next token, at begin_.
    void next() {
        begin_ = end_;
        while (begin_ < text_.size() && is_space(text_[begin_]))
            ++begin_;
        end_ = begin_;
        if (begin_ == text_.size()) return found(token::end);
        while (end_ < text_.size() && is_of_name(text_[end_]))
            ++end_;
        const auto word = text_.substr(begin_, end_ - begin_);
        if (word == "AND") return found(token::both);
        if (word == "OR") return found(token::either);
        if (word == "NOT") return found(token::none);
        if (!word.empty()) return found(token::name);
        const char c = text_[end_++];
        found(c == '(' ? token::opening : c == ')' ? token::closing : token::other);
    }
    void found(token what) { found_ = what; }

    bool either(std::size_t depth) {
        if (!both(depth)) return false;
        while (found_ == token::either) {
            next();
            if (!both(depth)) return false;
            add({0, 0, step::either});
        }
        return true;
    }

    bool both(std::size_t depth) {
        if (!one(depth)) return false;
        while (found_ == token::both) {
            next();
            if (!one(depth)) return false;
            add({0, 0, step::both});
        }
        return true;
    }

    bool one(std::size_t depth) {
        if (found_ == token::name) return name();
        if (found_ == token::none)
            return fail("expected a name or \"(\": there is no NOT, since a permission that is "
                        "missing must never allow more");
        if (found_ == token::end) return fail("expected a name or \"(\", but the text ends");
        if (found_ == token::other && text_[begin_] == '*')
            return fail("expected a name without \"*\", which only what is granted may have");
        if (found_ != token::opening) return fail("expected a name or \"(\"");
        if (depth == permissions_depth_max)
            return fail("expected at most " + std::to_string(permissions_depth_max) +
                        " parentheses within each other");
        next();
        if (!either(depth + 1)) return false;
        if (found_ != token::closing) return fail("expected AND or OR, in capitals, or \")\"");
        next();
        return true;
    }

    bool name() {
        const auto text = text_.substr(begin_, end_ - begin_);
        if (text.size() > scope_length_max)
            return fail("expected a name of at most " + std::to_string(scope_length_max) +
                        " bytes");
        if (end_ < text_.size() && text_[end_] == '*') {
            begin_ = end_;
            return fail("expected a name without \"*\", which only what is granted may have");
        }
        if (has_empty_segment(text)) return fail("expected a name without empty segments");
        if (++names_ > permissions_names_max)
            return fail("expected at most " + std::to_string(permissions_names_max) + " names");
        add({static_cast<std::uint16_t>(begin_), static_cast<std::uint8_t>(text.size()),
             step::name});
        next();
        return true;
    }

    void add(const step& one) { out_.program_[out_.size_++] = one; }

    permission_expression& out_;
    std::string_view text_;
    std::size_t begin_ = 0; // of the token that is looked at
    std::size_t end_ = 0;
    token found_ = token::end;
    std::size_t names_ = 0;
    std::string wrong_;
};

std::optional<std::string> permission_expression::read(std::string_view text) {
    size_ = 0;
    text_ = text;
    if (text.size() > permissions_bytes_max)
        return "at character " + std::to_string(permissions_bytes_max + 1) + ": expected at most " +
               std::to_string(permissions_bytes_max) + " bytes";
    auto wrong = permission_reader(*this, text).read();
    if (wrong) size_ = 0;
    return wrong;
}

} // namespace latchkey::auth
