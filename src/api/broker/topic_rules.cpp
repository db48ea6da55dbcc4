#include "api/broker/topic_rules.hpp"

#include "api/broker/topic_filter.hpp"

#include <algorithm>
#include <utility>

namespace latchkey::api::broker {

namespace {

constexpr std::pair<std::string_view, topic_action> kinds[] = {
    {"mqtt:publish:", topic_action::publish}, {"mqtt:subscribe:", topic_action::subscribe}};

// As a part of a level it must not be able to begin another one, or to match others.
bool may_stand_in_level(std::string_view id) {
    return !id.empty() && id.find_first_of("/+#") == std::string_view::npos;
}

// Returns nullopt if an escape is none. `own_id` is what %c stands for; nullopt: for nothing. An
// id with "$" does not begin a filter: topics that begin so are a broker's own.
std::optional<std::string> unescaped(std::string_view text,
                                     std::optional<std::string_view> own_id) {
    std::string out;
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (text[i] != '%') {
            out += text[i];
            continue;
        }
        const char what = ++i < text.size() ? text[i] : '\0';
        if (what == '%')
            out += '%';
        else if (what == 'c' && own_id && !(out.empty() && own_id->starts_with('$')))
            out += *own_id;
        else
            return std::nullopt;
    }
    return out;
}

std::optional<topic_rule> rule_of(std::string_view scope, std::optional<std::string_view> own_id) {
    const auto* kind = std::ranges::find_if(
        kinds, [scope](const auto& one) { return scope.starts_with(one.first); });
    if (kind == std::end(kinds)) return std::nullopt;
    auto filter = unescaped(scope.substr(kind->first.size()), own_id);
    if (!filter || !is_topic_filter(*filter)) return std::nullopt;
    return topic_rule{kind->second, std::move(*filter)};
}

} // namespace

std::optional<std::vector<topic_rule>> topic_rules_of(std::span<const std::string> scopes,
                                                      std::string_view id,
                                                      std::string_view client_id,
                                                      std::size_t rules_max) {
    std::optional<std::string_view> own_id;
    if (id == client_id && may_stand_in_level(id)) own_id = id;
    std::vector<topic_rule> out;
    for (const auto& scope : scopes) {
        auto rule = rule_of(scope, own_id);
        if (!rule) continue;
        if (out.size() == rules_max) return std::nullopt;
        out.push_back(std::move(*rule));
    }
    return out;
}

bool allowed(std::span<const topic_rule> rules, topic_action what,
             std::string_view asked) noexcept {
    const bool may_be = what == topic_action::publish ? is_topic(asked) : is_topic_filter(asked);
    return may_be && std::ranges::any_of(rules, [&](const topic_rule& rule) {
               return rule.what == what && covers(rule.filter, asked);
           });
}

} // namespace latchkey::api::broker
