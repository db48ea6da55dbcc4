#pragma once
// Revocations and signing keys, from what the feed tells of them and from their tables' rows.

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

// --- the names of a row of latchkey.changes; false: malformed ---

/// Its column `credential_kind`: what becomes of the credentials that it names with '+'. Those with
/// '-' are revoked of neither kind any more.
struct credential_news {
    std::optional<auth::credential_kind> of{}; ///< none: of both kinds
    bool withdrawn =
        false; ///< of that kind they are revoked no more, and of the other they stay so
};
/// Sign and kind, or '' for NULL. What is not understood revokes both.
credential_news read_credential_news(std::string_view) noexcept;

/// Kind `revocations`. Six texts each: sign and kind, issuer, value, issued_before, expires_at,
/// created_at; a time is microseconds since 1970, 'infinity', '-infinity', or '' for NULL.
bool append_revocations(std::span<const std::string> names, const credential_news&,
                        std::vector<auth::revocation_change>& out);
/// Kind `credentials`. Sign and id each; `at` is when it was told.
bool append_credentials(std::span<const std::string> names, const credential_news&,
                        core::real_time at, std::vector<auth::revocation_change>& out);

// --- rows of the tables; nothing: malformed ---

struct revocation_row {
    std::int64_t id = 0;
    auth::revocation what;
};
/// The first eight columns of each statement that answers with revocations.
std::optional<revocation_row> decode_revocation_row(const pg_result& rows, int row);
std::optional<std::vector<revocation_row>> decode_revocation_rows(const pg_result& rows);

/// Of `load_signing_keys` and `list_signing_keys`.
std::optional<std::vector<auth::signing_key>> decode_signing_key_rows(const pg_result& rows);

} // namespace latchkey::pg
