#include <latchkey/auth/issuer/make_issuer_rules.hpp>

#include <latchkey/auth/token/token_lives.hpp>

#include <algorithm>

namespace latchkey::auth {

namespace {

using crypto::jws_algorithm;

constexpr std::string_view usual_algorithms = "RS256, PS256, ES256, EdDSA";
constexpr std::string_view usual_symmetric = "HS256";

core::failure wrong(std::string_view key, std::string what) {
    return {core::failure_kind::invalid, std::string(key) + ": " + std::move(what)};
}

std::vector<std::string> split(std::string_view text) {
    std::vector<std::string> out;
    while (!text.empty()) {
        const auto comma = std::min(text.find(','), text.size());
        auto element = text.substr(0, comma);
        text.remove_prefix(std::min(comma + 1, text.size()));
        while (element.starts_with(' '))
            element.remove_prefix(1);
        while (element.ends_with(' '))
            element.remove_suffix(1);
        if (!element.empty()) out.emplace_back(element);
    }
    return out;
}

bool is_hmac(jws_algorithm a) {
    return crypto::traits_of(a).type == crypto::key_type::oct;
}

bool has_set(const issuer_configuration& c) {
    return !c.jwks_file.empty() || !c.jwks_url.empty();
}

// Only a preset may have both. Its keys have types, so a public key is never used as a secret.
bool has_set_and_secret(const issuer_configuration& c) {
    return has_set(c) && !c.secret_file.empty();
}

core::result<std::vector<jws_algorithm>> algorithms_of(const issuer_configuration& c) {
    const auto& usual = c.secret_file.empty() ? usual_algorithms : usual_symmetric;
    std::vector<jws_algorithm> out;
    for (const auto& name : split(c.algorithms.empty() ? usual : std::string_view(c.algorithms))) {
        const auto known = crypto::jws_algorithm_named(name);
        if (!known) return wrong("algorithms", '"' + name + "\" is not known");
        out.push_back(*known);
    }
    const auto hmacs = static_cast<std::size_t>(std::ranges::count_if(out, is_hmac));
    const auto others = out.size() - hmacs;
    if (hmacs != 0 && others != 0 && !has_set_and_secret(c))
        return wrong("algorithms", "HS algorithms and others exclude each other: a public key "
                                   "must never be taken for a secret");
    if (!c.secret_file.empty() && hmacs == 0)
        return wrong("algorithms", "secret_file needs HS256, HS384 or HS512");
    if (others == 0 && (!c.jwks_url.empty() || has_set_and_secret(c)))
        return wrong("algorithms", "the key set needs others than HS256, HS384 and HS512: what is "
                                   "published is no secret");
    return out;
}

core::result<void> check_sources(const issuer_configuration& c) {
    const auto given =
        int(!c.jwks_file.empty()) + int(!c.jwks_url.empty()) + int(!c.secret_file.empty());
    const bool beside = !c.preset.empty() && has_set_and_secret(c);
    if (given - int(beside) != 1)
        return wrong("jwks_file", "expected exactly one of jwks_file, jwks_url and secret_file");
    const bool is_clear = c.jwks_url.starts_with("http://");
    if (is_clear && !c.allow_http)
        return wrong("jwks_url", "expected a URL that begins with \"https://\"; with \"http://\", "
                                 "whoever is between can put keys of his own into the set, and "
                                 "allow_http = true allows that");
    if (!c.jwks_url.empty() && !is_clear && !c.jwks_url.starts_with("https://"))
        return wrong("jwks_url", "expected a URL that begins with \"https://\"");
    return {};
}

// No value may be greater than the next.
core::result<void> check_refresh(const issuer_configuration& c) {
    struct {
        std::string_view name;
        core::milliseconds value;
    } const ascending[] = {{"jwks_timeout", c.jwks_timeout},
                           {"jwks_cooldown", c.jwks_cooldown},
                           {"jwks_refresh", c.jwks_refresh},
                           {"jwks_keep", c.jwks_keep}};
    for (std::size_t i = 1; i < std::size(ascending); ++i)
        if (ascending[i - 1].value > ascending[i].value)
            return wrong(ascending[i - 1].name, "is more than " + std::string(ascending[i].name) +
                                                    "; expected at most that");
    return {};
}

// Checks the settings for what tokens must say, and in which claims.
core::result<void> check_claims(const issuer_configuration& c) {
    if (c.audiences.empty() && !c.any_audience)
        return wrong("audiences", "is empty; expected who the tokens are for, or any_audience = "
                                  "true");
    if (split(c.audience_claims).empty())
        return wrong("audience_claims", "is empty; expected names of claims, such as \"aud\"");
    if (!c.organizations.empty() && split(c.organizations).empty())
        return wrong("organizations", "names nobody; expected ids, or \"\" for all");
    if (!c.organization_claim.empty()) return {};
    if (!split(c.organizations).empty())
        return wrong("organizations", "needs organization_claim, which says where tokens name one");
    if (c.strict_organizations)
        return wrong("strict_organizations", "needs organization_claim, which says where tokens "
                                             "name one");
    return {};
}

core::seconds lifetime_of(core::milliseconds given) {
    return given == core::milliseconds::max() ? unbounded_life
                                              : std::chrono::duration_cast<core::seconds>(given);
}

} // namespace

bool is_algorithm_list(std::string_view text) {
    return std::ranges::all_of(split(text), [](const std::string& name) {
        return crypto::jws_algorithm_named(name).has_value();
    });
}

core::result<issuer_rules> make_rules(const issuer_configuration& given) {
    const auto filled = with_preset(given);
    if (!filled) return filled.error();
    const auto& c = *filled;
    if (c.issuer.empty()) return wrong("issuer", "is missing; expected the tokens' \"iss\"");
    if (const auto good = check_sources(c); !good) return good.error();
    if (const auto good = check_claims(c); !good) return good.error();
    if (const auto good = check_refresh(c); !good) return good.error();
    auto algorithms = algorithms_of(c);
    if (!algorithms) return algorithms.error();
    issuer_rules rules;
    rules.issuer = c.issuer;
    rules.algorithms = std::move(*algorithms);
    for (auto& type : split(c.token_types))
        rules.token_types.push_back(media_type(std::move(type)));
    rules.audiences = split(c.audiences);
    rules.audience_claims = split(c.audience_claims);
    rules.any_audience = c.any_audience;
    rules.missing_expiration = c.missing_expiration;
    rules.required_claims = split(c.required_claims);
    rules.integer_subject = c.integer_subject;
    rules.organization_claim = c.organization_claim;
    rules.organizations = split(c.organizations);
    rules.strict_organizations = c.strict_organizations;
    rules.missing_issued_at = c.missing_issued_at;
    rules.revocable = c.revocable;
    rules.leeway = std::chrono::duration_cast<core::seconds>(c.leeway);
    rules.max_token_lifetime = lifetime_of(c.max_token_lifetime);
    tell_organizations_apart(rules, organization_form::unknown);
    return rules;
}

std::string media_type(std::string text) {
    std::ranges::transform(text, text.begin(), [](char c) {
        return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
    });
    constexpr std::string_view usual = "application/";
    return text.starts_with(usual) ? text.substr(usual.size()) : text;
}

bool is_symmetric(const issuer_rules& rules) noexcept {
    return std::ranges::any_of(rules.algorithms, is_hmac);
}

} // namespace latchkey::auth
