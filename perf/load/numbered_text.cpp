#include "numbered_text.hpp"

namespace load {
namespace {

constexpr std::string_view hole = "{n}";

bool take(std::string_view& text, std::string_view piece) {
    if (!text.starts_with(piece)) return false;
    text.remove_prefix(piece.size());
    return true;
}

} // namespace

numbered_text::numbered_text(std::string_view text) {
    for (std::size_t at; (at = text.find(hole)) != text.npos; text.remove_prefix(at + hole.size()))
        pieces_.emplace_back(text.substr(0, at));
    pieces_.emplace_back(text);
    for (const auto& piece : pieces_)
        fixed_ += piece.size();
}

void numbered_text::append_to(std::string& out, std::string_view number) const {
    out += pieces_.front();
    for (std::size_t i = 1; i < pieces_.size(); ++i)
        out.append(number).append(pieces_[i]);
}

bool numbered_text::begins(std::string_view text, std::string_view number) const {
    if (!take(text, pieces_.front())) return false;
    for (std::size_t i = 1; i < pieces_.size(); ++i)
        if (!take(text, number) || !take(text, pieces_[i])) return false;
    return true;
}

} // namespace load
