#pragma once
// The demand of each request to /forward-auth. A gateway's configuration has few queries, so what
// one says is kept.

#include <latchkey/api/forward_policy.hpp>
#include <latchkey/http/request.hpp>

#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace latchkey::api {

/// One per worker, used on its thread.
class demands {
  public:
    /// Queries that are kept; with more, all are forgotten.
    static constexpr std::size_t kept_max = 64;

    void configure(forward_policies policies) { named_ = std::move(policies); }

    /// Sets the demand. Returns an empty text, or the code of what is wrong: POLICY_UNKNOWN or
    /// POLICY_MALFORMED. Below the prefix a name alone counts, and the query is the client's.
    std::string_view find(const http::request&, std::shared_ptr<const forward_demand>&);

  private:
    std::string_view find_by_query(std::string_view query, std::shared_ptr<const forward_demand>&);

    forward_policies named_;
    std::vector<std::pair<std::string, std::shared_ptr<const forward_demand>>> kept_;
};

} // namespace latchkey::api
