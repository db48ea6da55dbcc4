#pragma once
// What a gateway demands of whoever asks for what it protects. It comes from the gateway: from the
// query of /forward-auth, or by the name of a policy that the configuration has. Whatever cannot be
// read refuses: a demand that is passed over would let somebody in.

#include <latchkey/api/configuration.hpp>
#include <latchkey/api/field_terms.hpp>
#include <latchkey/auth/permission_expression.hpp>
#include <latchkey/core/result.hpp>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace latchkey::api {

struct forward_policy {
    static constexpr std::int64_t cost_max = terms::cost.max;

    std::vector<std::string> scopes; ///< all of them must be granted
    std::optional<std::string> audience;
    std::vector<std::string> organizations; ///< empty: any, and none
    std::uint64_t cost = 1;                 ///< taken from an API key's own limit
    bool token = false;                     ///< the answer has a token of ours
    std::string permissions{};              ///< an expression that must hold, too; empty: none
};

/// Reads the query of /forward-auth: scope, permissions, audience, organization (repeatable),
/// cost, token=1.
/// Fails for a parameter that is unknown, repeated, empty or malformed.
core::result<forward_policy> read_forward_policy(std::string_view query);

/// A policy in the form in which requests use it. Immutable.
class forward_demand {
  public:
    explicit forward_demand(forward_policy);
    forward_demand(const forward_demand&) = delete;
    forward_demand& operator=(const forward_demand&) = delete;

    const forward_policy policy;
    const std::vector<std::string_view> scopes;
    const std::vector<std::string_view> organizations;
    /// Null if the policy has no expression.
    const auth::permission_expression* permissions() const noexcept {
        return policy.permissions.empty() ? nullptr : &permissions_;
    }

  private:
    auth::permission_expression permissions_;
};

class forward_policies {
  public:
    /// Fails with the setting's name, a colon and what is wrong; `at` gets the entry's position.
    static core::result<forward_policies> make(std::span<const forward_policy_configuration>,
                                               std::size_t* at = nullptr);

    /// Returns null if there is no such policy.
    std::shared_ptr<const forward_demand> find(std::string_view name) const noexcept;

  private:
    struct named {
        std::string name;
        std::shared_ptr<const forward_demand> demand;
    };
    std::vector<named> all_;
};

} // namespace latchkey::api
