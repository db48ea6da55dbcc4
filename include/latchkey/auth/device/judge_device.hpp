#pragma once
// Every request compares the presented secret again, and judges the device again.
//
//   switch (compare(record, fingerprint of the secret, now)) …   needs_scrypt: ask the scrypt_pool
//   judge(record, whether it matches, request, now)              about each of scrypt_forms
//
// A device that does not exist takes the same way, with `device_record(device_facts())` for its
// record: no secret matches that.

#include <latchkey/auth/device/device_record.hpp>
#include <latchkey/auth/verdict.hpp>

#include <array>
#include <memory>
#include <span>
#include <string_view>

namespace latchkey::auth {

/// What the caller asks of a device, beyond its being the one that it says.
struct device_request {
    std::span<const std::string_view> scopes; ///< all of them must be granted
};

enum class secret_match {
    no,
    yes,
    needs_scrypt, ///< no SHA-256 form matches, and there is a scrypt form
};

/// Pure. `presented` is the SHA-256 of the secret. The previous secret counts while `now <
/// previous_until`, and without that time not at all. Both are compared, in constant time, whatever
/// the first comparison says.
secret_match compare(const device_record&, const core::fingerprint& presented, core::real_time now);

/// The current and the previous secret, as far as they count now and are scrypt forms; then nulls.
std::array<std::shared_ptr<const crypto::password_hash>, 2> scrypt_forms(const device_record&,
                                                                         core::real_time now);

/// Pure. The first of these that holds: INVALID_CREDENTIALS (whoever does not know the secret
/// learns nothing else), REVOKED, DISABLED, ORGANIZATION_DISABLED, INSUFFICIENT_SCOPES; else VALID.
/// Devices have no date that `now` decides on yet.
verdict judge(const device_record&, bool secret_matches, const device_request&,
              core::real_time now);

} // namespace latchkey::auth
