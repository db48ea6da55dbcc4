#pragma once
// Compact JWS (RFC 7515), read under the rules of RFC 8725. What was read and what was verified are
// different types: only verify() makes the second from the first.

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
    malformed,             ///< no compact JWS, or with a header that is refused
    algorithm_not_allowed, ///< the key is not to be used with the token's `alg`
    signature_invalid,
};

struct jws_failure {
    jws_defect defect;
    const char* message; ///< a sentence that repeats nothing of the token
};

[[noreturn]] void throw_exception_from_error(const jws_failure&, const boost::source_location&);

template <class T>
using jws_result = boost::system::result<T, jws_failure>;

/// Read, and not to be believed: good for choosing the key.
class unverified_token {
  public:
    /// The text outlives the token. Refuses what is not three parts of canonical base64url, a
    /// header that is no strict JSON object or has no `alg`, and the members that would change what
    /// is verified or where the key comes from: crit, b64, zip, enc, jku, jwk, x5u, x5c.
    static jws_result<unverified_token> read(std::string_view text);

    const std::string& algorithm_name() const noexcept { return algorithm_name_; }
    const std::optional<std::string>& key_id() const noexcept { return key_id_; }
    const std::optional<std::string>& type() const noexcept { return type_; } ///< `typ`
    /// Reads the payload as a JSON object, which a JWT's is (RFC 7519, section 7.2). Where it is
    /// kept outlives the token.
    jws_result<void> read_claims(const json_limits&, boost::json::storage_ptr = {});
    /// For choosing the issuer, no more. After read_claims.
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

/// Its payload was signed by the key.
class verified_token {
  public:
    /// The key decides: the token's `alg` must be one that the key is ready for, and one of
    /// `allowed`.
    static jws_result<verified_token> verify(unverified_token, const jwk& key,
                                             std::span<const jws_algorithm> allowed);

    const std::string& payload() const noexcept { return payload_; }
    /// When the unverified token's were read.
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

/// Signs payloads with one key, which outlives it. The header has `alg`, `typ` and `kid`, and is
/// written once. For all threads at once.
class compact_signer {
  public:
    compact_signer(const signature_key&, std::string_view type, std::string_view key_id);

    core::result<std::string> sign(std::string_view payload) const;

  private:
    const signature_key& key_;
    std::string header_; ///< encoded, with its dot
};

} // namespace latchkey::crypto
