#include "api/oauth/metadata.hpp"

#include "api/oauth/fields.hpp"
#include "api/oauth/parts.hpp"
#include "api/public/tagged_page.hpp"

#include <latchkey/api/public_api.hpp>
#include <latchkey/core/text/json_object.hpp>

#include <algorithm>
#include <array>
#include <vector>

namespace latchkey::api::oauth {

namespace {

constexpr std::string_view well_known = "/.well-known/";
constexpr std::string_view documents[] = {"oauth-authorization-server", "openid-configuration",
                                          "oauth-protected-resource"};

using texts = std::vector<std::string>;

// What discovery of OpenID Connect requires as well: some libraries read nothing without it.
std::string server_metadata(const oauth_issuer& issuer, const std::string& algorithm, bool binds) {
    const texts grants(grant_types.begin(), grant_types.end());
    const texts proofs{"client_secret_basic", "client_secret_post"};
    const texts with_none{"client_secret_basic", "client_secret_post", "none"};
    return core::json_object({{"issuer", issuer.whole},
                              {"token_endpoint", issuer.at("/oauth2/token")},
                              {"token_endpoint_auth_methods_supported", with_none},
                              {"jwks_uri", issuer.at("/.well-known/jwks.json")},
                              {"grant_types_supported", grants},
                              {"response_types_supported", texts{}},
                              {"introspection_endpoint", issuer.at("/oauth2/introspect")},
                              {"introspection_endpoint_auth_methods_supported", proofs},
                              {"revocation_endpoint", issuer.at("/oauth2/revoke")},
                              {"revocation_endpoint_auth_methods_supported", with_none},
                              {"tls_client_certificate_bound_access_tokens", binds},
                              {"subject_types_supported", texts{"public"}},
                              {"id_token_signing_alg_values_supported", texts{algorithm}}})
        .text;
}

// Here no certificate of a client is known, and bound tokens are refused.
std::string resource_metadata(const oauth_issuer& issuer) {
    return core::json_object({{"resource", issuer.whole},
                              {"authorization_servers", texts{issuer.whole}},
                              {"bearer_methods_supported", texts{"header"}}})
        .text;
}

void take(metadata::document& out, std::string text) {
    out.text = tagged(std::move(text));
    out.kept = {out.text->entity_tag, out.text->gzip};
}

void show(http::exchange& ex, public_api& api, metadata::document& of) {
    if (!of.text) return ex.refuse(404, "tokens.issuer is no https URL, so it has no metadata");
    answer_tagged(ex, api, open_json, of.text->entity_tag, of.text->plain, of.kept);
}

} // namespace

metadata::metadata(const auth::token_configuration& settings)
    : algorithm_(crypto::traits_of(settings.signs_with()).name) {
    const auto issuer = oauth_issuer::parse(settings.issuer);
    if (!issuer) return;
    issuer_ = *issuer;
    issuers_path_ = issuer->path;
    ends_with_slash_ = settings.issuer.ends_with('/');
    resource_url_ = issuer->well_known(documents[2]);
    take(resource, resource_metadata(*issuer));
    write(false);
}

void metadata::bind_to_certificates() {
    if (issuer_) write(true);
}

void metadata::write(bool binds) {
    take(server, server_metadata(*issuer_, algorithm_, binds));
}

std::string_view metadata::path_of(std::string_view path) const noexcept {
    if (issuers_path_.empty()) return path;
    if (path.starts_with(issuers_path_)) {
        const auto rest = path.substr(issuers_path_.size());
        return rest.starts_with("/oauth2/") || rest.starts_with(well_known) ? rest : path;
    }
    if (!path.starts_with(well_known)) return path;
    auto before = path;
    if (ends_with_slash_ && before.ends_with('/')) before.remove_suffix(1);
    if (!before.ends_with(issuers_path_)) return path;
    before.remove_suffix(issuers_path_.size());
    if (before.size() <= well_known.size()) return path;
    const bool is_one =
        std::ranges::find(documents, before.substr(well_known.size())) != std::end(documents);
    return is_one ? before : path;
}

void show_server_metadata(http::exchange& ex, public_api& api) {
    show(ex, api, api.oauth_parts->about.server);
}

void show_resource_metadata(http::exchange& ex, public_api& api) {
    show(ex, api, api.oauth_parts->about.resource);
}

} // namespace latchkey::api::oauth
