#pragma once
// What the domain asks of the place where revocations and signing keys live. `pg` implements it.
// Lives on the control thread; completions run there.

#include <latchkey/auth/revocation/revocation.hpp>
#include <latchkey/auth/store.hpp>
#include <latchkey/auth/token/signing_key.hpp>

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

namespace latchkey::auth {

/// `created_at` of the revocation is the database's.
struct stored_revocation {
    std::string id;
    revocation what;
    std::optional<std::string> reason;
};

struct revocation_page {
    std::size_t limit = 100;
    std::optional<std::string> after; ///< the last id of the page before
};

/// What the database knows of a name that an operator gave.
struct name_lookup {
    struct other {
        std::string id;
        std::string name; ///< empty: it has none
    };
    std::string id; ///< as the database spells it
    bool known = false;
    std::vector<other> others; ///< of an unknown one: some, among which may be what was meant
};

class revocation_store {
  public:
    template <class T>
    using completion = lifecycle_store::completion<T>;

    virtual ~revocation_store() = default;
    /// What is revoked already stays so: the later of two times counts, and "whenever issued" more
    /// than any. Answers with what holds now.
    virtual void create_revocation(revocation, std::optional<std::string> reason,
                                   completion<stored_revocation>) = 0;
    /// By id.
    virtual void list_revocations(revocation_page, completion<std::vector<stored_revocation>>) = 0;
    /// Withdraws it. `not_found` for an unknown id; `conflict` for one that the state of a key or
    /// an organization has made, and can alone take away.
    virtual void delete_revocation(std::string id, completion<stored_revocation>) = 0;

    // --- whom an operator means ---
    virtual void find_organization(std::string given, completion<name_lookup>) = 0;
    /// A key or a device, by its id; those that are gone, too, as long as it is known of them.
    virtual void find_credential(std::string given, completion<name_lookup>) = 0;
};

class signing_key_store {
  public:
    template <class T>
    using completion = lifecycle_store::completion<T>;

    virtual ~signing_key_store() = default;
    /// All states, the newest first, without their sealed parts.
    virtual void list_signing_keys(completion<std::vector<signing_key>>) = 0;

    // --- steps of the plan; false: another node was quicker, or it is not due by the database ---
    /// The first key, current at once.
    virtual void add_first_signing_key(new_signing_key, completion<bool>) = 0;
    virtual void add_next_signing_key(new_signing_key, core::real_time activates_at,
                                      completion<bool>) = 0;
    /// The current one, if there is one, becomes retiring.
    virtual void promote_signing_key(std::string key_id, core::seconds publish_ahead,
                                     completion<bool>) = 0;
    virtual void retire_signing_key(std::string key_id, core::seconds retire_after,
                                    completion<bool>) = 0;

    /// By an operator. `at_once`: the current key is dropped, and the next one, or else the given
    /// one, signs. Otherwise the next one signs as soon as it has been published for long enough;
    /// the given one becomes it where there is none.
    virtual void rotate_signing_key(new_signing_key, bool at_once, core::seconds publish_ahead,
                                    completion<bool>) = 0;
};

} // namespace latchkey::auth
