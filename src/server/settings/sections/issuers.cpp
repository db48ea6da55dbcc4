#include "server/settings/sections/table.hpp"

#include <latchkey/auth/issuer/make_issuer_rules.hpp>

namespace latchkey::server::settings {

namespace {

template <auto Field>
constexpr field_access issuer_at = last_at<&configuration::issuers, Field>;

using issuer = auth::issuer_configuration;

constexpr setting rows[] = {
    {"issuers.issuer", text(is_issuer, "the tokens' \"iss\", such as \"https://issuer.example\""),
     issuer_at<&issuer::issuer>,
     "The tokens' \"iss\", letter for letter. Required, unless a preset provides it.", reloadable},
    {"issuers.preset", text(auth::is_preset, "\"supabase\", or nothing"),
     issuer_at<&issuer::preset>,
     "\"supabase\": together with `project`, provides those of issuer, jwks_url, audiences\n"
     "(authenticated) and algorithms (RS256, ES256; with a secret_file also HS256) that are not\n"
     "given.",
     reloadable},
    {"issuers.project", text(auth::is_project, "1 to 63 small letters, digits and hyphens"),
     issuer_at<&issuer::project>, "The reference of the Supabase project.", reloadable},
    {"issuers.jwks_url", text(is_jwks_url, "an https:// or http:// URL without user and fragment"),
     issuer_at<&issuer::jwks_url>,
     "The URL where the issuer publishes its JWK set. Exactly one of jwks_url, jwks_file and\n"
     "secret_file is required; with a preset, a secret_file may be used beside a JWK set.",
     reloadable},
    {"issuers.jwks_file", text(is_path, "a path"), issuer_at<&issuer::jwks_file>,
     "A file with the issuer's JWK set.", reloadable},
    {"issuers.secret_file", text(is_path, "a path"), issuer_at<&issuer::secret_file>,
     "A file with the secret that the issuer signs with (HS256, HS384, HS512), of at least 32\n"
     "bytes. A line feed at its end does not count. credential:NAME is a systemd credential\n"
     "(LoadCredential=).",
     reloadable},
    {"issuers.algorithms", text(auth::is_algorithm_list, "names such as \"RS256, ES256\""),
     issuer_at<&issuer::algorithms>,
     "Algorithms that its tokens may be signed with. Empty: RS256, PS256, ES256, EdDSA; with a\n"
     "secret, HS256.",
     reloadable},
    {"issuers.audiences", text(is_list, "names between commas"), issuer_at<&issuer::audiences>,
     "The audiences of its tokens: one of these must be in \"aud\", unless the request names\n"
     "another. Required, unless any_audience is true.",
     reloadable},
    {"issuers.audience_claims", text(is_list, "names between commas"),
     issuer_at<&issuer::audience_claims>,
     "Claims that may hold the audience: the first of these that is present counts as \"aud\".\n"
     "\"aud, client_id, azp\" accepts tokens of Cognito and Keycloak that have no \"aud\".",
     reloadable},
    {"issuers.any_audience", flag(), issuer_at<&issuer::any_audience>,
     "Whether tokens for any audience are accepted when the request names none.", reloadable},
    {"issuers.token_types", text(is_list, "types between commas"), issuer_at<&issuer::token_types>,
     "The \"typ\" values that its tokens may have. A token without one counts as JWT.", reloadable},
    {"issuers.required_claims", text(is_list, "names between commas"),
     issuer_at<&issuer::required_claims>, "Claims that its tokens must have besides \"exp\".",
     reloadable},
    {"issuers.integer_subject", flag(), issuer_at<&issuer::integer_subject>,
     "Whether an integer of 64 bits is accepted as \"sub\". The subject is then its decimal text.",
     reloadable},
    {"issuers.organization_claim", text(is_list, "a name, with dots for members of members"),
     issuer_at<&issuer::organization_claim>,
     "The claim that names the organization: a path with dots, such as\n"
     "\"app_metadata.organization_id\", or a name that is a URL, whose dots belong to the name.\n"
     "Its value is a text, or a whole number, which counts as its decimal text. It is compared as\n"
     "the database compares ids: if they are uuid, all spellings that PostgreSQL accepts mean the\n"
     "same.",
     reloadable},
    {"issuers.organizations", text(is_list, "ids between commas"),
     issuer_at<&issuer::organizations>,
     "If not empty, its tokens must name one of these organizations; others are ISSUER_MISMATCH.",
     reloadable},
    {"issuers.strict_organizations", flag(), issuer_at<&issuer::strict_organizations>,
     "Whether tokens are refused if their organization cannot be an id of the database's type,\n"
     "such as a text that is not a uuid where ids are uuid. If false, such tokens (Auth0's\n"
     "\"org_...\") are accepted, and belong to no organization here.",
     reloadable},
    {"issuers.leeway", duration(0s, 60s), issuer_at<&issuer::leeway>,
     "How far the issuer's clock may differ from ours.", reloadable},
    {"issuers.max_token_lifetime", duration_or(1min, 366 * 24h, "unbounded"),
     issuer_at<&issuer::max_token_lifetime>,
     "How long after \"iat\" its tokens are accepted at most, whatever \"exp\" says.\n"
     "\"unbounded\": only \"exp\" decides, as Supabase's service_role needs. Then revocations of\n"
     "its tokens without an expires_at, and of organizations if its tokens name any, are kept for\n"
     "ever: in the database, and in the memory that cache.revocations_max bounds for all issuers.",
     reloadable},
    {"issuers.missing_expiration", flag(), issuer_at<&issuer::missing_expiration>,
     "Whether tokens without \"exp\" are accepted, for max_token_lifetime after their \"iat\". If\n"
     "that is \"unbounded\", they are accepted for ever.",
     reloadable},
    {"issuers.missing_issued_at", flag(), issuer_at<&issuer::missing_issued_at>,
     "Whether tokens without \"iat\" are accepted although they can be revoked. A revocation of\n"
     "such a token is kept for max_token_lifetime, even if the token is good for longer.",
     reloadable},
    {"issuers.revocable", flag(), issuer_at<&issuer::revocable>,
     "Whether its tokens can be revoked. If false, they are verified without asking for\n"
     "revocations, also while revocations are unknown.",
     reloadable},
    {"issuers.ca_file", text(is_path, "a path"), issuer_at<&issuer::ca_file>,
     "Certificates (PEM) of the authorities that the certificate of jwks_url's server must\n"
     "descend from. Empty: those of the system.",
     reloadable},
    {"issuers.allow_private_addresses", flag(), issuer_at<&issuer::allow_private_addresses>,
     "Whether jwks_url may lead to loopback, private and link-local addresses.", reloadable},
    {"issuers.allow_http", flag(), issuer_at<&issuer::allow_http>,
     "Whether jwks_url may begin with \"http://\". Whoever is between can then put keys of his "
     "own\n"
     "into the set, and sign any token: only for a network where nobody is, such as loopback.",
     reloadable},
    {"issuers.https_proxy", text(is_proxy_url, "a URL such as http://proxy.example:3128"),
     issuer_at<&issuer::https_proxy>,
     "A proxy through which jwks_url is fetched, by CONNECT. It resolves the name itself, so that\n"
     "allow_private_addresses does not count. Variables such as https_proxy do not count either.",
     reloadable},
    {"issuers.jwks_refresh", duration(1s, 7 * 24h), issuer_at<&issuer::jwks_refresh>,
     "Age at which the JWK set is fetched again; earlier if the answer's max-age says so.",
     reloadable},
    {"issuers.jwks_cooldown", duration(100ms, 1h), issuer_at<&issuer::jwks_cooldown>,
     "Shortest time between two fetches. Tokens with unknown key ids cause no further ones.",
     reloadable},
    {"issuers.jwks_keep", duration(1s, 30 * 24h), issuer_at<&issuer::jwks_keep>,
     "How long the last good JWK set is used while fetching fails, counted from when it was\n"
     "fetched.",
     reloadable},
    {"issuers.jwks_timeout", duration(100ms, 1min), issuer_at<&issuer::jwks_timeout>,
     "Time for one fetch, from resolving the name to the last byte.", reloadable},
    {"issuers.jwks_bytes_max", bytes(KiB, MiB), issuer_at<&issuer::jwks_bytes_max>,
     "Size of the JWK set at jwks_url. If it is larger, the fetch fails.", reloadable},
};

} // namespace

repeated_table issuers() {
    return {.name = "issuers",
            .settings = rows,
            .append = [](configuration& c) { c.issuers.emplace_back(); },
            .count = [](const configuration& c) { return c.issuers.size(); },
            .same = [](const configuration& a,
                       const configuration& b) { return a.issuers == b.issuers; },
            .take = [](configuration& to, const configuration& from) { to.issuers = from.issuers; },
            .help =
                "Issuers whose tokens are accepted: one [[issuers]] for each, in this file alone."};
}

} // namespace latchkey::server::settings
