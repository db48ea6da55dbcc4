#pragma once
// One key made ready for one algorithm. Verifying fetches nothing and parses nothing: each call
// works on copies of contexts that were set up once, and leaves them for the next.

#include <latchkey/core/result.hpp>
#include <latchkey/crypto/jws_algorithm.hpp>

#include <memory>
#include <string>
#include <string_view>

namespace latchkey::crypto {

class key_material;

/// Immutable; for all threads at once. OpenSSL's error queue is clean after each call.
class signature_key {
  public:
    /// `material` has the algorithm's type and curve. Fails when OpenSSL refuses it.
    static core::result<signature_key> make(std::shared_ptr<const key_material> material,
                                            jws_algorithm);
    signature_key(signature_key&&) noexcept;
    signature_key& operator=(signature_key&&) noexcept;
    ~signature_key();

    jws_algorithm algorithm() const noexcept { return algorithm_; }

    /// `signature` as JWS has it: for ECDSA r and s, each of the curve's length. False also when
    /// OpenSSL fails.
    bool verify(std::string_view message, std::string_view signature) const;

    /// The JWS signature; needs a private key, or a symmetric one.
    core::result<std::string> sign(std::string_view message) const;

  private:
    struct state;
    signature_key(jws_algorithm, std::unique_ptr<state>) noexcept;

    jws_algorithm algorithm_;
    std::unique_ptr<state> state_;
};

} // namespace latchkey::crypto
