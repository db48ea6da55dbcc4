#include <latchkey/api/caller_gate.hpp>

#include "api/caller_refusals.hpp"
#include "api/public/caller_check.hpp"

#include <latchkey/api/public_api.hpp>

#include <algorithm>
#include <utility>

namespace latchkey::api {

namespace {

const principal* known_by_connection(const caller_rules& rules, const http::exchange& ex) {
    if (ex.client)
        if (const auto* known = rules.find(*ex.client)) return known;
    const bool by_unix_listener = ex.origin && !ex.origin->listener.empty();
    return by_unix_listener ? rules.find_listener(ex.origin->listener) : nullptr;
}

} // namespace

caller_gate::caller_gate(public_api& of, auth::node_state& state, std::size_t worker,
                         const auth::configuration& settings,
                         std::span<const std::string_view> endpoint_names)
    : api(of), verifier(state, worker, settings, metrics_, &of.uses), checks(*this) {
    const auto all = caller_endpoints();
    for (const auto name : endpoint_names) {
        const auto found = std::ranges::find(all, name, &caller_endpoint::path);
        places_.push_back(found == all.end() ? nowhere
                                             : static_cast<std::size_t>(found - all.begin()));
    }
}

caller_gate::~caller_gate() = default;

void caller_gate::configure(const auth::configuration& settings, caller_rules rules) {
    verifier.configure(settings);
    rules_ = std::move(rules);
}

bool caller_gate::judge(http::exchange& ex, std::size_t place) {
    // It is told the methods of a path, and nothing else; but gateways get a verdict by it.
    if (ex.request.method == http::method::options && !ex.bare()) return true;
    const auto right = caller_endpoints()[place].right;
    const auto key = ex.request.get(http::field::x_latchkey_key);
    if (key.data()) return checks.take().begin(ex, right, key);
    if (const auto* known = known_by_connection(rules_, ex))
        return checks.take().begin(ex, right, *known);
    if (!rules_.required_at(place) || caller_endpoints()[place].asks_itself) return true;
    cells.unknown.add();
    if (pays_for_refusal(ex))
        refuse_unknown_caller(ex, "say who asks: send an API key that has the scope \"" +
                                      std::string(auth::caller_scopes::name_of(right)) +
                                      "\" in X-Latchkey-Key");
    return false;
}

bool caller_gate::admit_client(http::exchange& ex, std::string_view key_id, std::string_view key) {
    const auto right = caller_endpoints()[places_[ex.endpoint]].right;
    return checks.take().begin(ex, right, key, key_id);
}

bool caller_gate::pays_for_refusal(http::exchange& ex) {
    return !public_api::pays_later(ex) || api.gate.admit_client(ex, 1);
}

const net::tls_identity* caller_gate::clients_certificate(const http::exchange& ex) const noexcept {
    const bool by_proxy = ex.origin && ex.origin->by_proxy;
    return ex.client && !by_proxy && !rules_.find(*ex.client) ? ex.client : nullptr;
}

bool caller_gate::charge(http::exchange& ex, std::uint64_t cost) {
    auto* known = static_cast<caller_check*>(ex.accompanied_by());
    return !known || cost == 0 || known->charge(ex, cost);
}

void caller_gate::collect(core::metric_sink& sink) const {
    cells.collect(sink);
}

} // namespace latchkey::api
