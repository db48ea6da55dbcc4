#pragma once
// Decodes revocations and signing keys, from rows of the change feed and of their own tables.

#include <latchkey/auth/revocation/revocation.hpp>
#include <latchkey/auth/token/signing_key.hpp>
#include <latchkey/core/clock.hpp>

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

struct pg_result;

namespace latchkey::pg {

// --- texts in `names` of a row of latchkey.changes; false: malformed ---

/// Column `credential_kind`: the kind of credential for which the ids with '+' are revoked, or are
/// no longer revoked. Ids with '-' are no longer revoked for either kind.
struct credential_news {
    std::optional<auth::credential_kind> of{}; ///< nullopt: both kinds
    bool withdrawn = false; ///< true: no longer revoked for that kind, still for the other
};
/// Reads sign and kind; '' is NULL. A text that is not understood revokes both kinds.
credential_news read_credential_news(std::string_view) noexcept;

/// Changes of kind `revocations`: six texts each, namely sign and kind, issuer, value,
/// issued_before, expires_at, created_at. A time is microseconds since 1970, 'infinity',
/// '-infinity', or '' for NULL.
bool append_revocations(std::span<const std::string> names, const credential_news&,
                        std::vector<auth::revocation_change>& out);
/// Names in changes of kind `api_keys`: the kind of a credential, the generation below which its
/// tokens have ended, and its id, with spaces between. `at` is when the change was announced.
bool append_generations(std::span<const std::string> names, core::real_time at,
                        std::vector<auth::revocation_change>& out);
/// Changes of kind `credentials`: sign and id each. `at` is when the change was announced.
bool append_credentials(std::span<const std::string> names, const credential_news&,
                        core::real_time at, std::vector<auth::revocation_change>& out);

// --- rows of the tables; nullopt: malformed ---

struct revocation_row {
    std::int64_t id = 0;
    auth::revocation what;
};
/// Decodes the first eight columns of each statement that returns revocations.
std::optional<revocation_row> decode_revocation_row(const pg_result& rows, int row);
std::optional<std::vector<revocation_row>> decode_revocation_rows(const pg_result& rows);

/// Decodes rows of `load_signing_keys` and `list_signing_keys`.
std::optional<std::vector<auth::signing_key>> decode_signing_key_rows(const pg_result& rows);

} // namespace latchkey::pg
