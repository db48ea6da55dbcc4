#pragma once
// Topic rules as EMQX 5.8 reads them in the `acl` of an authenticator's answer: the first that
// matches decides. EMQX is told what lets nobody do more there than the rules say. Pure.
//
// - What no rule matches would go to EMQX's own authorizers: the last rule denies all.
// - EMQX compares a subscription's levels with a rule's as if it were a topic, so "a/#" passes
//   "a/+" and "a/+/#". It is denied before; where another wildcard stands before that one, only
//   exactly the rule's filter is allowed ("eq").
// - "${" would begin a placeholder, so that such a rule allows exactly its own text; "eq " at the
//   beginning would be read as this word, and such a rule is left out.
// - A wildcard at the beginning matches EMQX's own topics there, which are denied before.

#include "api/broker/topic_rules.hpp"

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace latchkey::api::broker {

struct emqx_rule {
    std::string_view permission; ///< "allow" or "deny"
    std::string_view action;     ///< "publish", "subscribe" or "all"
    std::string topic;

    bool operator==(const emqx_rule&) const = default;
};

std::vector<emqx_rule> emqx_rules_of(std::span<const topic_rule>);

} // namespace latchkey::api::broker
