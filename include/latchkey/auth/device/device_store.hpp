#pragma once
// What operators' calls need from the place where devices live. `pg` implements it. Lives on the
// control thread. A cache knows a device by the SHA-256 of its id, so every
// answer about a change names the id.

#include <latchkey/auth/operator_request.hpp>
#include <latchkey/auth/store.hpp>
#include <latchkey/crypto/secret.hpp>

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

namespace latchkey::auth {

struct former_secret {
    crypto::secret stored; ///< a stored form, too
    core::real_time until; ///< when it stops being good
};

/// `stored_secret` is a stored form (device_secret.hpp). It is a secret itself only when an older
/// service's bare text is imported.
struct new_device {
    std::string device_id;
    std::string organization_id;
    std::optional<std::string> name;
    std::vector<std::string> scopes;
    std::string metadata = "{}"; ///< JSON text
    crypto::secret stored_secret;
    // --- of a device that was made elsewhere ---
    std::optional<former_secret> previous{}; ///< of before its last rotation
    bool enabled = true;
    std::optional<core::real_time> revoked_at{};
    std::optional<std::string> revoked_reason{};
};

/// How a secret is stored.
enum class device_secret_form {
    sha256,
    scrypt,
    legacy, ///< bare text
    none,
};

/// One row, without its secrets.
struct device {
    std::string device_id;
    std::string organization_id;
    std::optional<std::string> name;
    std::vector<std::string> scopes;
    std::string metadata; ///< JSON text
    std::string status;   ///< "active", or another word that the older service wrote
    device_secret_form secret_form = device_secret_form::none;
    std::optional<core::real_time> previous_until{}; ///< when a previous secret stops being good
    /// Time of the first revocation; the reason is the first one's, too.
    std::optional<core::real_time> revoked_at{};
    std::optional<std::string> revoked_reason{};
    bool enabled = false;                          ///< what the status says
    std::string state{};                           ///< active, disabled, revoked
    std::uint32_t generation = 0;                  ///< how often it was narrowed
    std::optional<previous_generation> previous{}; ///< while its secret is good
    /// Nullopt if the older service's table does not note it.
    std::optional<core::real_time> created_at{};
    std::optional<core::real_time> last_used_at{};
    std::int64_t uses = 0;
    core::real_time read_at{};        ///< the database's time of this answer
    std::vector<std::string> roles{}; ///< names; their scopes are not among `scopes`
};

/// Names what changes.
struct device_change {
    std::string device_id;
    std::optional<std::string> only_organization{}; ///< nullopt: of any organization
    std::optional<std::string> name{};
    std::optional<std::vector<std::string>> scopes{};
    std::optional<std::string> metadata{}; ///< JSON text
    std::optional<bool> enabled{};
};

/// A device for the export. A bare secret is not told: it is empty, as one that is not there.
struct stored_device {
    std::string place; ///< in the export's order
    device shown;
    crypto::secret secret;
    crypto::secret previous_secret;
};

struct device_page {
    std::size_t limit = 100;
    std::optional<std::string> after; ///< the last id of the page before
};

struct device_rotation {
    std::string device_id;
    crypto::secret stored_secret;
    core::seconds overlap{0}; ///< how long the old secret stays good; 0: not at all
    std::optional<std::string> only_organization{}; ///< nullopt: of any organization
};

struct skipped_device {
    std::string device_id;
    std::string why; ///< one sentence
};
struct imported_devices {
    std::size_t inserted = 0;
    std::vector<skipped_device> skipped;
};

struct legacy_device {
    std::string device_id;
    /// One or two bare texts: the current one, the previous one.
    std::vector<crypto::secret> stored;
};

/// The number of bare secrets by shape (device_secret.hpp).
struct bare_secret_counts {
    std::size_t hex_64 = 0;
    std::size_t like_hex_64 = 0;
    std::size_t other = 0;

    std::size_t all() const noexcept { return hex_64 + like_hex_64 + other; }
};

struct device_rehash {
    std::string device_id;
    crypto::secret expected;    ///< the bare text, as `legacy_device_page` gave it
    crypto::secret replacement; ///< its stored form
};

class device_store {
  public:
    virtual ~device_store() = default;
    /// Answers with the time of creation. Fails with `not_found` for an unknown organization,
    /// `conflict` for an id that is taken, and `invalid` for what the columns' types refuse (an id
    /// where ids are uuids).
    virtual operation<core::real_time> register_device(new_device, operator_request& by) = 0;
    /// By id, in the database's order.
    virtual operation<found_page<device>> list_devices(object_page) = 0;
    virtual operation<device> show_device(std::string device_id,
                                          std::optional<std::string> only_organization) = 0;
    /// Fails with `not_found`, and with `conflict` for a revoked device.
    virtual operation<device> change_device(device_change, operator_request& by) = 0;
    /// The replaced secret stays good for the overlap. Fails with `not_found`, and with `conflict`
    /// for a revoked device and while the secret before the last rotation still works.
    virtual operation<device> rotate_device(device_rotation, operator_request& by) = 0;
    /// Ends the secret before the last rotation. If there is none, nothing changes. Fails with
    /// `not_found`.
    virtual operation<device> finish_device_rotation(std::string device_id,
                                                     std::optional<std::string> only_organization,
                                                     operator_request& by) = 0;
    /// Fails with `not_found`. Revoking again changes nothing and succeeds.
    virtual operation<device> revoke_device(std::string device_id,
                                            std::optional<std::string> reason,
                                            std::optional<std::string> only_organization,
                                            operator_request& by) = 0;
    /// Inserts all devices that can be inserted, in one transaction. One call should have at most a
    /// thousand: they share one `database.write_timeout`.
    virtual operation<imported_devices> import_devices(std::vector<new_device>,
                                                       operator_request& by) = 0;
    /// In an order of its own: `after` is the place of the last one of the page before. Fails with
    /// `invalid` for a place that cannot be. Filters other than the organization do not count.
    virtual operation<std::vector<stored_device>> export_devices(object_page) = 0;

    // --- rehashing: one page after another, until one is empty ---
    virtual operation<bare_secret_counts> count_bare_secrets() = 0;
    /// Devices with bare secrets, in no particular order. The only answer that holds
    /// bare secrets.
    virtual operation<std::vector<legacy_device>> legacy_device_page(device_page) = 0;
    /// Answers false, and writes nothing, if no secret of the device is the expected one any more.
    /// So a call may be repeated, and a secret that was changed meanwhile stays.
    virtual operation<bool> rehash_device(device_rehash, operator_request& by) = 0;
};

} // namespace latchkey::auth
