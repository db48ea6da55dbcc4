#pragma once
// Checks that a signature under an Ed25519 public key can prove anything.

#include <string_view>

namespace latchkey::crypto {

/// `x` has 32 bytes, a point as RFC 8032 (section 5.1.2) encodes it. Returns null if it is good, or
/// a sentence if it is not written canonically, is not on the curve, or has a small order, so that
/// signatures that nobody made verify under it (RFC 8032, section 8.9, leaves this check to the
/// reader of keys).
const char* complaint_about_ed25519_point(std::string_view x);

} // namespace latchkey::crypto
