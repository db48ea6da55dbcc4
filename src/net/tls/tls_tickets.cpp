#include <latchkey/net/tls/tls_tickets.hpp>

#include <latchkey/crypto/random.hpp>

#include <openssl/crypto.h>

#include <algorithm>

namespace latchkey::net {

tls_ticket_keys::key::~key() {
    OPENSSL_cleanse(cipher.data(), cipher.size());
    OPENSSL_cleanse(mac.data(), mac.size());
}

core::result<tls_ticket_keys> tls_ticket_keys::make() {
    auto none = tls_ticket_keys();
    auto once = none.rotated();
    return once ? once->rotated() : once;
}

core::result<tls_ticket_keys> tls_ticket_keys::rotated() const {
    tls_ticket_keys next;
    next.keys_[1] = keys_[0];
    auto& fresh = next.keys_[0];
    for (const auto part :
         {std::span<std::uint8_t>(fresh.name), std::span<std::uint8_t>(fresh.cipher),
          std::span<std::uint8_t>(fresh.mac)})
        if (auto filled = crypto::fill_random(part); !filled) return filled.error();
    return next;
}

const tls_ticket_keys::key* tls_ticket_keys::find(const std::uint8_t* name) const noexcept {
    for (const auto& one : keys_)
        if (std::equal(one.name.begin(), one.name.end(), name)) return &one;
    return nullptr;
}

} // namespace latchkey::net
