#include "api/forward/demands.hpp"

#include <algorithm>

namespace latchkey::api {

namespace {

constexpr std::string_view named_prefix = "/forward-auth/@";
constexpr std::string_view unknown = "POLICY_UNKNOWN";
constexpr std::string_view malformed = "POLICY_MALFORMED";

} // namespace

std::string_view demands::find(const http::request& asked,
                               std::shared_ptr<const forward_demand>& out) {
    if (asked.path == "/forward-auth") return find_by_query(asked.query, out);
    if (!asked.path.starts_with(named_prefix)) return unknown;
    const auto rest = asked.path.substr(named_prefix.size());
    // What stands behind the name is the client's path. It is not looked at, so it leads nowhere.
    out = named_.find(rest.substr(0, rest.find('/')));
    return out ? std::string_view() : unknown;
}

std::string_view demands::find_by_query(std::string_view query,
                                        std::shared_ptr<const forward_demand>& out) {
    for (const auto& [text, demand] : kept_)
        if (text == query) {
            out = demand;
            return {};
        }
    auto policy = read_forward_policy(query);
    if (!policy) return malformed;
    out = std::make_shared<const forward_demand>(std::move(*policy));
    if (kept_.size() == kept_max) kept_.clear();
    kept_.emplace_back(query, out);
    return {};
}

} // namespace latchkey::api
