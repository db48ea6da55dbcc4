#pragma once
// What the import, the export and the adoption of API keys need from the place where keys live.
// `pg` implements it. Lives on the control thread.

#include <latchkey/auth/store.hpp>

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

namespace latchkey::auth {

/// A key that was made elsewhere, or is to be made again elsewhere: everything but the key itself.
struct key_by_hash {
    core::fingerprint key_hash{};
    std::string key_id;
    std::optional<std::string> hint; ///< its first characters
    std::string organization_id;
    std::optional<std::string> name;
    std::optional<std::string> external_id;
    std::vector<std::string> scopes;
    std::string metadata = "{}"; ///< JSON text
    std::vector<std::string> allowed_networks;
    bool enabled = true;
    std::optional<core::real_time> expires_at;
    std::optional<core::real_time> revoked_at;
    std::optional<std::string> revoked_reason;
    std::optional<core::rate_rule> rate_limit;
    bool rate_limit_is_fleet = false;
    std::optional<core::real_time> created_at; ///< unset: when it is stored
};

enum class import_outcome {
    created,
    exists,  ///< the organization has this key, which was left as it is
    skipped, ///< nothing was stored; a sentence says why
};
struct imported_key {
    import_outcome outcome = import_outcome::skipped;
    std::string key_id; ///< as it is stored, if it is
    std::string why;    ///< one sentence, if it was skipped
};

struct key_page {
    std::optional<std::string> organization_id; ///< unset: of all organizations
    std::optional<std::string> after;           ///< the last key_id of the page before
    std::size_t limit = 100;
};

/// A key of the older service's array that became Latchkey's, or would become it.
struct adopted_key {
    core::fingerprint key_hash{};
    std::string key_id;
    std::vector<std::string> stripped; ///< scopes that it lost
    bool busy = false;                 ///< a writer had it: nothing was done
};

class key_import_store {
  public:
    virtual ~key_import_store() = default;
    /// Stores the keys that are not there yet, in one transaction, and answers for each in order;
    /// with `dry_run`, what would become of them. One call should have at most a thousand.
    virtual operation<std::vector<imported_key>>
    import_api_keys(std::vector<key_by_hash>, bool dry_run, operator_request&) = 0;
    /// By key_id, in the database's order.
    virtual operation<std::vector<key_by_hash>> export_api_keys(key_page) = 0;
    /// Takes a page of keys over from the older service's arrays.
    virtual operation<std::vector<adopted_key>> adopt_api_keys(key_page, bool dry_run,
                                                               operator_request&) = 0;
};

} // namespace latchkey::auth
