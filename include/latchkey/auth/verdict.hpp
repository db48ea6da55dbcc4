#pragma once
// The decided answers. Their names are part of the HTTP contract.

#include <array>
#include <cstddef>
#include <string_view>

namespace latchkey::auth {

enum class verdict {
    valid,
    not_found,
    disabled,
    expired,
    revoked,
    organization_disabled,
    insufficient_scopes,
    ip_not_allowed,
    invalid_format,
    signature_invalid,
    not_yet_valid,
    issuer_mismatch,
    audience_mismatch,
    unknown_key_id,
    algorithm_not_allowed,
    invalid_credentials,
    rate_limited,
    organization_not_allowed, ///< good, but not of an organization that the asker names
    certificate_mismatch,     ///< bound to another certificate than the one that was shown
    usage_exceeded,           ///< the credits are spent
};

inline constexpr std::array<std::string_view, 20> verdict_codes = {"VALID",
                                                                   "NOT_FOUND",
                                                                   "DISABLED",
                                                                   "EXPIRED",
                                                                   "REVOKED",
                                                                   "ORGANIZATION_DISABLED",
                                                                   "INSUFFICIENT_SCOPES",
                                                                   "IP_NOT_ALLOWED",
                                                                   "INVALID_FORMAT",
                                                                   "SIGNATURE_INVALID",
                                                                   "NOT_YET_VALID",
                                                                   "ISSUER_MISMATCH",
                                                                   "AUDIENCE_MISMATCH",
                                                                   "UNKNOWN_KEY_ID",
                                                                   "ALGORITHM_NOT_ALLOWED",
                                                                   "INVALID_CREDENTIALS",
                                                                   "RATE_LIMITED",
                                                                   "ORGANIZATION_NOT_ALLOWED",
                                                                   "CERTIFICATE_MISMATCH",
                                                                   "USAGE_EXCEEDED"};

/// The code as answers and metrics spell it, for example "NOT_FOUND".
constexpr std::string_view code_of(verdict v) {
    return verdict_codes[static_cast<std::size_t>(v)];
}

} // namespace latchkey::auth
