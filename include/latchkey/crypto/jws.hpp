#pragma once
// Compact JWS (RFC 7515), under the rules of RFC 8725. A token that was only read and one that was
// verified have different types; only verify() makes the second from the first.

#include <latchkey/crypto/json_object.hpp>
#include <latchkey/crypto/jwk.hpp>
#include <latchkey/crypto/jws_algorithm.hpp>

#include <boost/system/result.hpp>

#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace latchkey::crypto {

enum class jws_defect {
    malformed,             ///< not a compact JWS, or its header is refused
    algorithm_not_allowed, ///< the signing key may not be used with the token's `alg`
    signature_invalid,
};

struct jws_failure {
    jws_defect defect;
    const char* message; ///< a sentence that repeats nothing of the token
};

[[noreturn]] void throw_exception_from_error(const jws_failure&, const boost::source_location&);

template <class T>
using jws_result = boost::system::result<T, jws_failure>;

/// A token that was read but not verified: use it only to choose the signing key.
class unverified_token {
  public:
    /// Fails with `malformed` if the text is not three parts of canonical base64url, if the header
    /// is not a strict JSON object or has no `alg`, or if the header has a member that would change
    /// what is verified or where the signing key comes from: crit, b64, zip, enc, jku, jwk, x5u,
    /// x5c. The text must outlive the token.
    static jws_result<unverified_token> read(std::string_view text);

    const std::string& algorithm_name() const noexcept { return algorithm_name_; }
    const std::optional<std::string>& key_id() const noexcept { return key_id_; }
    const std::optional<std::string>& type() const noexcept { return type_; } ///< `typ`
    /// Reads the payload as a JSON object, which a JWT's payload is (RFC 7519, section 7.2). The
    /// storage must outlive the token.
    jws_result<void> read_claims(const json_limits&, boost::json::storage_ptr = {});
    /// Use it only to choose the issuer, and only after read_claims.
    const boost::json::object& unverified_claims() const noexcept { return *claims_; }

  private:
    friend class verified_token;
    unverified_token() = default;

    std::string_view signed_text_;
    std::string algorithm_name_;
    std::optional<std::string> key_id_;
    std::optional<std::string> type_;
    std::string payload_;
    std::optional<boost::json::object> claims_;
    std::string signature_;
};

/// A token whose payload was signed by the signing key.
class verified_token {
  public:
    /// The signing key decides: the token's `alg` must be one that the JWK is ready for, and one of
    /// `allowed`. Fails with `algorithm_not_allowed` or `signature_invalid`.
    static jws_result<verified_token> verify(unverified_token, const jwk& key,
                                             std::span<const jws_algorithm> allowed);

    const std::string& payload() const noexcept { return payload_; }
    /// Only if read_claims was called on the unverified token.
    const boost::json::object& claims() const noexcept { return *claims_; }
    const std::optional<std::string>& type() const noexcept { return type_; }
    jws_algorithm algorithm() const noexcept { return algorithm_; }

  private:
    verified_token() = default;

    std::string payload_;
    std::optional<boost::json::object> claims_;
    std::optional<std::string> type_;
    jws_algorithm algorithm_{};
};

/// Signs payloads with one signing key, which must outlive the signer. The header has `alg`, `typ`
/// and `kid`, and is encoded once. Any thread.
class compact_signer {
  public:
    compact_signer(const signature_key&, std::string_view type, std::string_view key_id);

    core::result<std::string> sign(std::string_view payload) const;

  private:
    const signature_key& key_;
    std::string header_; ///< encoded, with the dot behind it
};

} // namespace latchkey::crypto
