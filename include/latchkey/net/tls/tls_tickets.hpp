#pragma once
// What session tickets are sealed with (RFC 5077, RFC 8446 section 4.6.1): a client that comes
// again with one is spared the signature, and the server keeps nothing.

#include <latchkey/core/result.hpp>

#include <array>
#include <cstdint>

namespace latchkey::net {

/// Two keys: the first seals, both open. Wiped at the end.
class tls_ticket_keys {
  public:
    /// Random ones. Fails when the generator is not seeded.
    static core::result<tls_ticket_keys> make();
    /// A new first one; the present first one still opens, the second one no more.
    core::result<tls_ticket_keys> rotated() const;

    struct key {
        std::array<std::uint8_t, 16> name{};
        std::array<std::uint8_t, 32> cipher{}; ///< AES-256-CBC
        std::array<std::uint8_t, 32> mac{};    ///< HMAC-SHA-256
        key() = default;
        key(const key&) = default;
        key& operator=(const key&) = default;
        ~key();
    };
    const key& first() const noexcept { return keys_[0]; }
    /// Null: none of these has that name.
    const key* find(const std::uint8_t* name) const noexcept;

  private:
    tls_ticket_keys() = default;
    std::array<key, 2> keys_;
};

} // namespace latchkey::net
