#pragma once
// The keys that seal session tickets (RFC 5077, RFC 8446 section 4.6.1): a client that returns with
// a ticket costs no signature, and the server stores nothing.

#include <latchkey/core/result.hpp>

#include <array>
#include <cstdint>

namespace latchkey::net {

/// Two ticket keys: the first one seals, both open. Wiped on destruction.
class tls_ticket_keys {
  public:
    /// Makes random ticket keys. Fails with `internal` if the random generator is not seeded.
    static core::result<tls_ticket_keys> make();
    /// Returns a new first ticket key, with the present first one as the second, which still opens
    /// tickets. Fails as `make` does.
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
    /// Returns null if neither has that name, which is 16 bytes long.
    const key* find(const std::uint8_t* name) const noexcept;

  private:
    tls_ticket_keys() = default;
    std::array<key, 2> keys_;
};

} // namespace latchkey::net
