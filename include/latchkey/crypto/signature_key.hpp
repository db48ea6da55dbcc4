#pragma once
// One signing key made ready for one algorithm. Verifying fetches nothing and parses nothing: each
// call works on copies of contexts that were set up once, and leaves the copies for the next call.

#include <latchkey/core/result.hpp>
#include <latchkey/crypto/jws_algorithm.hpp>

#include <memory>
#include <string>
#include <string_view>

namespace latchkey::crypto {

class key_material;

/// Immutable; any thread may use it. OpenSSL's error queue is clean after each call.
class signature_key {
  public:
    /// `material` must have the algorithm's type and curve. Fails with `invalid` if OpenSSL refuses
    /// it.
    static core::result<signature_key> make(std::shared_ptr<const key_material> material,
                                            jws_algorithm);
    signature_key(signature_key&&) noexcept;
    signature_key& operator=(signature_key&&) noexcept;
    ~signature_key();

    jws_algorithm algorithm() const noexcept { return algorithm_; }

    /// `signature` is in the form of JWS: for ECDSA, r and s, each of the curve's length. Returns
    /// false also if OpenSSL fails.
    bool verify(std::string_view message, std::string_view signature) const;

    /// Returns the JWS signature. Fails with `internal` unless the key is private or symmetric.
    core::result<std::string> sign(std::string_view message) const;

  private:
    struct state;
    signature_key(jws_algorithm, std::unique_ptr<state>) noexcept;

    jws_algorithm algorithm_;
    std::unique_ptr<state> state_;
};

} // namespace latchkey::crypto
