#pragma once
// Sets a new connection up before it may be used: session settings, check of the schema, names of
// the older tables, identity of the database, prepared statements, and probes that find missing
// rights before a caller does. A state machine; the connection performs its actions.

#include "pg/connection/connection.hpp"
#include "pg/connection/query.hpp"

#include <cstddef>
#include <string>
#include <vector>

namespace latchkey::pg {

class session_setup final : public query {
  public:
    class port {
      public:
        virtual void setup_send(query&) = 0;
        /// 150004 is 15.4; 0: unknown.
        virtual int setup_server_version() const = 0;
        /// The backend's pid that the server, or a pooler, gave when the connection was made.
        virtual int setup_backend() const = 0;
        virtual void setup_prepare(query&, const statement&) = 0;
        /// `names()` are known.
        virtual void setup_named() = 0;
        virtual void setup_done() = 0;
        virtual void setup_failed(const std::string& why) = 0;

      protected:
        ~port() = default;
    };

    session_setup(const connection_settings& settings, port& p) : settings_(settings), port_(p) {}
    void begin();

    /// True behind a pooler: the settings last for one transaction only and must be sent before
    /// each query. Known once the first settings are answered.
    bool pooled() const noexcept { return pooled_; }
    /// The settings' parameters for such a query.
    std::vector<parameter> settings_of_a_transaction() const;
    /// Whether those settings also ask for the database's identity: only once the schema is known
    /// to be there.
    bool asks_for_database() const noexcept { return step_ > step::identity; }
    /// Returns whether such a transaction reached the same database as the setup, from the answer
    /// to its settings.
    bool is_same_database(const pg_result& settings_answer) const;

    /// The names of the older tables here; the usual names until they are known.
    const legacy_names& names() const noexcept { return names_; }

    /// What made it fail.
    database_problem problem() const noexcept { return problem_; }

    /// Valid once the setup is done.
    const database_identity& identity() const noexcept { return identity_; }

    void succeeded(const pg_result&) override;
    void failed(const query_failure&) override;

  private:
    enum class step { settings, schema, names, identity, prepare, probe, done };
    void perform();
    void next();
    void fail(database_problem, const std::string& why);

    const connection_settings& settings_;
    port& port_;
    step step_ = step::settings;
    std::size_t to_prepare_ = 0;
    std::size_t to_probe_ = 0;
    bool pooled_ = false;
    database_problem problem_ = database_problem::unusable;
    database_identity identity_;
    legacy_names names_ = legacy_names::usual();
    std::string statement_timeout_;
    std::string backend_;
    std::string empty_array_;
};

} // namespace latchkey::pg
