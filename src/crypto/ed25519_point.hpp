#pragma once
// Is an Ed25519 public key one that a signature can mean something under?

#include <string_view>

namespace latchkey::crypto {

/// `x` has 32 bytes, as RFC 8032 (section 5.1.2) encodes a point. A sentence for one that is not
/// written canonically, is not on the curve, or has a small order, so that signatures verify under
/// it that nobody made (RFC 8032, section 8.9 leaves that to the reader of keys). Null: it is good.
const char* complaint_about_ed25519_point(std::string_view x);

} // namespace latchkey::crypto
