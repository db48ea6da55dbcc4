#pragma once
// Databases of their own for the integration tests, on the private PostgreSQL that the fixture
// starts. Everything here blocks.

#include <latchkey/auth/device/device_secret.hpp>
#include <latchkey/pg/configuration.hpp>

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

struct pg_conn; // libpq's PGconn

namespace latchkey::test {

using row = std::vector<std::optional<std::string>>;
using rows = std::vector<row>;

/// The private cluster's URI: LATCHKEY_TEST_DATABASE_URL, or what etc/private-postgres wrote.
std::string server_uri();

/// One connection. Throws the server's error message.
class session {
  public:
    explicit session(const std::string& uri);
    ~session();
    session(const session&) = delete;
    session& operator=(const session&) = delete;

    void exec(const std::string& sql);
    rows query(const std::string& sql);
    /// The first row's first value; NULL as "NULL".
    std::string value(const std::string& sql);
    /// The SQLSTATE that the statement ends with; empty if it succeeds.
    std::string sqlstate_of(const std::string& sql);
    /// The server's notices and warnings since the last call.
    std::vector<std::string> take_warnings();
    std::string backend_pid() { return value("select pg_backend_pid()"); }

  private:
    struct finish {
        void operator()(pg_conn*) const noexcept;
    };
    std::unique_ptr<pg_conn, finish> pg_;
    std::vector<std::string> warnings_;
};

/// A fresh, empty database with its owner's session. It is dropped at the end, with all its
/// sessions.
class test_database {
  public:
    /// `options` of CREATE DATABASE, an encoding for example.
    explicit test_database(const std::string& options = {});
    ~test_database();
    test_database(const test_database&) = delete;
    test_database& operator=(const test_database&) = delete;

    /// A connection string for the owner, or for a role.
    std::string uri(std::string_view role = {}) const;
    pg::configuration configuration(std::string_view role = {}) const;
    const std::string& name() const noexcept { return name_; }
    /// Makes a role that no other test uses; it is dropped with the database.
    std::string make_role();

    session& owner() noexcept { return *owner_; }
    void exec(const std::string& sql) { owner_->exec(sql); }
    rows query(const std::string& sql) { return owner_->query(sql); }
    std::string value(const std::string& sql) { return owner_->value(sql); }

    /// Applies Latchkey's migrations, and returns what they say. Throws if one fails.
    std::vector<std::string>
    migrate(auth::legacy_device_secret legacy = auth::legacy_device_secret::plaintext);

  private:
    std::string name_;
    std::vector<std::string> roles_;
    std::unique_ptr<session> owner_;
};

/// Options of CREATE DATABASE for another encoding than the cluster's.
inline std::string in_encoding(const std::string& name) {
    return "encoding '" + name + "' locale 'C' template template0";
}

/// A database with Latchkey's schema.
class migrated_database : public test_database {
  public:
    explicit migrated_database(const std::string& options = {}) : test_database(options) {
        migrate();
    }
};

} // namespace latchkey::test
