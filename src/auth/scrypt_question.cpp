#include <latchkey/auth/scrypt_question.hpp>

#include <string>

namespace latchkey::auth {

core::fingerprint scrypt_key(const crypto::password_hash& stored,
                             const core::fingerprint& presented, crypto::digest& sha256) {
    std::string both;
    both.reserve(stored.text().size() + presented.size());
    both += stored.text();
    both.append(reinterpret_cast<const char*>(presented.data()), presented.size());
    return sha256.sha256(both);
}

} // namespace latchkey::auth
