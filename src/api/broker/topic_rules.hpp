#pragma once
// What a device or the holder of a key may at a broker, from its scopes:
//
//   mqtt:publish:FILTER     it may publish to topics that match the filter
//   mqtt:subscribe:FILTER   it may subscribe to what the filter covers
//
// In a filter, "%c" is the client id and "%%" a percent sign. A scope with "%c" counts only while
// the client id is the credential's own id, since anybody may choose a client id. Pure.

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace latchkey::api::broker {

enum class topic_action { publish, subscribe };

struct topic_rule {
    topic_action what;
    std::string filter; ///< a topic filter, without escapes

    bool operator==(const topic_rule&) const = default;
};

/// Reads the scopes of the credential `id`. Other scopes, and those whose filter is none, give
/// nothing. Returns nullopt if more than `rules_max` count.
std::optional<std::vector<topic_rule>> topic_rules_of(std::span<const std::string> scopes,
                                                      std::string_view id,
                                                      std::string_view client_id,
                                                      std::size_t rules_max);

/// True if one of the rules allows it. `asked` is a topic to publish to, or a filter to subscribe
/// to; what is neither is not allowed.
bool allowed(std::span<const topic_rule>, topic_action, std::string_view asked) noexcept;

} // namespace latchkey::api::broker
