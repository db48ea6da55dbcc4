#include <latchkey/server/configuration_keys.hpp>

#include <latchkey/auth/network.hpp>
#include <latchkey/http/https_url.hpp>
#include <latchkey/pg/connect_options.hpp>

#include <algorithm>
#include <array>
#include <concepts>
#include <limits>

namespace latchkey::server {

namespace {

// --- What keys take ---

constexpr value_type flag() {
    return {.kind = value_kind::flag};
}
constexpr value_type count(std::int64_t min, std::int64_t max) {
    return {.kind = value_kind::count, .min = min, .max = max};
}
constexpr value_type bytes(std::int64_t min, std::int64_t max) {
    return {.kind = value_kind::bytes, .min = min, .max = max};
}
constexpr value_type duration(core::milliseconds min, core::milliseconds max) {
    return {.kind = value_kind::duration, .min = min.count(), .max = max.count()};
}
constexpr value_type choice(std::span<const std::string_view> names) {
    return {.kind = value_kind::choice, .choices = names};
}
constexpr value_type text(bool (*well_formed)(std::string_view), std::string_view expected) {
    return {.kind = value_kind::text, .well_formed = well_formed, .expected = expected};
}
constexpr value_type secret(bool (*well_formed)(std::string_view), std::string_view expected) {
    return {.kind = value_kind::secret, .well_formed = well_formed, .expected = expected};
}

using namespace std::chrono_literals;
constexpr std::int64_t KiB = 1024;
constexpr std::int64_t MiB = 1024 * KiB;

constexpr std::array<std::string_view, 4> log_levels = {"debug", "info", "warning", "error"};
constexpr std::array<std::string_view, 3> legacy_secret_names = {"unset", "plaintext",
                                                                 "sha256-hex"};
static_assert(static_cast<std::size_t>(auth::legacy_device_secret::sha256_hex) + 1 ==
              legacy_secret_names.size());
constexpr std::array<std::string_view, 4> own_algorithm_names = {"ES256", "EdDSA", "RS256",
                                                                 "HS256"};
static_assert(own_algorithm_names.size() == auth::own_algorithms.size());
constexpr std::array<std::string_view, 3> log_formats = {"automatic", "text", "json"};
static_assert(static_cast<std::size_t>(core::log_level::error) + 1 == log_levels.size());
static_assert(static_cast<std::size_t>(log_format::json) + 1 == log_formats.size());

// --- What texts are well formed ---

bool is_port(std::string_view port) {
    return !port.empty() && port.size() <= 5 &&
           std::all_of(port.begin(), port.end(), [](char c) { return c >= '0' && c <= '9'; }) &&
           std::stoi(std::string(port)) <= std::numeric_limits<std::uint16_t>::max();
}

bool is_host_and_port(std::string_view address) {
    const auto colon = address.rfind(':');
    if (colon == std::string_view::npos || !is_port(address.substr(colon + 1))) return false;
    const auto host = address.substr(0, colon);
    if (host.starts_with('[')) return host.size() > 2 && host.ends_with(']');
    return !host.empty() && host.size() <= 253 &&
           host.find_first_of(": /[]") == std::string_view::npos;
}

bool is_node_name(std::string_view name) {
    return name.size() <= 255;
}

// sockaddr_un holds 107 bytes and a zero.
bool is_socket_path(std::string_view path) {
    return !path.empty() && path.size() <= 107;
}

bool is_connection_string(std::string_view uri) {
    return !uri.empty() && pg::connect_options::parse(uri).has_value();
}

bool is_issuer(std::string_view name) {
    return !name.empty() && name.size() <= 1024;
}

bool is_path(std::string_view path) {
    return path.size() <= 4096;
}

bool is_jwks_url(std::string_view url) {
    return url.empty() || http::https_url::parse(url).has_value();
}

bool is_list(std::string_view text) {
    return text.size() <= 8192;
}

bool is_network_list(std::string_view text) {
    return auth::parse_networks(text).has_value();
}

// --- Where keys live ---

plain_value plain(bool value) {
    return value;
}
plain_value plain(core::milliseconds value) {
    return static_cast<std::int64_t>(value.count());
}
plain_value plain(const std::string& value) {
    return value;
}
plain_value plain(const crypto::secret& value) {
    return std::string(value.reveal());
}
template <class Number>
requires(std::integral<Number> || std::is_enum_v<Number>) plain_value plain(Number value) {
    return static_cast<std::int64_t>(value);
}

template <class Rep, class Period>
void set(std::chrono::duration<Rep, Period>& field, plain_value value) {
    field = std::chrono::duration_cast<std::chrono::duration<Rep, Period>>(
        core::milliseconds(std::get<std::int64_t>(value)));
}
void set(bool& field, plain_value value) {
    field = std::get<bool>(value);
}
void set(std::string& field, plain_value value) {
    field = std::get<std::string>(std::move(value));
}
void set(crypto::secret& field, plain_value value) {
    field = crypto::secret(std::get<std::string>(std::move(value)));
}
template <class Number>
requires(std::integral<Number> || std::is_enum_v<Number>) void set(Number& field,
                                                                   plain_value value) {
    field = static_cast<Number>(std::get<std::int64_t>(value));
}

template <auto Section, auto Field>
constexpr field_access at = {
    [](const configuration& c) { return plain(c.*Section.*Field); },
    [](configuration& c, plain_value value) { set(c.*Section.*Field, std::move(value)); }};

template <auto Field>
constexpr field_access server_at = at<&configuration::server, Field>;
template <auto Field>
constexpr field_access http_at = at<&configuration::http, Field>;
template <auto Field>
constexpr field_access auth_at = at<&configuration::auth, Field>;
template <auto Field>
constexpr field_access scrypt_at = at<&configuration::scrypt, Field>;
template <auto Field>
constexpr field_access admin_at = at<&configuration::admin, Field>;
template <auto Field>
constexpr field_access database_at = at<&configuration::database, Field>;
template <auto Field>
constexpr field_access cache_at = at<&configuration::cache, Field>;
template <auto Field>
constexpr field_access log_at = at<&configuration::log, Field>;
template <auto Field>
constexpr field_access tokens_at = at<&configuration::tokens, Field>;
template <auto Field>
constexpr field_access use_at = at<&configuration::use, Field>;

// The issuer that is being read; where there is none, the defaults.
template <auto Field>
constexpr field_access issuer_at = {
    [](const configuration& c) {
        return plain(c.issuers.empty() ? auth::issuer_configuration{}.*Field
                                       : c.issuers.back().*Field);
    },
    [](configuration& c, plain_value value) { set(c.issuers.back().*Field, std::move(value)); }};

using process = process_configuration;
using connection = http::configuration;
using database = pg::configuration;
using cache = auth::cache_configuration;
using scrypt = auth::scrypt_configuration;
using tokens = auth::token_configuration;
using use = auth::use_configuration;
using issuer = auth::issuer_configuration;

// --- The table ---

constexpr configuration_key keys[] = {
    {"server.listen",
     text(is_host_and_port, "host:port or [IPv6]:port, such as \"127.0.0.1:8080\""),
     server_at<&process::listen>,
     "Where the API listens: host:port or [IPv6]:port. Port 0 takes a free one; \"0.0.0.0:8080\"\n"
     "serves other machines."},
    {"server.workers", count(0, 1024), server_at<&process::workers>,
     "Threads that serve connections, each with its own event loop. 0: one per core."},
    {"server.node", text(is_node_name, "a name of at most 255 bytes"), server_at<&process::node>,
     "This node's name in logs and answers. Empty: host name and port."},
    {"server.connections_max", count(1, 1'000'000), server_at<&process::connections_max>,
     "Client connections open at once, over all workers."},
    {"server.drain_timeout", duration(0s, 10min), server_at<&process::drain_timeout>,
     "After SIGTERM, how long requests under way may take to finish before they are cut off."},
    {"server.header_timeout", duration(100ms, 5min), http_at<&connection::header_timeout>,
     "From accept, or from a request's first byte, to the end of its header. Later: 408."},
    {"server.body_timeout", duration(100ms, 10min), http_at<&connection::body_timeout>,
     "From the end of a request's header to the end of its body. Later: 408."},
    {"server.write_timeout", duration(100ms, 10min), http_at<&connection::write_timeout>,
     "For a client to take an answer that does not fit its socket; then the connection closes."},
    {"server.idle_timeout", duration(1s, 1h), http_at<&connection::idle_timeout>,
     "How long a keep-alive connection may rest between requests. Keep it longer than the pool's\n"
     "own timeout in your callers, so that the side that sends next is the side that closes."},
    {"server.linger_timeout", duration(0s, 1min), http_at<&connection::linger_timeout>,
     "After an early refusal, how long the rest of the request is read and dropped, so that the\n"
     "client gets to read why."},
    {"server.trusted_callers",
     text(is_network_list, "addresses and networks, such as "
                           "\"127.0.0.0/8, ::1\""),
     http_at<&connection::trusted_callers>,
     "Whose Cache-Control is obeyed: no-cache has the key looked up, no-store also keeps the "
     "answer\n"
     "out of the cache. Addresses and networks; who comes by a unix socket is trusted."},
    {"server.target_bytes_max", bytes(256, 64 * KiB), http_at<&connection::target_bytes_max>,
     "Length of a request's target (path and query). Longer: 414."},
    {"server.header_bytes_max", bytes(KiB, MiB), http_at<&connection::header_bytes_max>,
     "Size of a request's header. Larger: 431."},
    {"server.header_fields_max", count(10, 1000), http_at<&connection::header_fields_max>,
     "Fields in a request's header. More: 431."},
    {"server.body_bytes_max", bytes(KiB, 16 * MiB), http_at<&connection::body_bytes_max>,
     "Size of a request's body. Larger: 413."},
    {"server.batch_bytes_max", bytes(KiB, 64 * MiB), http_at<&connection::batch_bytes_max>,
     "Size of a verify-batch request's body. Larger: 413."},
    {"server.batch_items_max", count(1, 100'000), http_at<&connection::batch_items_max>,
     "Items in one verify-batch request. More: 400."},
    {"server.batch_scrypt_max", count(0, 1000), http_at<&connection::batch_scrypt_max>,
     "Devices of one verify-batch request whose secret may need a scrypt computed; the others are\n"
     "UNAVAILABLE in its answer."},

    {"auth.accept_foreign_keys", flag(), auth_at<&auth::configuration::accept_foreign_keys>,
     "Look up keys that are not of the shape lk_..., as imported ones are. With false, every such\n"
     "key is INVALID_FORMAT without a look-up."},
    {"auth.legacy_device_secret", choice(legacy_secret_names),
     auth_at<&auth::configuration::legacy_device_secret>,
     "What a device_secret is that the older service stored bare: \"plaintext\", the secret "
     "itself,\n"
     "or \"sha256-hex\", its SHA-256. While it is unset such secrets open nothing, and migrate "
     "stops\n"
     "and shows their shapes."},
    {"auth.scrypt_threads", count(0, 64), scrypt_at<&scrypt::threads>,
     "Threads that check the secrets that people chose, which takes tens of milliseconds each.\n"
     "They give way to those that serve connections. 0: one for each two cores."},
    {"auth.scrypt_queue_max", count(1, 10'000), scrypt_at<&scrypt::queue_max>,
     "Such checks that wait for a thread. One more gets 503 at once; keys, tokens, generated\n"
     "secrets and logins that were seen lately do not wait there."},
    {"auth.scrypt_device_max", count(1, 1000), scrypt_at<&scrypt::device_max>,
     "Such checks of one device that wait or run. One more gets 503 at once."},
    {"auth.scrypt_wait_max", duration(10ms, 1min), scrypt_at<&scrypt::wait_max>,
     "How long such a check may wait for a thread. Later: 503."},
    {"auth.scrypt_results_max", count(32, 10'000'000), scrypt_at<&scrypt::results_max>,
     "Outcomes of such checks that are kept, so that a device that comes again costs none."},
    {"auth.scrypt_results_ttl", duration(0s, 24h), scrypt_at<&scrypt::results_ttl>,
     "How long they are kept. A changed secret does not wait for it."},

    {"admin.socket", text(is_socket_path, "a path of 1 to 107 bytes"),
     admin_at<&admin_configuration::socket>,
     "The unix socket of the operator's commands (latchkey org, key, status). Whoever can open it\n"
     "is an operator: its mode is 0660, and its folder decides who gets there."},

    {"database.uri",
     secret(is_connection_string, "a PostgreSQL URI (postgresql://...) or key=value text"),
     database_at<&database::uri>,
     "PostgreSQL: a libpq URI or key=value text. It may hold a password, so rather than here give\n"
     "it as LATCHKEY_DATABASE__URI_FILE or as the systemd credential \"database.uri\"."},
    {"database.connections", count(1, 10'000), database_at<&database::connections>,
     "Connections kept open, over all workers."},
    {"database.overflow", count(0, 10'000), database_at<&database::overflow>,
     "Further connections opened under load and closed when it has passed, over all workers."},
    {"database.in_flight", count(1, 64), database_at<&database::in_flight>,
     "Batches under way at once on one connection (libpq's pipeline)."},
    {"database.batch_max", count(1, 10'000), database_at<&database::batch_max>,
     "Keys or devices asked for in one query. Look-ups that arrive while queries are under way\n"
     "gather in the next one; nothing waits on a timer. The default takes a verify-batch of 1000."},
    {"database.waiting_max", count(1, 1'000'000), database_at<&database::waiting_max>,
     "Look-ups that may wait for a connection, per worker and kind (keys, devices). One more gets\n"
     "503 at once."},
    {"database.batch_spread", count(1, 10'000), database_at<&database::batch_spread>,
     "Look-ups gathered behind a query under way that start a further one at once: from here on\n"
     "they would lose more by waiting than a smaller batch costs."},
    {"database.acquire_timeout", duration(1ms, 1min), database_at<&database::acquire_timeout>,
     "How long a look-up may wait for a connection before it is answered with 503. The old\n"
     "service's pool waited 30 s: its caller had long given up, and held a worker of its own all\n"
     "the while. Behind a saturated pool, 150 ms tells callers while they can still act on it."},
    {"database.query_timeout", duration(1ms, 1min), database_at<&database::query_timeout>,
     "From sending a query to its answer. Later, the look-ups in it get 503 and the connection is\n"
     "replaced."},
    {"database.write_timeout", duration(10ms, 30s), database_at<&database::write_timeout>,
     "For a change that an operator makes (latchkey org create, key create)."},
    {"database.connect_timeout", duration(10ms, 1min), database_at<&database::connect_timeout>,
     "For opening one connection, from resolving the name to the end of authentication."},
    {"database.backoff_min", duration(1ms, 1min), database_at<&database::backoff_min>,
     "Pause before a failed connection is tried again. It doubles with each failure, with jitter."},
    {"database.backoff_max", duration(1ms, 5min), database_at<&database::backoff_max>,
     "Longest such pause: how late, at worst, a database that is back is noticed."},
    {"database.recycle", duration(10s, 7 * 24h), database_at<&database::recycle>,
     "Age at which a connection is replaced, between two queries."},
    {"database.prepared_statements", flag(), database_at<&database::prepared_statements>,
     "False behind a pooler in transaction mode (PgBouncer, Supabase's port 6543), which loses\n"
     "prepared statements."},

    {"database.feed_interval", duration(10ms, 30s), database_at<&database::feed_interval>,
     "Pause between two polls of the feed of changes. NOTIFY wakes it at once; polling makes sure\n"
     "when a notification is lost, and tells that the database is still there."},
    {"database.feed_timeout", duration(10ms, 30s), database_at<&database::feed_timeout>,
     "For one poll of the feed; then its connection is replaced."},
    {"database.feed_retention", duration(1min, 7 * 24h), database_at<&database::feed_retention>,
     "How long rows of the feed are kept at least. A node that was away for longer empties its\n"
     "cache."},

    {"cache.ttl", duration(1s, 24h), cache_at<&cache::ttl>,
     "How long an answer of the database is kept. An entry that is asked for in the last tenth of\n"
     "it is refreshed in the background. Revocations do not wait for it."},
    {"cache.negative_ttl", duration(1ms, 1h), cache_at<&cache::negative_ttl>,
     "How long it is kept that there is no such key."},
    {"cache.max_bytes", bytes(64 * KiB, 1024 * 1024 * MiB), cache_at<&cache::max_bytes>,
     "Memory for keys that were found: entries, tables, and what waits to be given back."},
    {"cache.device_max_bytes", bytes(64 * KiB, 1024 * 1024 * MiB),
     cache_at<&cache::device_max_bytes>, "Memory for devices that were found."},
    {"cache.negative_max_bytes", bytes(64 * KiB, 1024 * 1024 * MiB),
     cache_at<&cache::negative_max_bytes>,
     "Memory for keys that were not found, and as much for devices, apart from the others: a "
     "flood\n"
     "of unknown keys evicts no good one."},
    {"cache.token_max_bytes", bytes(64 * KiB, 1024 * 1024 * MiB), cache_at<&cache::token_max_bytes>,
     "Memory for tokens whose signature was checked."},
    {"cache.revocations_max", count(1000, 1'000'000'000), cache_at<&cache::revocations_max>,
     "Revocations of tokens kept in memory, of about 60 bytes each. With more in the database, no\n"
     "token that can be revoked is answered: 503."},
    {"cache.max_staleness", duration(100ms, 1h), cache_at<&cache::max_staleness>,
     "The bound: past it without news from the database, nothing cached is believed, and what\n"
     "cannot be looked up is answered with 503. No revoked key is good for longer."},
    {"cache.flight_timeout", duration(10ms, 1min), cache_at<&cache::flight_timeout>,
     "For one look-up, however many requests wait for it. Later its answer is thrown away."},

    {"tokens.length_max", bytes(256, 64 * KiB), tokens_at<&tokens::length_max>,
     "Length of a token. Longer: INVALID_FORMAT."},
    {"tokens.claims_max", count(8, 10'000), tokens_at<&tokens::claims_max>,
     "Names in a token's payload, at all depths. More: INVALID_FORMAT."},
    {"tokens.depth_max", count(1, 32), tokens_at<&tokens::depth_max>,
     "Depth of a token's payload, itself included. Deeper: INVALID_FORMAT."},

    {"tokens.issuer", text(is_issuer, "a name or a URL of 1 to 1024 bytes"),
     tokens_at<&tokens::issuer>,
     "The \"iss\" of the tokens that this service issues. The same on all nodes."},
    {"tokens.audience", text(is_issuer, "a name or a URL of 1 to 1024 bytes"),
     tokens_at<&tokens::audience>,
     "Their \"aud\", where the request names none; and what verify-token then accepts."},
    {"tokens.algorithm", choice(own_algorithm_names), tokens_at<&tokens::algorithm>,
     "What new signing keys are for. HS256 is not published: only this service verifies it."},
    {"tokens.expires_in", duration(1s, 24h), tokens_at<&tokens::expires_in>,
     "Life of a token, where the request names none; tokens.expires_in_max bounds it, too."},
    {"tokens.expires_in_max", duration(1s, 24h), tokens_at<&tokens::expires_in_max>,
     "Longest life that a request may name."},
    {"tokens.leeway", duration(0s, 60s), tokens_at<&tokens::leeway>,
     "How far the clocks of our nodes may be apart."},
    {"tokens.key_encryption_key_file", text(is_path, "a path, or credential:NAME"),
     tokens_at<&tokens::key_encryption_key_file>,
     "A file with the key that seals private signing keys in the database: 32 bytes in base64, as\n"
     "\"openssl rand -base64 32\" prints, or in hexadecimal; credential:NAME is systemd's "
     "credential.\n"
     "The same on all nodes. Empty: no tokens are issued here, but those of other nodes verified."},
    {"tokens.rotation_interval", duration(1h, 5 * 366 * 24h), tokens_at<&tokens::rotation_interval>,
     "How long a signing key signs. Never less than twice tokens.publish_ahead."},
    {"tokens.publish_ahead", duration(20min, 30 * 24h), tokens_at<&tokens::publish_ahead>,
     "How long the next signing key is published before it signs: longer than others keep the set\n"
     "of keys, which is 5 minutes by its Cache-Control."},

    {"use.enabled", flag(), use_at<&use::enabled>,
     "Write down how often and when each credential was used (latchkey.credential_use)."},
    {"use.flush_interval", duration(100ms, 1h), use_at<&use::flush_interval>,
     "How often: what a crash may lose. A graceful end loses nothing, unless the database is "
     "away\n"
     "or server.drain_timeout is over."},
    {"use.credentials_max", count(1, 10'000'000), use_at<&use::credentials_max>,
     "Credentials that are counted in one interval, per worker. Further ones are not, and\n"
     "auth_uses_uncounted_total tells."},

    {"log.level", choice(log_levels), log_at<&log_configuration::level>,
     "Least level that is written; debug has one line per request."},
    {"log.format", choice(log_formats), log_at<&log_configuration::format>,
     "How lines look on standard error; automatic: text on a terminal, JSON elsewhere."},
};

constexpr configuration_key keys_of_issuers[] = {
    {"issuers.issuer", text(is_issuer, "the tokens' \"iss\", such as \"https://issuer.example\""),
     issuer_at<&issuer::issuer>,
     "The tokens' \"iss\", letter for letter. Required, unless a preset says it."},
    {"issuers.preset", text(auth::is_preset, "\"supabase\", or nothing"),
     issuer_at<&issuer::preset>,
     "\"supabase\": with `project`, fills what is not given of issuer, jwks_url, audiences\n"
     "(authenticated) and algorithms (RS256, ES256; with a secret_file HS256, too)."},
    {"issuers.project", text(auth::is_project, "1 to 63 small letters, digits and hyphens"),
     issuer_at<&issuer::project>, "The reference of the Supabase project."},
    {"issuers.jwks_url", text(is_jwks_url, "an https:// URL without user and fragment"),
     issuer_at<&issuer::jwks_url>,
     "Where the issuer publishes its JWK set. Exactly one of this, jwks_file and secret_file is\n"
     "required; with a preset, a secret_file may stand beside a key set."},
    {"issuers.jwks_file", text(is_path, "a path"), issuer_at<&issuer::jwks_file>,
     "A file with the issuer's JWK set."},
    {"issuers.secret_file", text(is_path, "a path"), issuer_at<&issuer::secret_file>,
     "A file with the secret that the issuer signs with (HS256 and its like), of at least 32 "
     "bytes.\n"
     "A line feed at its end does not count. \"credential:NAME\" is systemd's credential of that\n"
     "name (LoadCredential=)."},
    {"issuers.algorithms", text(auth::is_algorithm_list, "names such as \"RS256, ES256\""),
     issuer_at<&issuer::algorithms>,
     "What its tokens may be signed with. Empty: RS256, PS256, ES256, EdDSA; with a secret, "
     "HS256."},
    {"issuers.audiences", text(is_list, "names between commas"), issuer_at<&issuer::audiences>,
     "Whom its tokens are for: one of these must be in \"aud\", unless the request names another.\n"
     "Required, or any_audience."},
    {"issuers.any_audience", flag(), issuer_at<&issuer::any_audience>,
     "Accept tokens for anybody, when the request names no audience."},
    {"issuers.token_types", text(is_list, "types between commas"), issuer_at<&issuer::token_types>,
     "Which \"typ\" its tokens may have; one without counts as JWT."},
    {"issuers.required_claims", text(is_list, "names between commas"),
     issuer_at<&issuer::required_claims>, "What its tokens must have besides \"exp\"."},
    {"issuers.organization_claim", text(is_list, "a name, with dots for members of members"),
     issuer_at<&issuer::organization_claim>,
     "Where its tokens carry the organization, such as \"app_metadata.organization_id\"."},
    {"issuers.leeway", duration(0s, 60s), issuer_at<&issuer::leeway>,
     "How far its clock may be from ours."},
    {"issuers.max_token_lifetime", duration(1min, 366 * 24h),
     issuer_at<&issuer::max_token_lifetime>,
     "How long after \"iat\" its tokens are good at most, whatever \"exp\" says."},
    {"issuers.missing_expiration", flag(), issuer_at<&issuer::missing_expiration>,
     "Accept tokens without \"exp\", for max_token_lifetime after their \"iat\"."},
    {"issuers.missing_issued_at", flag(), issuer_at<&issuer::missing_issued_at>,
     "Accept tokens without \"iat\", though they can be revoked: a revocation of such a token is\n"
     "kept for max_token_lifetime, however long the token is good."},
    {"issuers.revocable", flag(), issuer_at<&issuer::revocable>,
     "False: its tokens are answered without asking whether they are revoked, and so even while\n"
     "revocations cannot be known."},
    {"issuers.ca_file", text(is_path, "a path"), issuer_at<&issuer::ca_file>,
     "Certificates (PEM) that jwks_url's server must descend from. Empty: those of the system."},
    {"issuers.allow_private_addresses", flag(), issuer_at<&issuer::allow_private_addresses>,
     "Fetch jwks_url from loopback, private and link-local addresses, too."},
    {"issuers.jwks_refresh", duration(1s, 7 * 24h), issuer_at<&issuer::jwks_refresh>,
     "Age at which the set is fetched anew; earlier when the answer's max-age says so."},
    {"issuers.jwks_cooldown", duration(100ms, 1h), issuer_at<&issuer::jwks_cooldown>,
     "Between two fetches, at least. Tokens with unknown key ids cause no more than that."},
    {"issuers.jwks_keep", duration(1s, 30 * 24h), issuer_at<&issuer::jwks_keep>,
     "How long the last good set is used while fetching fails, counted from its fetch."},
    {"issuers.jwks_timeout", duration(100ms, 1min), issuer_at<&issuer::jwks_timeout>,
     "For one fetch, from resolving the name to the last byte."},
    {"issuers.jwks_bytes_max", bytes(KiB, MiB), issuer_at<&issuer::jwks_bytes_max>,
     "Size of the set at jwks_url. Larger: the fetch fails."},
};

const configuration_key* find_in(std::span<const configuration_key> table, std::string_view name) {
    const auto found = std::ranges::find(table, name, &configuration_key::name);
    return found == table.end() ? nullptr : &*found;
}

} // namespace

std::span<const configuration_key> configuration_keys() {
    return keys;
}

std::span<const configuration_key> issuer_keys() {
    return keys_of_issuers;
}

const configuration_key* find_key(std::string_view name) {
    return find_in(keys, name);
}

const configuration_key* find_issuer_key(std::string_view name) {
    return find_in(keys_of_issuers, name);
}

std::string_view section_of(std::string_view key_name) {
    return key_name.substr(0, key_name.find('.'));
}

std::string variable_of(std::string_view key_name) {
    std::string out = "LATCHKEY_";
    for (const char c : key_name) {
        if (c == '.')
            out += "__";
        else
            out += c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
    }
    return out;
}

} // namespace latchkey::server
