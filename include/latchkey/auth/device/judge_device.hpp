#pragma once
// Every request compares the presented secret again, and judges the device again.
//
//   switch (compare(record, fingerprint of the secret, now)) …   needs_scrypt: ask the scrypt_pool
//                                                                about each of scrypt_forms
//   judge(record, whether it matches, request, now)
//
// A device that does not exist takes the same path, with the record
// `device_record(device_facts())`, which no secret matches.

#include <latchkey/auth/device/device_record.hpp>
#include <latchkey/auth/permission_expression.hpp>
#include <latchkey/auth/verdict.hpp>

#include <array>
#include <memory>
#include <span>
#include <string_view>

namespace latchkey::auth {

/// What the caller asks of a device besides being the right one.
struct device_request {
    std::span<const std::string_view> scopes; ///< all of them must be granted
    /// Whose devices may be VALID; if it is empty, all organizations'.
    std::span<const std::string_view> organizations{};
    const permission_expression* permissions = nullptr; ///< must hold, too; null: nothing more
};

enum class secret_match {
    no,
    yes,
    previous,     ///< the secret from before the last rotation, which still counts
    needs_scrypt, ///< no SHA-256 form matches, and there is a scrypt form
};

/// Pure. `presented` is the SHA-256 of the secret. The previous secret counts while `now <
/// previous_until`, and never without that time. Both are always compared, in constant time,
/// whatever the result of the first comparison.
secret_match compare(const device_record&, const core::fingerprint& presented, core::real_time now);

/// The scrypt forms of the current and of the previous secret, as far as they count now; the others
/// are null.
std::array<std::shared_ptr<const crypto::password_hash>, 2> scrypt_forms(const device_record&,
                                                                         core::real_time now);

/// True while the previous secret counts.
bool previous_counts(const device_facts&, core::real_time now) noexcept;

/// Pure. Returns the first of these that applies: INVALID_CREDENTIALS (a caller that does not know
/// the secret learns nothing else), REVOKED, DISABLED, ORGANIZATION_DISABLED,
/// ORGANIZATION_NOT_ALLOWED, INSUFFICIENT_SCOPES; otherwise VALID. `now` decides nothing: devices
/// do not expire.
verdict judge(const device_record&, bool secret_matches, const device_request&,
              core::real_time now);

} // namespace latchkey::auth
