#pragma once
// The path of a route: literal, or with one segment `{id}` that matches any segment.

#include <optional>
#include <stdexcept>
#include <string_view>

namespace latchkey::http {

class path_template {
  public:
    constexpr path_template() = default;
    /// A malformed template does not compile in a constexpr table.
    constexpr explicit path_template(std::string_view text) : before_(text) {
        const auto hole = text.find(mark);
        if (hole != text.npos) {
            has_id_ = true;
            before_ = text.substr(0, hole);
            after_ = text.substr(hole + mark.size());
        }
        const bool whole_segment =
            !has_id_ || (before_.ends_with('/') && (after_.empty() || after_.starts_with('/')));
        if (!whole_segment || has_brace(before_) || has_brace(after_))
            throw std::invalid_argument("a route's path may have one segment {id}");
    }

    constexpr bool has_id() const { return has_id_; }

    /// Returns the id in the path (empty if the template is literal), or nullopt if the path does
    /// not match.
    constexpr std::optional<std::string_view> match(std::string_view path) const {
        if (!has_id_) return path == before_ ? std::optional(std::string_view()) : std::nullopt;
        if (path.size() <= before_.size() + after_.size() || !path.starts_with(before_) ||
            !path.ends_with(after_))
            return std::nullopt;
        path.remove_prefix(before_.size());
        path.remove_suffix(after_.size());
        if (path.find('/') != path.npos) return std::nullopt;
        return path;
    }

  private:
    static constexpr std::string_view mark = "{id}";
    static constexpr bool has_brace(std::string_view text) {
        return text.find_first_of("{}") != text.npos;
    }

    std::string_view before_;
    std::string_view after_;
    bool has_id_ = false;
};

} // namespace latchkey::http
