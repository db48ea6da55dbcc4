#include <latchkey/auth/device/scrypt_question.hpp>

#include <latchkey/crypto/digest.hpp>

#include <string>

namespace latchkey::auth {

core::fingerprint scrypt_key(const crypto::password_hash& stored,
                             const core::fingerprint& presented) {
    std::string both;
    both.reserve(stored.text().size() + presented.size());
    both += stored.text();
    both.append(reinterpret_cast<const char*>(presented.data()), presented.size());
    return crypto::sha256(both);
}

} // namespace latchkey::auth
