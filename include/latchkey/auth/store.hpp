#pragma once
// What the domain needs from the place where credentials live. `pg` implements it.

#include <latchkey/auth/api_key/api_key_record.hpp>
#include <latchkey/auth/device/device_record.hpp>
#include <latchkey/auth/objects/object_list.hpp>
#include <latchkey/auth/objects/stored_api_key.hpp>
#include <latchkey/auth/objects/stored_organization.hpp>
#include <latchkey/auth/operator_request.hpp>
#include <latchkey/core/cache/fingerprint.hpp>
#include <latchkey/core/clock.hpp>
#include <latchkey/core/flow/task.hpp>
#include <latchkey/core/result.hpp>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace latchkey::auth {

enum class lookup_status {
    found,
    absent,      ///< the database answered that there is no such credential
    unavailable, ///< not decided; `reason` says why
};

/// One question to the store, about any kind of credential. The asker owns it and keeps it alive
/// until `complete` was called. That happens exactly once, on the store's own worker, and never
/// from within the call that asked.
class any_lookup {
  public:
    core::fingerprint key{};

    lookup_status status = lookup_status::unavailable;
    const char* reason = ""; ///< if unavailable: static text

    /// Called when it goes out in a query: changes from now on may be missing in the answer.
    virtual void sent() noexcept {}
    /// Called when the outcome is set. The asker may destroy the look-up, and may begin another, in
    /// here.
    virtual void complete() noexcept = 0;

    // --- for the store ---
    /// Sets an outcome without a record.
    void decide(lookup_status outcome, const char* why) noexcept {
        status = outcome;
        reason = why;
        forget_record();
    }
    any_lookup* next = nullptr; ///< its queue, and since when it waits there
    core::steady_time waits_since{};
    std::uint8_t permit = 0; ///< of the circuit breaker

  protected:
    ~any_lookup() = default;

  private:
    virtual void forget_record() noexcept = 0;
};

template <class Record>
class lookup : public any_lookup {
  public:
    std::shared_ptr<const Record> record; ///< if found

  protected:
    ~lookup() = default;

  private:
    void forget_record() noexcept final { record.reset(); }
};
using api_key_lookup = lookup<api_key_record>; ///< by the SHA-256 of the key
using device_lookup = lookup<device_record>;   ///< by the SHA-256 of the device's id

/// Look-ups. One instance per worker, used only on that worker's thread.
class store {
  public:
    virtual ~store() = default;
    /// Completes within `database.query_timeout` plus `database.acquire_timeout`, whatever fails.
    virtual void find_api_key(api_key_lookup&) = 0;
    virtual void find_device(device_lookup&) = 0;
    /// How many look-ups, begun together, are worked on at once or soon. A caller that has more
    /// should hold the rest back.
    virtual std::size_t bulk_max() const noexcept { return SIZE_MAX; }
};

struct new_organization {
    std::optional<std::string> organization_id; ///< generated when absent
    std::string name;
};

struct new_api_key {
    core::fingerprint key_hash{};
    std::string key_id;
    std::string hint; ///< the key's first characters
    std::string organization_id;
    std::string name;
    std::optional<std::string> external_id;
    std::vector<std::string> scopes;
    auth::caller_scopes caller_scopes;
    std::string metadata = "{}"; ///< JSON text
    std::optional<core::real_time> expires_at;
    std::vector<std::string> allowed_networks;
    std::optional<core::rate_rule> rate_limit;
    bool rate_limit_is_fleet = false;
    std::optional<given_credits> credits;
    std::vector<std::string> roles{}; ///< names, each once, of roles of the organization
};

struct revocation_request {
    std::string key_id;
    std::optional<std::string> reason;
    std::optional<std::string> only_organization{}; ///< nullopt: of any organization
};

/// Another secret for a key.
struct key_rotation {
    std::string key_id;
    std::optional<std::string> only_organization; ///< nullopt: of any organization
    core::fingerprint key_hash{};                 ///< of the new secret
    std::string hint;                             ///< its first characters
    core::seconds overlap{0}; ///< how long the old secret stays good; 0: not at all
};

