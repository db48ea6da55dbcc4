#include <latchkey/auth/issuer_configuration.hpp>

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

core::result<std::vector<jws_algorithm>> algorithms_of(const issuer_configuration& c) {
    const auto& usual = c.secret_file.empty() ? usual_algorithms : usual_symmetric;
    std::vector<jws_algorithm> out;
    for (const auto& name : split(c.algorithms.empty() ? usual : std::string_view(c.algorithms))) {
        const auto known = crypto::jws_algorithm_named(name);
        if (!known) return wrong("algorithms", '"' + name + "\" is not known");
        out.push_back(*known);
    }
    const auto hmacs = std::ranges::count_if(out, is_hmac);
    if (hmacs != 0 && static_cast<std::size_t>(hmacs) != out.size())
        return wrong("algorithms", "HS algorithms and others exclude each other: a public key "
                                   "must never be taken for a secret");
    if (!c.secret_file.empty() && hmacs == 0)
        return wrong("algorithms", "secret_file needs HS256, HS384 or HS512");
    return out;
}

} // namespace

bool is_algorithm_list(std::string_view text) {
    return std::ranges::all_of(split(text), [](const std::string& name) {
        return crypto::jws_algorithm_named(name).has_value();
    });
}

core::result<issuer_rules> make_rules(const issuer_configuration& c) {
    if (c.issuer.empty()) return wrong("issuer", "is missing; expected the tokens' \"iss\"");
    if (c.jwks_file.empty() == c.secret_file.empty())
        return wrong("jwks_file", "expected either jwks_file or secret_file");
    if (c.audiences.empty() && !c.any_audience)
        return wrong("audiences", "is empty; expected who the tokens are for, or any_audience = "
                                  "true");
    auto algorithms = algorithms_of(c);
    if (!algorithms) return algorithms.error();
    issuer_rules rules;
    rules.issuer = c.issuer;
    rules.algorithms = std::move(*algorithms);
    for (auto& type : split(c.token_types))
        rules.token_types.push_back(media_type(std::move(type)));
    rules.audiences = split(c.audiences);
    rules.any_audience = c.any_audience;
    rules.missing_expiration = c.missing_expiration;
    rules.revocable = c.revocable;
    rules.required_claims = split(c.required_claims);
    rules.organization_claim = c.organization_claim;
    rules.leeway = std::chrono::duration_cast<core::seconds>(c.leeway);
    rules.max_token_lifetime = std::chrono::duration_cast<core::seconds>(c.max_token_lifetime);
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
