#pragma once
// JSON Web Keys (RFC 7517; RFC 7518, section 6; RFC 8037), public, private and symmetric.

#include <latchkey/core/result.hpp>
#include <latchkey/crypto/jws_algorithm.hpp>
#include <latchkey/crypto/signature_key.hpp>

#include <boost/json/object.hpp>

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace latchkey::crypto {

/// One JWK, ready for each algorithm that it may be used with: the one that its `alg` names, or
/// else all of its type and curve. Immutable; any thread may use it.
class jwk {
  public:
    /// Fails with `invalid`, and names the reason, for: types, curves and algorithms that are not
    /// supported, JWKs that are too short, points off their curve or of small order, an `alg` that
    /// disagrees with the type, a `use` other than "sig", `key_ops` without "verify".
    static core::result<jwk> parse(const boost::json::object&);
    static core::result<jwk> parse(std::string_view text);

    const std::optional<std::string>& key_id() const noexcept { return key_id_; }
    key_type type() const noexcept { return type_; }
    bool is_symmetric() const noexcept { return type_ == key_type::oct; }
    /// SHA-256 of the JWK's required members, in base64url (RFC 7638).
    const std::string& thumbprint() const noexcept { return thumbprint_; }

    /// The JWK made ready for the algorithm, or null if it may not be used with it.
    const signature_key* ready_for(jws_algorithm) const noexcept;
    const std::vector<signature_key>& ready() const noexcept { return ready_; }

    /// The public members, with `use`, with `kid` if it has one, and with `alg` if only one
    /// algorithm fits. Returns nullopt for a symmetric JWK.
    std::optional<boost::json::object> public_members() const;

  private:
    jwk() = default;

    std::optional<std::string> key_id_;
    key_type type_ = key_type::oct;
    boost::json::object required_; ///< of the public part, in the order of RFC 7638; empty for oct
    std::string thumbprint_;
    std::vector<signature_key> ready_;
};

/// A JWK of a set that cannot be used here, and why.
struct unusable_key {
    std::optional<std::string> key_id;
    std::string why;
};

struct jwk_set {
    std::vector<jwk> keys;
    std::vector<unusable_key> unusable; ///< ignored and not an error (RFC 7517, section 5)
};

/// Bounds for parse_jwk_set, which fails with `invalid` if the text is not a JWK set, has more than
/// `keys_max` JWKs, holds a private or symmetric JWK and `symmetric` is false, or has two usable
/// JWKs with the same `kid`.
struct jwk_set_limits {
    std::size_t bytes_max = 65536;
    std::size_t keys_max = 64;
    bool symmetric = false; ///< allows private and symmetric JWKs: the set is not public
};
core::result<jwk_set> parse_jwk_set(std::string_view text, const jwk_set_limits&);

} // namespace latchkey::crypto
