#pragma once
// Makes the role, the database and the rights that a server needs and that are not there. It acts
// as an administrator: a superuser, or a role that may create roles and databases. All calls block.

#include <latchkey/core/result.hpp>
#include <latchkey/pg/configuration.hpp>

#include <string>
#include <string_view>
#include <vector>

namespace latchkey::pg {

/// One statement that is left to do.
struct setup_change {
    std::string what{}; ///< "make the role latchkey, which may log in"
    std::string sql{};
    bool in_database = false; ///< in the server's database; else it may be in any
    bool by_hand = false;     ///< only a person can do it: make() must not be called with it
};

class database_setup {
  public:
    /// `administrator`: a connection string; empty: the role postgres, at the place that
    /// database.uri names. Fails if database.uri cannot be parsed.
    static core::result<database_setup> plan(const configuration&, std::string_view administrator);

    const std::string& role() const noexcept { return role_; }         ///< the server's
    const std::string& database() const noexcept { return database_; } ///< the server's
    /// Whether peer authentication can reach the database: it is behind a unix socket.
    bool is_local() const noexcept { return is_local_; }

    /// Returns what is missing of the roles and the database, in order.
    core::result<std::vector<setup_change>> missing_database() const;
    /// Returns whether the database exists; without it, the later questions make no sense.
    core::result<bool> has_database() const;
    /// Returns whose code a superuser would run in the server's database; empty: nobody's whom he
    /// must not trust, or the administrator is no superuser. While it says something, call none of
    /// the following.
    core::result<std::string> distrust() const;
    /// Returns the ids of the key-encryption keys that have sealed signing keys.
    core::result<std::vector<std::string>> sealing_keys() const;
    /// Returns the configuration to migrate with. The session acts as the role that owns the schema
    /// or the older service's tables, else as the database's owner.
    core::result<configuration> migrator() const;
    /// Returns which rights the server's role lacks. The schema must be up to date.
    core::result<std::vector<setup_change>> missing_rights() const;

    core::result<void> make(const setup_change&) const;

  private:
    explicit database_setup(const configuration& server) : server_(server) {}
    /// Returns the configuration of a session of the administrator. `acting_as`: SET ROLE; may be
    /// empty.
    configuration session_in(const std::string& database, const std::string& acting_as = {}) const;

    setup_change missing_password(bool asked_by_superuser) const;

    configuration server_;
    std::vector<std::pair<std::string, std::string>> administrator_; ///< keywords and values
    std::string maintenance_; ///< the database to connect to while there is no other
    std::string role_, owner_, database_;
    bool is_local_ = false;
    bool has_password_ = false; ///< database.uri has
};

/// database_setup::sealing_keys(), asked by the server's own role. Blocks.
core::result<std::vector<std::string>> sealing_keys(const configuration& server);

} // namespace latchkey::pg
