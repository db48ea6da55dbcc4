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
    std::string what; ///< "make the role latchkey, which may log in"
    std::string sql;
    bool in_database = false; ///< in the server's database; else it may be in any
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
    /// Returns the configuration to migrate with. The session acts as the role that owns the schema
    /// or the older service's tables, else as the database's owner.
    core::result<configuration> migrator() const;
    /// Returns which rights the server's role lacks. While it lacks the right to look into the
    /// schema, only that is known: ask again when it is made.
    core::result<std::vector<setup_change>> missing_rights() const;

    core::result<void> make(const setup_change&) const;

  private:
    explicit database_setup(const configuration& server) : server_(server) {}
    /// Returns the configuration of a session of the administrator. `acting_as`: SET ROLE; may be
    /// empty.
    configuration session_in(const std::string& database, const std::string& acting_as = {}) const;

    configuration server_;
    std::vector<std::pair<std::string, std::string>> administrator_; ///< keywords and values
    std::string maintenance_; ///< the database to connect to while there is no other
    std::string role_, database_;
    bool is_local_ = false;
};

} // namespace latchkey::pg
