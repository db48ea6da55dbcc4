#pragma once
// One checked policy: where it counts, by what, and how much it allows.

#include <latchkey/api/configuration.hpp>
#include <latchkey/core/flow/rate_rule.hpp>
#include <latchkey/core/ip_network.hpp>
#include <latchkey/core/result.hpp>

#include <string>
#include <string_view>
#include <vector>

namespace latchkey::api {

struct rate_policy {
    std::string name;
    counted counts;
    core::rate_rule rule;
    std::vector<std::string_view> paths; ///< of endpoints; they live as long as the process
    std::vector<core::network> exempt;
    limit_scope scope = limit_scope::node;
};

/// Fails with a message that begins with the setting at fault: "quantity: …".
core::result<rate_policy> make_rate_policy(const rate_policy_configuration&);

/// Returns true for 1 to 64 letters, digits and `-._`. The name appears in header fields and in a
/// metric's label.
bool is_policy_name(std::string_view) noexcept;

} // namespace latchkey::api
