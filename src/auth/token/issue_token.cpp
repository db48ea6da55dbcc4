#include <latchkey/auth/token/issue_token.hpp>

#include "auth/checks.hpp"

#include <latchkey/auth/caller/caller_scopes.hpp>
#include <latchkey/auth/token/token_claims.hpp>
#include <latchkey/core/text/json_member.hpp>
#include <latchkey/crypto/random.hpp>

#include <algorithm>

namespace latchkey::auth {

namespace {

constexpr std::size_t token_id_length = 22; // 131 bits in base62
constexpr std::size_t claims_length = 512;  // of usual claims

// Leaves out texts that are not scope-tokens, since readers would take them for others (the older
// service's arrays may grant such), and the scopes of callers, which no token carries.
std::vector<std::string_view> scopes_of(const token_holder& holder, const token_order& order) {
    std::vector<std::string_view> scopes(holder.scopes.begin(), holder.scopes.end());
    if (order.scopes) scopes.assign(order.scopes->begin(), order.scopes->end());
    std::erase_if(scopes, [](std::string_view scope) {
        return !is_scope(scope) || is_reserved_scope(scope);
    });
    std::ranges::sort(scopes);
    scopes.erase(std::unique(scopes.begin(), scopes.end()), scopes.end());
    return scopes;
}

// Puts spaces between them (RFC 6749, section 3.3).
std::string joined(const std::vector<std::string_view>& scopes) {
    std::string out;
    for (const auto scope : scopes) {
        if (!out.empty()) out += ' ';
        out += scope;
    }
    return out;
}

// In whole seconds. Zero or negative if the holder has expired.
core::seconds life_of(const token_holder& holder, core::seconds wanted, core::real_time issued) {
    if (!holder.expires_at) return wanted;
    return std::min(wanted, std::chrono::floor<core::seconds>(*holder.expires_at - issued));
}

std::int64_t seconds_of(core::real_time t) {
    return std::chrono::floor<core::seconds>(t).time_since_epoch().count();
}

// Another issuer's subject may have the id of a key of ours, and must not look like that client.
std::string_view client_of(const token_holder& holder) {
    if (!holder.client.empty()) return holder.client;
    return holder.issuer.empty() ? holder.id : holder.issuer;
}

// 1970 if the token does not say when. No date is before that.
core::real_time issued_earlier(const std::optional<core::real_time>& issued, core::seconds by) {
    if (!issued) return {};
    const auto since_1970 = issued->time_since_epoch();
    return core::real_time(std::max(since_1970 - by, core::real_time::duration::zero()));
}

} // namespace

token_holder token_issuer::holder_of(const token_claims& claims) const {
    const core::epochs::reader::pin pinned(state_.readers.at(worker_));
    const auto* by = state_.issuers.read().find(claims.issuer);
    const bool own = by && by->rules.own;
    const auto leeway = by ? by->rules.leeway : settings_.leeway;
    const auto earlier = std::max(leeway - settings_.leeway, core::seconds(0));
    const auto text_of = [](const std::optional<std::string>& claim) {
        return claim ? std::string_view(*claim) : std::string_view();
    };
    token_holder out{
        credential_kind::token, text_of(claims.subject), text_of(claims.organization_id),
        claims.scopes,          claims.ends_at,          0};
    out.token_id = text_of(claims.token_id);
    out.issued_at = issued_earlier(claims.first_issued_at, own ? core::seconds(0) : earlier);
    if (!own) {
        out.issuer = claims.issuer;
        return out;
    }
    out.kind = claims.made_from.value_or(out.kind);
    out.generation = claims.generation;
    out.issuer = text_of(claims.subject_issuer);
    out.client = text_of(claims.client_id);
    if (!claims.subject_issuer && !claims.subject_token_id) return out;
    out.exchanged_token_id =
        claims.exchanged_token_id ? std::string_view(*claims.exchanged_token_id) : out.token_id;
    out.token_id = text_of(claims.subject_token_id);
    return out;
}

std::optional<std::string> token_issuer::complaint_about(const token_order& order) const {
    if (order.audience && (order.audience->empty() || order.audience->size() > audience_length_max))
        return "field \"audience\" must have 1 to " + std::to_string(audience_length_max) +
               " bytes";
    if (order.expires_in &&
        (*order.expires_in < core::seconds(1) || *order.expires_in > settings_.expires_in_max))
        return "field \"expires_in\" must be from 1 to " +
               std::to_string(settings_.expires_in_max.count()) +
               " seconds (tokens.expires_in_max)";
    return std::nullopt;
}

core::result<const token_signer*> token_issuer::signer(const core::moment& now) const {
    const auto unavailable = [](std::string why) {
        return core::failure{core::failure_kind::unavailable, std::move(why)};
    };
    const auto& own = state_.issuers.read().own();
    if (!own) return unavailable("the signing keys are not known yet");
    if (!own->signer) return unavailable(own->why_not);
    // A key that was dropped on another node must not sign here.
    if (!state_.known.feed_is_fresh(now))
        return unavailable("changes of signing keys cannot be known now");
    return own->signer.get();
}

std::optional<core::failure> token_issuer::obstacle(const core::moment& now) const {
    const core::epochs::reader::pin pinned(state_.readers.at(worker_));
    const auto by = signer(now);
    if (by) return std::nullopt;
    state_.token_wanted_at.store(now.boot, std::memory_order_relaxed);
    return by.error();
}

core::result<issued_token> token_issuer::issue(const token_holder& holder, const token_order& order,
                                               const core::moment& now) {
    const core::epochs::reader::pin pinned(state_.readers.at(worker_));
    const auto by = signer(now);
    if (!by) return by.error();
    auto token_id = crypto::random_base62(token_id_length);
    if (!token_id) return token_id.error();
    const auto issued = std::chrono::floor<core::seconds>(now.real);
    issued_token out;
    out.expires_in = life_of(holder, order.expires_in.value_or(settings_.expires_in), issued);
    if (out.expires_in <= core::seconds(0))
        return core::failure{core::failure_kind::invalid, "the credential's time is up"};
    out.scopes = scopes_of(holder, order);

    std::string claims;
    claims.reserve(claims_length);
    core::append_member(claims, R"({"iss":)", settings_.issuer);
    core::append_member(claims, R"(,"sub":)", holder.id);
    if (!holder.issuer.empty()) core::append_member(claims, R"(,"subject_issuer":)", holder.issuer);
    if (!holder.token_id.empty())
        core::append_member(claims, R"(,"subject_token_id":)", holder.token_id);
    if (!holder.exchanged_token_id.empty())
        core::append_member(claims, R"(,"exchanged_token_id":)", holder.exchanged_token_id);
    if (holder.issued_at)
        claims += R"(,"subject_issued_at":)" + std::to_string(seconds_of(*holder.issued_at));
    core::append_member(claims, R"(,"client_id":)", client_of(holder));
    core::append_member(claims, R"(,"credential_kind":)", name_of(holder.kind));
    core::append_member(claims, R"(,"aud":)", order.audience.value_or(settings_.audience));
    core::append_member(claims, R"(,"organization_id":)", holder.organization_id);
    core::append_member(claims, R"(,"scope":)", joined(out.scopes));
    core::append_member(claims, R"(,"jti":)", *token_id);
    claims += R"(,"iat":)" + std::to_string(seconds_of(issued));
    claims += R"(,"exp":)" + std::to_string(seconds_of(issued + out.expires_in));
    if (!order.certificate.empty()) {
        core::append_member(claims, R"(,"cnf":{"x5t#S256":)", order.certificate);
        claims += '}';
    }
    claims += R"(,"gen":)" + std::to_string(holder.generation) + '}';

    auto text = (*by)->sign(claims);
    if (!text) return text.error();
    out.text = crypto::secret(std::move(*text));
    issued_.add();
    return out;
}

} // namespace latchkey::auth
