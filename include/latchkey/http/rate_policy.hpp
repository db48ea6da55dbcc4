#pragma once
// One checked policy: where it counts, what, and how much it allows.

#include <latchkey/auth/network.hpp>
#include <latchkey/core/rate_rule.hpp>
#include <latchkey/core/result.hpp>
#include <latchkey/http/rate_limit_configuration.hpp>

#include <string>
#include <string_view>
#include <vector>

namespace latchkey::http {

struct rate_policy {
    std::string name;
    counted counts;
    core::rate_rule rule;
    std::vector<std::string_view> paths; ///< of endpoints; literals
    std::vector<auth::network> exempt;
};

/// A failure's message begins with the key at fault: "quantity: …".
core::result<rate_policy> make_rate_policy(const rate_policy_configuration&);

/// 1 to 64 letters, digits and `-._`: it stands in header fields and in a metric's label.
bool is_policy_name(std::string_view) noexcept;

} // namespace latchkey::http
