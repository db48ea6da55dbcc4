#include "api/forward/kept_tokens.hpp"

#include <latchkey/api/public_api.hpp>

#include <algorithm>

namespace latchkey::api {

namespace {

void append_part(std::string& out, std::string_view part) {
    out += std::to_string(part.size());
    out += ':';
    out += part;
}

// Of all that the token says.
void write_name(std::string& out, const auth::token_holder& holder, const forward_demand& demand) {
    out.clear();
    append_part(out, name_of(holder.kind));
    append_part(out, holder.id);
    append_part(out, holder.organization_id);
    append_part(out, holder.issuer);
    append_part(out, holder.client);
    append_part(out, holder.token_id);
    append_part(out, holder.exchanged_token_id);
    if (holder.issued_at) out += std::to_string(holder.issued_at->time_since_epoch().count());
    out += ';';
    out += std::to_string(holder.generation);
    out += ';';
    // A token never lives longer than what was presented, whatever was presented before.
    if (holder.expires_at) out += std::to_string(holder.expires_at->time_since_epoch().count());
    out += ';';
    const auto& policy = demand.policy;
    append_part(out, policy.audience ? *policy.audience : std::string_view());
    out += policy.scopes.empty() ? '*' : '=';
    if (policy.scopes.empty())
        for (const auto& scope : holder.scopes)
            append_part(out, scope);
    else
        for (const auto& scope : policy.scopes)
            append_part(out, scope);
}

bool same(const std::weak_ptr<const auth::token_signer>& a,
          const std::shared_ptr<const auth::token_signer>& b) noexcept {
    return !a.owner_before(b) && !b.owner_before(a);
}

} // namespace

const kept_tokens::kept* kept_tokens::find(const std::string& name, const core::moment& now) {
    const auto found = all_.find(name);
    if (found == all_.end()) return nullptr;
    bool signs_still = false;
    api_.with_own_issuer(
        [&](const auth::own_issuer& own) { signs_still = same(found->second.by, own.signer); });
    // Also if the clock was set back: the token would not be valid yet.
    const bool lives = now.real >= found->second.made_at && now.real < found->second.renew_at;
    return signs_still && lives ? &found->second : nullptr;
}

core::result<std::string_view> kept_tokens::token_for(const auth::token_holder& holder,
                                                      const forward_demand& demand,
                                                      const core::moment& now) {
    write_name(name_, holder, demand);
    if (const auto* one = find(name_, now)) return one->text.reveal();
    const auto& settings = api_.forward_settings;
    auth::token_order order;
    order.expires_in = settings.token_expires_in;
    if (demand.policy.audience) order.audience = *demand.policy.audience;
    if (!demand.scopes.empty()) order.scopes = std::span(demand.scopes);
    kept made;
    api_.with_own_issuer([&](const auth::own_issuer& own) { made.by = own.signer; });
    auto issued = api_.token_issuer.issue(holder, order, now);
    if (!issued) return issued.error();
    made.text = std::move(issued->text);
    made.made_at = std::chrono::floor<core::seconds>(now.real);
    made.renew_at = made.made_at + issued->expires_in * 2 / 3;
    if (all_.size() >= settings.tokens_max && !all_.contains(name_)) {
        std::erase_if(all_, [&](const auto& one) { return now.real >= one.second.renew_at; });
        if (all_.size() >= settings.tokens_max) all_.clear();
    }
    return all_.insert_or_assign(name_, std::move(made)).first->second.text.reveal();
}

} // namespace latchkey::api
