#pragma once
// Whose tokens are accepted, under which rules, and with which keys. Immutable snapshots: a change
// makes a new set, and every worker gets it.

#include <latchkey/auth/issuer/jwks_fetching.hpp>
#include <latchkey/auth/organization/organization_form.hpp>
#include <latchkey/core/cache/snapshot.hpp>
#include <latchkey/core/clock.hpp>
#include <latchkey/core/mailbox.hpp>
#include <latchkey/crypto/jwk.hpp>
#include <latchkey/crypto/jws.hpp>

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace latchkey::auth {

/// What a token of one issuer must say. Strict unless a name with "any" or "missing" is set.
struct issuer_rules {
    std::string issuer; ///< `iss`, letter for letter
    std::vector<crypto::jws_algorithm> algorithms;
    std::vector<std::string> token_types; ///< of `typ`, as media_type() has them
    std::vector<std::string>
        audiences; ///< one of them must be in `aud`, unless the caller names one
    std::vector<std::string> audience_claims{"aud"}; ///< the first that is there counts as `aud`
    bool any_audience = false;
    bool missing_expiration = false; ///< a token without `exp` lives for max_token_lifetime
    bool missing_issued_at = false;  ///< a token without `iat`, though it can be revoked, is good
    std::vector<std::string> required_claims;
    bool integer_subject = false; ///< `sub` may be an integer
    std::string organization_claim;
    std::vector<std::string> organizations; ///< as given; not empty: its tokens name one of these
    std::vector<std::string> organizations_compared; ///< the same, as organization_ids has them
    organization_form organization_ids = organization_form::unknown;
    bool strict_organizations = false; ///< what cannot be such an id is refused
    core::seconds leeway{30};
    core::seconds max_token_lifetime{86400}; ///< after `iat`, whatever `exp` says
    bool revocable = true;   ///< false: its tokens are answered without asking for revocations
    bool own = false;        ///< we are the issuer
    std::size_t reading = 0; ///< of what decides how a token is read: another number, other rules
};

/// The number for issuer_rules::reading: of all that decides what a token says, and of the bound
/// after `iat`, which its answer tells.
std::size_t reading_of(const issuer_rules&);

/// With organizations that are told apart so, and the reading that follows from it.
void tell_organizations_apart(issuer_rules&, organization_form);

/// A `typ` as it is compared: in small letters, without "application/" (RFC 7515, section 4.1.9).
std::string media_type(std::string type);

/// The keys of one issuer.
class key_ring {
  public:
    key_ring() = default;
    explicit key_ring(std::vector<crypto::jwk> keys);
    explicit key_ring(std::vector<std::shared_ptr<const crypto::jwk>> keys)
        : keys_(std::move(keys)) {}
    /// Those of both.
    key_ring(const key_ring& some, const key_ring& more);

    /// The key that the token means: the one with its key id; for a token without one, or keys
    /// without ids, the only one that is ready for the algorithm. Null: there is none, or it is not
    /// clear which.
    const crypto::jwk* find(const std::optional<std::string>& key_id,
                            crypto::jws_algorithm) const noexcept;
    /// Is the key that a proof names still here?
    bool has(std::string_view thumbprint, crypto::jws_algorithm) const noexcept;

    std::size_t size() const noexcept { return keys_.size(); }

  private:
    std::vector<std::shared_ptr<const crypto::jwk>> keys_;
};

/// Of keys that are never asked for again.
inline constexpr core::moment latest_keys{core::boot_time::max(), core::real_time::max()};

struct issuer {
    issuer_rules rules;
    std::shared_ptr<const key_ring> keys = std::make_shared<key_ring>();
    /// When the keys were asked for; nothing: never yet. Keys of files are always the latest.
    std::optional<core::moment> keys_as_of = latest_keys;
    std::vector<std::string> unopened_keys; ///< ids of keys that it has and that are no use here
    /// Ids of keys that it had, and of which the database has told that they hold no more.
    std::vector<std::string> dropped_keys;
    std::shared_ptr<const jwks_fetching> fetching; ///< null: they are not asked for again
};

/// A question for an issuer's keys that may have come since they were last fetched. Travels from
/// its worker to the thread that fetches, and back. Owned by the asker, who keeps it until
/// `decided`.
class jwks_inquiry : public core::mail {
  public:
    std::string issuer;
    /// On the asker's worker: what could be fetched was, or could not.
    virtual void decided() noexcept = 0;

    void arrived() noexcept final;

    // --- for the way ---
    class jwks_source* supply = nullptr;
    core::mailbox* answer_box = nullptr;

  protected:
    ~jwks_inquiry() = default;
};

/// Where issuers' keys come from. Lives on one thread, the one of `box`.
class jwks_source {
  public:
    virtual core::mailbox& box() noexcept = 0;
    /// Answers by sending the inquiry to its `answer_box`, in any case and within the time that one
    /// fetch may take.
    virtual void asked(jwks_inquiry&) noexcept = 0;

  protected:
    ~jwks_source() = default;
};

/// What signs our own tokens.
class token_signer {
  public:
    /// Nothing: it is not a key for the algorithm.
    static std::shared_ptr<const token_signer> make(std::shared_ptr<const crypto::jwk> private_key,
                                                    crypto::jws_algorithm);
    /// For all threads at once.
    core::result<std::string> sign(std::string_view claims) const { return signer_.sign(claims); }

  private:
    token_signer(std::shared_ptr<const crypto::jwk> key, crypto::jws_algorithm);

    std::shared_ptr<const crypto::jwk> key_;
    crypto::compact_signer signer_;
};

/// We as an issuer.
struct own_issuer {
    issuer known_as;                            ///< rules, and the keys that verify
    std::shared_ptr<const token_signer> signer; ///< null: `why_not`
    std::string why_not;                        ///< a sentence
    bool known = false;                         ///< the database has been asked
    std::string jwk_set = R"({"keys":[]})";     ///< what is published
    std::string entity_tag = "\"none\"";        ///< of the text, quoted
};

class issuer_set {
  public:
    issuer_set() = default;
    explicit issuer_set(std::vector<issuer> all, std::shared_ptr<const own_issuer> own = nullptr)
        : all_(std::move(all)), own_(std::move(own)) {}

    /// Null: nobody of that name is configured, nor are we of that name.
    const issuer* find(std::string_view name) const noexcept;
    /// The others.
    const std::vector<issuer>& all() const noexcept { return all_; }
    const std::shared_ptr<const own_issuer>& own() const noexcept { return own_; }

  private:
    std::vector<issuer> all_;
    std::shared_ptr<const own_issuer> own_;
};

/// Puts together whose tokens are accepted, from the configuration, from fetched keys and from our
/// own, and publishes it. Lives on the thread that writes the snapshot.
class issuer_directory {
  public:
    explicit issuer_directory(core::snapshot<const issuer_set>& published)
        : published_(published) {}

    /// The others, from now on.
    void configure(std::vector<issuer> all);
    /// The keys of one of them. An issuer that is not configured any more changes nothing.
    void set_keys(std::string_view issuer_name, std::shared_ptr<const key_ring>,
                  std::optional<core::moment> as_of);
    void set_own(std::shared_ptr<const own_issuer>);
    /// How the database tells organizations apart: what was read of tokens otherwise counts no
    /// more.
    void set_organization_ids(organization_form);

    const issuer_set& now() const noexcept { return *published_.latest(); }

  private:
    void publish(std::vector<issuer> all, const std::shared_ptr<const own_issuer>& own);

    core::snapshot<const issuer_set>& published_;
    organization_form organization_ids_ = organization_form::unknown;
};

} // namespace latchkey::auth
