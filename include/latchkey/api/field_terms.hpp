#pragma once
// What the fields of requests mean, and their bounds and words. The endpoints check by them, and
// the description of the API tells them.

#include <latchkey/auth/credit/credit_account.hpp>
#include <latchkey/auth/device/rehash_devices.hpp>
#include <latchkey/auth/input_bounds.hpp>
#include <latchkey/auth/rotation.hpp>
#include <latchkey/http/json_fields.hpp>

namespace latchkey::api::terms {

using http::field_terms;

// --- of questions about credentials ---
inline constexpr field_terms api_key{.says = "the API key", .format = "password"};
inline constexpr field_terms token{
    .says = "the token, unless it is in Authorization: Bearer; never both", .format = "password"};
inline constexpr field_terms device_id{.says = "the device's id"};
inline constexpr field_terms device_secret{.says = "the device's secret", .format = "password"};
inline constexpr field_terms wanted_scopes{.says = "all of them must be granted"};
inline constexpr field_terms wanted_permissions{
    .says = "what must be granted, with AND, OR and parentheses: documents.read AND (admin OR "
            "billing.read); at most 1024 bytes, 32 names and 16 parentheses within each other"};
static_assert(auth::permissions_bytes_max == 1024 && auth::permissions_names_max == 32 &&
              auth::permissions_depth_max == 16);
inline constexpr field_terms wanted_audience{.says = "must be in the token's aud"};
inline constexpr field_terms certificate_thumbprint{
    .says = "x5t#S256 of the certificate that the token's holder has shown; a token that is bound "
            "to another is CERTIFICATE_MISMATCH (RFC 8705, section 3)"};
inline constexpr field_terms client_address{
    .says = "the end user's address, perhaps with a port or brackets"};
inline constexpr field_terms cost{
    .says = "how much this takes of the key's own limit; 1 without it", .min = 1, .max = 1'000'000};
inline constexpr field_terms issue_token{.says = "the answer for a good device has a token, too"};
inline constexpr field_terms narrowed_scopes{
    .says = "only these; without it, all that the credential has"};
inline constexpr field_terms token_audience{.says = "the token's aud; without it tokens.audience"};
inline constexpr field_terms token_expires_in{
    .says = "seconds, at most tokens.expires_in_max; without it tokens.expires_in", .min = 1};
inline constexpr field_terms ended_token{.says = "the token", .format = "password"};

// --- of message brokers' questions ---
inline constexpr field_terms broker_username{.says = "the device's id, or the key's"};
inline constexpr field_terms broker_password{
    .says = "the device's secret, or the API key (of ours)", .format = "password"};
inline constexpr field_terms client_id{
    .says = "the MQTT client id, for %c in the scopes' topic filters"};
inline constexpr field_terms rabbitmq_client_id{
    .says = "the MQTT client id, without which nothing is allowed"};
inline constexpr field_terms virtual_host{
    .says = "the virtual host: / or one that is named as the device's organization"};
inline constexpr field_terms broker_resource{.says = "exchange, queue or topic"};
inline constexpr field_terms resource_name{.says = "the name of the exchange or the queue"};
inline constexpr field_terms permission{.says = "configure, write or read"};
inline constexpr field_terms routing_key{.says = "the topic, as RabbitMQ's MQTT plugin writes it"};
inline constexpr field_terms peer_host{.says =
                                           "the client's address, for keys with an address list"};

// --- of the admin endpoints ---
inline constexpr std::size_t import_max = 1000;
inline constexpr std::int64_t page_limit_max = 1000;

inline constexpr field_terms organization_id{.says = "the organization's id"};
inline constexpr field_terms new_organization_id{.says = "its id; one is made without it"};
inline constexpr field_terms name{.says = "a name for people"};
inline constexpr field_terms enabled{.says = "false ends its use until it is true again"};
inline constexpr field_terms scopes{.says = "what it may; all of its scopes"};
inline constexpr field_terms roles{
    .says = "names of roles of its organization, whose scopes it has besides its own",
    .items_max = auth::roles_max};
inline constexpr field_terms role_name{.says = "unlike that of the organization's other roles"};
inline constexpr field_terms role_scopes{.says = "what its holders may; all of its scopes"};
inline constexpr field_terms holding_key{.says = "the id of an API key"};
inline constexpr field_terms holding_device{.says = "the id of a device"};
inline constexpr field_terms metadata{.says = "any object; verifications tell it"};
inline constexpr field_terms expires_in{
    .says = "seconds from now", .min = 1, .max = auth::expires_in_max.count()};
inline constexpr field_terms expires_at{.says = "a time", .format = "date-time"};
inline constexpr field_terms external_id{.says = "its id in another system"};
inline constexpr field_terms allowed_ips{
    .says = "addresses and networks that it may be used from; empty: any"};
inline constexpr field_terms env{
    .says = "\"live\", \"test\" or a prefix of [a-z0-9]{1,16}: part of the key's text"};
inline constexpr field_terms reason{.says = "why, for people and the audit trail"};
inline constexpr field_terms dry_run{.says = "true: nothing changes"};
inline constexpr field_terms cursor{.says = "the next_cursor of the page before"};
inline constexpr field_terms page_limit{
    .says = "how many at most; 100 without it", .min = 1, .max = page_limit_max};
inline constexpr field_terms rehash_limit{.says = "how many at most; fewer without `generated`",
                                          .min = 1,
                                          .max = auth::rehash_limit_max(auth::rehash_to::sha256)};
inline constexpr field_terms quantity{
    .says = "how many in a window", .min = 1, .max = auth::limit_quantity_max};
inline constexpr field_terms window{
    .says = "seconds", .min = 1, .max = auth::limit_window_max.count()};
inline constexpr field_terms burst{
    .says = "how many at once; quantity without it", .min = 1, .max = auth::limit_quantity_max};
inline constexpr field_terms rate_limit_scope{
    .says = "who counts: each \"node\" by itself, as without it, or the \"fleet\" together, by "
            "fixed windows and without another burst",
    .words = auth::rate_scopes};
inline constexpr field_terms remaining_credits{
    .says = "what may still be spent, what nodes hold included",
    .min = 0,
    .max = auth::credits_max};
inline constexpr field_terms added_credits{
    .says = "how many credits", .min = 1, .max = auth::credits_max};
inline constexpr field_terms refill_amount{
    .says = "what is left becomes this, if that is more", .min = 1, .max = auth::credits_max};
inline constexpr field_terms refill_every{
    .says = "seconds between two refills", .min = 1, .max = auth::refill_every_max.count()};
inline constexpr field_terms overlap{.says =
                                         "seconds that the old secret stays good; a day without it",
                                     .min = 0,
                                     .max = auth::overlap_max.count()};
inline constexpr field_terms finish{.says = "true: the old secret ends, and no new one is made"};

inline constexpr field_terms import_format{
    .says = "the program that wrote the keys; \"latchkey\" without it",
    .words = auth::key_import_formats};
inline constexpr field_terms imported_keys{
    .says = "objects as /admin/v1/api-keys/export tells them, or as `format` says; those that "
            "cannot be read are skipped",
    .items_max = import_max};
inline constexpr field_terms imported_organization{.says = "of keys that name none"};
inline constexpr field_terms new_device_id{.says = "the device's id; one is made without it"};
inline constexpr field_terms new_device_secret{
    .says = "the device's secret; one is made, and shown once, without it", .format = "password"};
inline constexpr field_terms stored_secret{
    .says = "the stored form of the secret: sha256:… or scrypt:…"};
inline constexpr field_terms previous_secret{
    .says = "the stored form of the replaced secret; it needs previous_until"};
inline constexpr field_terms previous_until{.says = "how long the replaced secret is good",
                                            .format = "date-time"};
inline constexpr field_terms revoked_at{.says = "when it was revoked", .format = "date-time"};
inline constexpr field_terms generated{.says = "the bare secrets are random and need no scrypt"};

inline constexpr field_terms refreshed_issuer{
    .says = "whose keys, as in the tokens' `iss`; those of all that publish theirs without it"};
inline constexpr field_terms issuer{.says = "whose tokens; our own without it"};
inline constexpr field_terms token_id{.says = "the jti of one token"};
inline constexpr field_terms subject{.says = "the sub of tokens"};
inline constexpr field_terms revoked_organization{.says = "all tokens that name it"};
inline constexpr field_terms issued_before{
    .says = "only tokens from before this time; now without it", .format = "date-time"};
inline constexpr field_terms token_end{.says = "the end of the token that token_id names",
                                       .format = "date-time"};
inline constexpr field_terms force{.says = "also if nobody has this name"};
inline constexpr field_terms now{
    .says = "true: at once; the current key is dropped, and what it signed is worthless"};

} // namespace latchkey::api::terms
