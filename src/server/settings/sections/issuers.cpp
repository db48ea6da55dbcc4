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
     "The tokens' \"iss\", letter for letter. Required, unless a preset says it.", reloadable},
    {"issuers.preset", text(auth::is_preset, "\"supabase\", or nothing"),
     issuer_at<&issuer::preset>,
     "\"supabase\": with `project`, fills what is not given of issuer, jwks_url, audiences\n"
     "(authenticated) and algorithms (RS256, ES256; with a secret_file HS256, too).",
     reloadable},
    {"issuers.project", text(auth::is_project, "1 to 63 small letters, digits and hyphens"),
     issuer_at<&issuer::project>, "The reference of the Supabase project.", reloadable},
    {"issuers.jwks_url", text(is_jwks_url, "an https:// URL without user and fragment"),
     issuer_at<&issuer::jwks_url>,
     "Where the issuer publishes its JWK set. Exactly one of this, jwks_file and secret_file is\n"
     "required; with a preset, a secret_file may stand beside a key set.",
     reloadable},
    {"issuers.jwks_file", text(is_path, "a path"), issuer_at<&issuer::jwks_file>,
     "A file with the issuer's JWK set.", reloadable},
    {"issuers.secret_file", text(is_path, "a path"), issuer_at<&issuer::secret_file>,
     "A file with the secret that the issuer signs with (HS256 and its like), of at least 32 "
     "bytes.\n"
     "A line feed at its end does not count. \"credential:NAME\" is systemd's credential of that\n"
     "name (LoadCredential=).",
     reloadable},
    {"issuers.algorithms", text(auth::is_algorithm_list, "names such as \"RS256, ES256\""),
     issuer_at<&issuer::algorithms>,
     "What its tokens may be signed with. Empty: RS256, PS256, ES256, EdDSA; with a secret, "
     "HS256.",
     reloadable},
    {"issuers.audiences", text(is_list, "names between commas"), issuer_at<&issuer::audiences>,
     "Whom its tokens are for: one of these must be in \"aud\", unless the request names another.\n"
     "Required, or any_audience.",
     reloadable},
    {"issuers.audience_claims", text(is_list, "names between commas"),
     issuer_at<&issuer::audience_claims>,
     "Which claims say whom a token is for: the first of these that is there counts as\n"
     "its \"aud\". \"aud, client_id, azp\" takes tokens of Cognito and Keycloak without an "
     "\"aud\".",
     reloadable},
    {"issuers.any_audience", flag(), issuer_at<&issuer::any_audience>,
     "Accept tokens for anybody, when the request names no audience.", reloadable},
    {"issuers.token_types", text(is_list, "types between commas"), issuer_at<&issuer::token_types>,
     "Which \"typ\" its tokens may have; one without counts as JWT.", reloadable},
    {"issuers.required_claims", text(is_list, "names between commas"),
     issuer_at<&issuer::required_claims>, "What its tokens must have besides \"exp\".", reloadable},
    {"issuers.integer_subject", flag(), issuer_at<&issuer::integer_subject>,
     "Accept an integer of 64 bits as \"sub\": the subject is its decimal text.", reloadable},
    {"issuers.organization_claim", text(is_list, "a name, with dots for members of members"),
     issuer_at<&issuer::organization_claim>,
     "Where its tokens carry the organization, such as \"app_metadata.organization_id\", or\n"
     "a name that is a URL, dots and all. A text, or a whole number, which is its decimal text.\n"
     "Compared as the database compares organizations: of a uuid, any spelling that\n"
     "PostgreSQL takes is the same one.",
     reloadable},
    {"issuers.organizations", text(is_list, "ids between commas"),
     issuer_at<&issuer::organizations>,
     "Not empty: its tokens must name one of these organizations; others are ISSUER_MISMATCH.",
     reloadable},
    {"issuers.strict_organizations", flag(), issuer_at<&issuer::strict_organizations>,
     "Refuse tokens whose organization cannot be an id of the database's type: no uuid,\n"
     "where ids are uuid. Without it such texts, as Auth0's \"org_...\", are good, and nobody's "
     "here.",
     reloadable},
    {"issuers.leeway", duration(0s, 60s), issuer_at<&issuer::leeway>,
     "How far its clock may be from ours.", reloadable},
    {"issuers.max_token_lifetime", duration_or(1min, 366 * 24h, "unbounded"),
     issuer_at<&issuer::max_token_lifetime>,
     "How long after \"iat\" its tokens are good at most, whatever \"exp\" says. Unbounded: "
     "\"exp\"\n"
     "alone decides, as for Supabase's service_role. Then what is revoked of its tokens without a\n"
     "date of its own, and of organizations where its tokens name any, is kept for ever: in the\n"
     "database, and in the memory that cache.revocations_max bounds for all issuers.",
     reloadable},
    {"issuers.missing_expiration", flag(), issuer_at<&issuer::missing_expiration>,
     "Accept tokens without \"exp\", for max_token_lifetime after their \"iat\": unbounded, for "
     "ever.",
     reloadable},
    {"issuers.missing_issued_at", flag(), issuer_at<&issuer::missing_issued_at>,
     "Accept tokens without \"iat\", though they can be revoked: a revocation of such a token is\n"
     "kept for max_token_lifetime, however long the token is good.",
     reloadable},
    {"issuers.revocable", flag(), issuer_at<&issuer::revocable>,
     "False: its tokens are answered without asking whether they are revoked, and so even while\n"
     "revocations cannot be known.",
     reloadable},
    {"issuers.ca_file", text(is_path, "a path"), issuer_at<&issuer::ca_file>,
     "Certificates (PEM) that jwks_url's server must descend from. Empty: those of the system.",
     reloadable},
    {"issuers.allow_private_addresses", flag(), issuer_at<&issuer::allow_private_addresses>,
     "Fetch jwks_url from loopback, private and link-local addresses, too.", reloadable},
    {"issuers.jwks_refresh", duration(1s, 7 * 24h), issuer_at<&issuer::jwks_refresh>,
     "Age at which the set is fetched anew; earlier when the answer's max-age says so.",
     reloadable},
    {"issuers.jwks_cooldown", duration(100ms, 1h), issuer_at<&issuer::jwks_cooldown>,
     "Between two fetches, at least. Tokens with unknown key ids cause no more than that.",
     reloadable},
    {"issuers.jwks_keep", duration(1s, 30 * 24h), issuer_at<&issuer::jwks_keep>,
     "How long the last good set is used while fetching fails, counted from its fetch.",
     reloadable},
    {"issuers.jwks_timeout", duration(100ms, 1min), issuer_at<&issuer::jwks_timeout>,
     "For one fetch, from resolving the name to the last byte.", reloadable},
    {"issuers.jwks_bytes_max", bytes(KiB, MiB), issuer_at<&issuer::jwks_bytes_max>,
     "Size of the set at jwks_url. Larger: the fetch fails.", reloadable},
};

} // namespace

repeated_table issuers() {
    return {.name = "issuers",
            .keys = rows,
            .append = [](configuration& c) { c.issuers.emplace_back(); },
            .count = [](const configuration& c) { return c.issuers.size(); },
            .same = [](const configuration& a,
                       const configuration& b) { return a.issuers == b.issuers; },
            .take = [](configuration& to, const configuration& from) { to.issuers = from.issuers; },
            .help = "Whose tokens are accepted: one [[issuers]] for each, in this file alone."};
}

} // namespace latchkey::server::settings
