#include "api/broker/topic_filter.hpp"

#include <algorithm>
#include <optional>

namespace latchkey::api::broker {

namespace {

// Walks the levels of a filter. An empty level is one, too.
class levels {
  public:
    explicit levels(std::string_view text) : rest_(text) {}

    std::optional<std::string_view> next() {
        if (!rest_) return std::nullopt;
        const auto slash = rest_->find('/');
        const auto level = rest_->substr(0, slash);
        if (slash == std::string_view::npos)
            rest_.reset();
        else
            rest_->remove_prefix(slash + 1);
        return level;
    }
    bool ended() const { return !rest_; }

  private:
    std::optional<std::string_view> rest_;
};

constexpr std::string_view any_one = "+";
constexpr std::string_view all_further = "#";

bool may_be_sent(std::string_view text) {
    return !text.empty() && text.size() <= topic_bytes_max &&
           text.find('\0') == std::string_view::npos;
}

bool has_wildcard(std::string_view text) {
    return text.find_first_of("+#") != std::string_view::npos;
}

} // namespace

bool is_topic(std::string_view text) noexcept {
    return may_be_sent(text) && !has_wildcard(text);
}

bool is_topic_filter(std::string_view text) noexcept {
    if (!may_be_sent(text)) return false;
    levels all(text);
    while (const auto level = all.next()) {
        if (*level == any_one || !has_wildcard(*level)) continue;
        if (*level != all_further || !all.ended()) return false;
    }
    return true;
}

bool covers(std::string_view granted, std::string_view asked) noexcept {
    if (asked.starts_with('$') && has_wildcard(granted.substr(0, 1))) return false;
    levels of_granted(granted);
    levels of_asked(asked);
    while (true) {
        const auto g = of_granted.next();
        const auto a = of_asked.next();
        if (g == all_further) return true; // it matches its parent level, too
        if (!g || !a) return !g && !a;
        if (a == all_further) return false;
        if (g != any_one && g != a) return false;
    }
}

} // namespace latchkey::api::broker
