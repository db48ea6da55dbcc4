#include "api/broker/emqx_rules.hpp"

#include "api/broker/topic_filter.hpp"

#include <algorithm>
#include <optional>
#include <utility>

namespace latchkey::api::broker {

namespace {

constexpr std::string_view allow = "allow";
constexpr std::string_view deny = "deny";
constexpr std::string_view exactly = "eq ";

// What messages under them do, or tell, is EMQX's own.
constexpr std::string_view own_topics[] = {"$SYS/#",       "$delayed/#", "$events/#",
                                           "$file/#",      "$queue/#",   "$share/#",
                                           "$exclusive/#", "$stream/#",  "$LINK/#"};

std::string_view name_of(topic_action what) {
    return what == topic_action::publish ? "publish" : "subscribe";
}

bool begins_with_wildcard(std::string_view filter) {
    return filter.starts_with('+') || filter.starts_with('#');
}

// Returns what stands before the last "+" if nothing but "#" may follow it: "a/" of "a/+/#".
std::optional<std::string_view> before_last_plus(std::string_view filter) {
    if (filter.ends_with("+/#")) filter.remove_suffix(2);
    if (!filter.ends_with('+')) return std::nullopt;
    filter.remove_suffix(1);
    return filter;
}

// The rules of one credential for EMQX, in the making.
class writer {
  public:
    explicit writer(std::span<const topic_rule> rules) : rules_(rules) {}

    std::vector<emqx_rule> write() {
        for (const auto& rule : rules_)
            deny_wider(rule);
        add_those([](std::string_view filter) { return filter.starts_with('$'); });
        if (std::ranges::any_of(
                rules_, [](const topic_rule& rule) { return begins_with_wildcard(rule.filter); }))
            for (const auto own : own_topics)
                out_.push_back({deny, "all", std::string(own)});
        add_those([](std::string_view filter) { return !filter.starts_with('$'); });
        out_.push_back({deny, "all", "#"});
        return std::move(out_);
    }

  private:
    // "+/#" has all topics, as "#" has.
    void deny_wider(const topic_rule& rule) {
        if (rule.what != topic_action::subscribe || rule.filter == "+/#") return;
        const auto before = before_last_plus(rule.filter);
        if (!before || is_told_exactly(rule)) return;
        auto wider = std::string(*before) + '#';
        if (!allowed(rules_, topic_action::subscribe, wider))
            out_.push_back({deny, "subscribe", std::string(exactly) + wider});
    }

    static bool is_told_exactly(const topic_rule& rule) {
        if (rule.filter.find("${") != std::string::npos) return true;
        if (rule.what != topic_action::subscribe) return false;
        const auto before = before_last_plus(rule.filter);
        return before && before->find('+') != std::string_view::npos;
    }

    template <class Which>
    void add_those(Which&& which) {
        for (const auto& rule : rules_) {
            if (!which(rule.filter) || rule.filter.starts_with(exactly)) continue;
            out_.push_back(
                {allow, name_of(rule.what),
                 (is_told_exactly(rule) ? std::string(exactly) : std::string()) + rule.filter});
        }
    }

    std::span<const topic_rule> rules_;
    std::vector<emqx_rule> out_;
};

} // namespace

std::vector<emqx_rule> emqx_rules_of(std::span<const topic_rule> rules) {
    return writer(rules).write();
}

} // namespace latchkey::api::broker
