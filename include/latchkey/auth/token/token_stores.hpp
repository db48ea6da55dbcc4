#pragma once
// What the domain needs from the place where revocations and signing keys live. `pg` implements it.
// Lives on the control thread.

#include <latchkey/auth/objects/object_list.hpp>
#include <latchkey/auth/operator_request.hpp>
#include <latchkey/auth/revocation/revocation.hpp>
#include <latchkey/auth/store.hpp>
#include <latchkey/auth/token/signing_key.hpp>

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

namespace latchkey::auth {

/// `created_at` of the revocation is the database's time.
struct stored_revocation {
    std::string id;
    revocation what;
    std::optional<std::string> reason;
};

struct revocation_page {
    std::size_t limit = 100;
    std::optional<std::string> after; ///< the last id of the page before
};

/// Whose revocations somebody sees and withdraws: those of the organization, and those of the
/// subjects that are credentials of it and of no other. A token's revocation does not tell whose
/// the token is.
struct revocation_reach {
    std::string organization_id; ///< as the database spells it
    std::string own_issuer;      ///< the issuer of tokens whose subject is a credential
};

/// What the database knows about a name that an operator gave.
struct name_lookup {
    struct other {
        std::string id;
        std::string name; ///< empty if it has none
    };
    std::string id; ///< as the database spells it
    bool known = false;
    std::vector<other> others; ///< if unknown: candidates that may have been meant
};

class revocation_store {
  public:
    virtual ~revocation_store() = default;
    /// Never weakens an existing revocation: the later of two times counts, and "any time of issue"
    /// more than any time. Answers with the revocation that holds now.
    virtual operation<stored_revocation>
    create_revocation(revocation, std::optional<std::string> reason, operator_request& by) = 0;
    /// Sorted by id.
    virtual operation<std::vector<stored_revocation>> list_revocations(revocation_page) = 0;
    /// The same within a reach. What one page looks at is bounded, so that it may have fewer than
    /// asked for, or none, and still have a next one.
    virtual operation<found_page<stored_revocation>> list_own_revocations(revocation_page,
                                                                          revocation_reach) = 0;
    /// Withdraws it. Fails with `not_found` for an unknown id and one that is not within `only`,
    /// and with `conflict` for one that follows from the state of an API key or an organization,
    /// and ends only with that state.
    virtual operation<stored_revocation> delete_revocation(std::string id,
                                                           std::optional<revocation_reach> only,
                                                           operator_request& by) = 0;

    // --- finding what an operator means ---
    virtual operation<name_lookup> find_organization(std::string given) = 0;
    /// Finds an API key or a device by its id; also a deleted one, as long as the database knows of
    /// it.
    virtual operation<name_lookup> find_credential(std::string given) = 0;
};

class signing_key_store {
  public:
    virtual ~signing_key_store() = default;
    /// Keys in all states, the newest first, without their sealed parts.
    virtual operation<std::vector<signing_key>> list_signing_keys() = 0;

    // --- steps of the plan; false if another node was quicker, or the step is not due in the
    // database ---
    /// Adds the first key, which is current at once.
    virtual operation<bool> add_first_signing_key(new_signing_key, operator_request& by) = 0;
    virtual operation<bool> add_next_signing_key(new_signing_key, core::real_time activates_at,
                                                 operator_request& by) = 0;
    /// Makes it the current key; the current one, if any, becomes retiring.
    virtual operation<bool> promote_signing_key(std::string key_id, core::seconds publish_ahead,
                                                operator_request& by) = 0;
    virtual operation<bool> retire_signing_key(std::string key_id, core::seconds retire_after,
                                               operator_request& by) = 0;

    /// An operator's rotation. `at_once`: the current key is dropped, and the next one, or else the
    /// given one, signs. Otherwise the next one signs as soon as it has been published for long
    /// enough; if there is none, the given one becomes it.
    virtual operation<bool> rotate_signing_key(new_signing_key, bool at_once,
                                               core::seconds publish_ahead,
                                               operator_request& by) = 0;
};

} // namespace latchkey::auth
