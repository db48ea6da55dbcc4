#pragma once
// Whose tokens are accepted, under which rules, and with which signing keys. Snapshots are
// immutable: a change makes a new set, which every worker gets.

#include <latchkey/auth/issuer/jwks_fetching.hpp>
#include <latchkey/auth/organization/organization_form.hpp>
#include <latchkey/core/cache/snapshot.hpp>
#include <latchkey/core/clock.hpp>
#include <latchkey/core/mailbox.hpp>
#include <latchkey/core/trace/tracer.hpp>
#include <latchkey/crypto/jwk.hpp>
#include <latchkey/crypto/jws.hpp>

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace latchkey::auth {

/// What a token of one issuer must say. The rules are strict unless a member with "any" or
/// "missing" in its name is set.
struct issuer_rules {
    std::string issuer; ///< `iss`, compared byte by byte
    std::vector<crypto::jws_algorithm> algorithms;
    std::vector<std::string> token_types; ///< of `typ`, as media_type() writes them
    std::vector<std::string>
        audiences; ///< one of them must be in `aud`, unless the caller names one
    /// The first that the token has counts as `aud`.
    std::vector<std::string> audience_claims{"aud"};
    bool any_audience = false;
    bool missing_expiration = false; ///< a token without `exp` lives for max_token_lifetime
    bool missing_issued_at = false; ///< a token without `iat` is accepted, though it can be revoked
    std::vector<std::string> required_claims;
    bool integer_subject = false; ///< `sub` may be an integer
    std::string organization_claim;
    std::vector<std::string> organizations; ///< as given; if not empty, tokens must name one
    std::vector<std::string> organizations_compared; ///< the same, in the form of organization_ids
    organization_form organization_ids = organization_form::unknown;
    bool strict_organizations = false; ///< an id that is not of that form is refused
    core::seconds leeway{30};
    core::seconds max_token_lifetime{86400}; ///< after `iat`, even if `exp` is later
    bool revocable = true; ///< false: its tokens are accepted without looking for revocations
    bool own = false;      ///< we are the issuer
    /// The value of reading_of(); if it differs, a token must be read again.
    std::size_t reading = 0;
};

/// The hash for issuer_rules::reading: of all rules that decide what a token says, and of the bound
/// after `iat`, which the answer includes.
std::size_t reading_of(const issuer_rules&);

/// Sets how organizations are told apart, and the `reading` that follows from it.
void tell_organizations_apart(issuer_rules&, organization_form);

/// A `typ` in the form in which it is compared: lower case, without "application/" (RFC 7515,
/// section 4.1.9).
std::string media_type(std::string type);

/// The signing keys of one issuer.
class key_ring {
  public:
    key_ring() = default;
    explicit key_ring(std::vector<crypto::jwk> keys);
    explicit key_ring(std::vector<std::shared_ptr<const crypto::jwk>> keys)
        : keys_(std::move(keys)) {}
    /// Has the keys of both.
    key_ring(const key_ring& some, const key_ring& more);

    /// Returns the key that the token means: the one with its key id. If the token has no key id,
    /// or the keys have none, the only one that is ready for the algorithm. Returns null if there
    /// is none, or more than one.
    const crypto::jwk* find(const std::optional<std::string>& key_id,
                            crypto::jws_algorithm) const noexcept;
    /// True if the key that a proof names is still here.
    bool has(std::string_view thumbprint, crypto::jws_algorithm) const noexcept;

    std::size_t size() const noexcept { return keys_.size(); }

  private:
    std::vector<std::shared_ptr<const crypto::jwk>> keys_;
};

/// The time of keys that are never fetched again.
inline constexpr core::moment latest_keys{core::boot_time::max(), core::real_time::max()};

struct issuer {
    issuer_rules rules;
    std::shared_ptr<const key_ring> keys = std::make_shared<key_ring>();
    /// When the keys were fetched; nullopt if they never were. Keys from files always count as the
    /// latest.
    std::optional<core::moment> keys_as_of = latest_keys;
    /// Ids of keys that the issuer has and that are unusable here.
    std::vector<std::string> unopened_keys;
    /// Ids of former keys; the feed has reported that they are gone.
    std::vector<std::string> dropped_keys;
    std::shared_ptr<const jwks_fetching> fetching; ///< null if the keys are not fetched again
};

/// A question for signing keys that the issuer may have published since the last fetch. Travels
/// from its worker to the thread that fetches, and back. The asker owns it and keeps it until
/// `decided`.
class jwks_inquiry : public core::mail {
  public:
    std::string issuer;
    core::request_trace trace; ///< of the request that asks: the fetch belongs to it
    /// Called on the asker's worker, when the fetch has ended, with keys or without.
    virtual void decided() noexcept = 0;

    void arrived() noexcept final;

    // --- set when it is sent ---
    class jwks_source* source = nullptr;
    core::mailbox* answer_box = nullptr;

  protected:
    ~jwks_inquiry() = default;
};

/// Where issuers' signing keys come from. Lives on one thread, that of `box`.
class jwks_source {
  public:
    virtual core::mailbox& box() noexcept = 0;
    /// Always answers by sending the inquiry to its `answer_box`, within the time that one fetch
    /// may take.
    virtual void asked(jwks_inquiry&) noexcept = 0;

  protected:
    ~jwks_source() = default;
};

/// Signs our own tokens.
class token_signer {
  public:
    /// Returns null if the key has no id or does not fit the algorithm.
    static std::shared_ptr<const token_signer> make(std::shared_ptr<const crypto::jwk> private_key,
                                                    crypto::jws_algorithm);
    /// Thread-safe.
    core::result<std::string> sign(std::string_view claims) const { return signer_.sign(claims); }

  private:
    token_signer(std::shared_ptr<const crypto::jwk> key, crypto::jws_algorithm);

    std::shared_ptr<const crypto::jwk> key_;
    crypto::compact_signer signer_;
};

/// This service as an issuer.
struct own_issuer {
    issuer known_as;                            ///< rules, and the signing keys that verify
    std::shared_ptr<const token_signer> signer; ///< null: see `why_not`
    std::string why_not;                        ///< one sentence
    bool known = false;                     ///< the database has been asked for the signing keys
    std::string jwk_set = R"({"keys":[]})"; ///< the published JWK set
    std::string entity_tag = "\"none\"";    ///< of jwk_set, quoted
};

class issuer_set {
  public:
    issuer_set() = default;
    explicit issuer_set(std::vector<issuer> all, std::shared_ptr<const own_issuer> own = nullptr)
        : all_(std::move(all)), own_(std::move(own)) {}

    /// Returns our own issuer or a configured one; null if none has that name.
    const issuer* find(std::string_view name) const noexcept;
    /// The configured ones.
    const std::vector<issuer>& all() const noexcept { return all_; }
    const std::shared_ptr<const own_issuer>& own() const noexcept { return own_; }

  private:
    std::vector<issuer> all_;
    std::shared_ptr<const own_issuer> own_;
};

/// Composes the accepted issuers from the configuration, fetched keys and our own keys, and
/// publishes the set. Lives on the thread that writes the snapshot.
class issuer_directory {
  public:
    explicit issuer_directory(core::snapshot<const issuer_set>& published)
        : published_(published) {}

    /// Replaces the configured issuers.
    void configure(std::vector<issuer> all);
    /// Sets the keys of one configured issuer. Does nothing if the issuer is no longer configured.
    void set_keys(std::string_view issuer_name, std::shared_ptr<const key_ring>,
                  std::optional<core::moment> as_of);
    void set_own(std::shared_ptr<const own_issuer>);
    /// Sets how the database tells organizations apart. Tokens that were read under another form
    /// must be read again.
    void set_organization_ids(organization_form);

    const issuer_set& now() const noexcept { return *published_.latest(); }

  private:
    void publish(std::vector<issuer> all, const std::shared_ptr<const own_issuer>& own);

    core::snapshot<const issuer_set>& published_;
    organization_form organization_ids_ = organization_form::unknown;
};

} // namespace latchkey::auth