struct rotated_api_key {
    std::string key_id;
    std::optional<core::real_time> previous_until; ///< when the old secret stops being good
    /// By which a cache knows the key, and knew it before.
    std::vector<core::fingerprint> hashes;
};

struct revoked_api_key {
    core::fingerprint key_hash{}; ///< by which a cache knows it
    std::string key_id;
    std::string organization_id;
    /// Time of the first revocation; the reason is the first one's, too.
    core::real_time revoked_at;
    std::optional<std::string> reason;
    std::optional<core::fingerprint> previous_hash{}; ///< of the secret before the last rotation
};

/// Whose a key is, and what it may as a caller.
struct key_standing {
    std::string organization_id; ///< as its own table spells it
    auth::caller_scopes scopes;
};

/// One process that serves from this database, as it last reported itself.
struct node_entry {
    std::string instance_id;
    std::string node; ///< the configured name; two processes may share it
    std::string version;
    core::real_time started_at;
    core::real_time heartbeat_at;
    core::milliseconds max_staleness{}; ///< the age up to which it answers from its cache
    bool live = false;
    std::optional<core::milliseconds> lag; ///< since the heartbeat, by the database's clock
};

/// The reason for revoking a key that was removed from the older service's array. Such a key is
/// good again once it is back in the array; a key that was revoked for another reason never is.
inline constexpr std::string_view array_removal_reason = "removed from organizations.api_keys";

/// A call that writes to the database, or asks it, for an operator. It begins when it is awaited,
/// on the control thread, and goes on there; what it was called with by reference must outlive it.
template <class T>
using operation = core::task<core::result<T>>;

/// Operators' writes. Lives on the control thread.
class lifecycle_store {
  public:
    virtual ~lifecycle_store() = default;
    virtual operation<organization> create_organization(new_organization, operator_request& by) = 0;
    /// Answers with the row's creation time. Fails with `not_found` for an unknown organization.
    virtual operation<core::real_time> create_api_key(new_api_key, operator_request& by) = 0;
    /// Fails with `not_found` for an unknown key. Revoking again changes nothing and succeeds.
    /// Exception: a key that was removed from the array takes the new reason, and can then not be
    /// put back.
    virtual operation<revoked_api_key> revoke_api_key(revocation_request, operator_request& by) = 0;
    /// Fails with `not_found` for an unknown key. A store that cannot tell says so.
    virtual operation<key_standing> standing_of_key(std::string /*key_id*/) {
        co_return core::failure{core::failure_kind::internal, "this store cannot tell whose it is"};
    }
    // --- what operators see and change: by id, in the database's order ---
    /// Another organization than the only one is not there: nullopt for all.
    virtual operation<found_page<organization>> list_organizations(object_page) = 0;
    virtual operation<organization>
    show_organization(std::string organization_id,
                      std::optional<std::string> only_organization) = 0;
    virtual operation<organization> change_organization(organization_change,
                                                        operator_request& by) = 0;
    virtual operation<found_page<stored_api_key>> list_api_keys(api_key_page) = 0;
    virtual operation<stored_api_key>
    show_api_key(std::string key_id, std::optional<std::string> only_organization) = 0;
    /// Fails with `not_found`, and with `conflict` for a key that is revoked, or that the older
    /// service's array owns.
    virtual operation<stored_api_key> change_api_key(api_key_change, operator_request& by) = 0;
    /// Fails with `not_found`, and with `conflict` for a key that is revoked or that the older
    /// service's array owns, and while the secret before the last rotation still works.
    virtual operation<rotated_api_key> rotate_api_key(key_rotation, operator_request& by) = 0;
    /// Ends the secret before the last rotation. If there is none, nothing changes. Fails with
    /// `not_found`.
    virtual operation<rotated_api_key>
    finish_key_rotation(std::string key_id, std::optional<std::string> only_organization,
                        operator_request& by) = 0;
    /// Sorted by name, then by start.
    virtual operation<std::vector<node_entry>> list_nodes() = 0;
};

} // namespace latchkey::auth
