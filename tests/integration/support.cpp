#include "support.hpp"

#include <latchkey/pg/migrate/migrations.hpp>

#include <libpq-fe.h>
#include <unistd.h>

#include <atomic>
#include <cstdlib>
#include <fstream>
#include <stdexcept>

namespace latchkey::test {

namespace {

struct result_clear {
    void operator()(PGresult* r) const noexcept { PQclear(r); }
};
using result_ptr = std::unique_ptr<PGresult, result_clear>;

bool succeeded(const PGresult* r) {
    const auto status = PQresultStatus(r);
    return status == PGRES_COMMAND_OK || status == PGRES_TUPLES_OK;
}

std::string unique_name(const std::string& prefix) {
    static std::atomic<int> count = 0;
    return prefix + std::to_string(::getpid()) + "_" + std::to_string(++count);
}

std::string quoted(std::string_view value) {
    std::string out = "'";
    for (const char c : value) {
        if (c == '\'' || c == '\\') out += '\\';
        out += c;
    }
    return out + "'";
}

// The cluster's connection string with another database and, if named, another role.
std::string uri_of(std::string_view database, std::string_view role) {
    char* message = nullptr;
    PQconninfoOption* parsed = PQconninfoParse(server_uri().c_str(), &message);
    if (!parsed) throw std::runtime_error("the test server's URI cannot be read");
    std::string out = "dbname=" + quoted(database);
    for (auto* o = parsed; o->keyword; ++o) {
        const std::string_view keyword = o->keyword;
        if (keyword == "dbname" || !o->val) continue;
        const bool replaced = keyword == "user" && !role.empty();
        out += " " + std::string(keyword) + "=" + quoted(replaced ? role : o->val);
    }
    PQconninfoFree(parsed);
    return out;
}

} // namespace

std::string server_uri() {
    if (const char* uri = std::getenv("LATCHKEY_TEST_DATABASE_URL")) return uri;
    const char* elsewhere = std::getenv("LATCHKEY_TEST_POSTGRES");
    const std::string folder = elsewhere ? elsewhere : LATCHKEY_TEST_POSTGRES;
    std::ifstream file(folder + "/postgres.env");
    const std::string begin = "export DATABASE_URL='";
    for (std::string line; std::getline(file, line);)
        if (line.starts_with(begin))
            return line.substr(begin.size(), line.size() - begin.size() - 1);
    throw std::runtime_error("no test server; start one: bash etc/private-postgres start " +
                             folder + " --fast");
}

// --- session -----------------------------------------------------------------------------------

void session::finish::operator()(pg_conn* c) const noexcept {
    PQfinish(c);
}

session::session(const std::string& uri) : pg_(PQconnectdb(uri.c_str())) {
    if (PQstatus(pg_.get()) != CONNECTION_OK) throw std::runtime_error(PQerrorMessage(pg_.get()));
    PQsetNoticeProcessor(
        pg_.get(),
        [](void* self, const char* message) {
            static_cast<session*>(self)->warnings_.emplace_back(message);
        },
        this);
}

session::~session() = default;

void session::exec(const std::string& sql) {
    query(sql);
}

rows session::query(const std::string& sql) {
    const result_ptr result(PQexec(pg_.get(), sql.c_str()));
    if (!succeeded(result.get()))
        throw std::runtime_error(std::string(PQerrorMessage(pg_.get())) + "in: " + sql);
    rows out;
    for (int r = 0; r < PQntuples(result.get()); ++r) {
        auto& line = out.emplace_back();
        for (int column = 0; column < PQnfields(result.get()); ++column)
            line.push_back(PQgetisnull(result.get(), r, column) == 0
                               ? std::optional<std::string>(PQgetvalue(result.get(), r, column))
                               : std::nullopt);
    }
    return out;
}

std::string session::value(const std::string& sql) {
    const auto all = query(sql);
    if (all.empty() || all[0].empty()) throw std::runtime_error("no row from: " + sql);
    return all[0][0].value_or("NULL");
}

std::string session::sqlstate_of(const std::string& sql) {
    const result_ptr result(PQexec(pg_.get(), sql.c_str()));
    if (succeeded(result.get())) return {};
    const char* state = PQresultErrorField(result.get(), PG_DIAG_SQLSTATE);
    return state ? state : "?";
}

std::vector<std::string> session::take_warnings() {
    return std::exchange(warnings_, {});
}

// --- databases ---------------------------------------------------------------------------------

test_database::test_database(const std::string& options) : name_(unique_name("latchkey_test_")) {
    session(server_uri()).exec("create database " + name_ + " " + options);
    owner_ = std::make_unique<session>(uri());
}

test_database::~test_database() {
    try {
        owner_.reset();
        session server(server_uri());
        server.exec("drop database " + name_ + " with (force)");
        for (const auto& role : roles_)
            server.exec("drop role " + role);
    } catch (const std::exception&) {
        // A server that a test has stopped is thrown away as a whole.
    }
}

std::string test_database::uri(std::string_view role) const {
    return uri_of(name_, role);
}

pg::configuration test_database::configuration(std::string_view role) const {
    pg::configuration out;
    out.uri = crypto::secret(uri(role));
    // The first connection may take long when several tests run at once.
    out.acquire_timeout = std::chrono::seconds(5);
    return out;
}

std::string test_database::make_role() {
    roles_.push_back(unique_name("latchkey_role_"));
    exec("create role " + roles_.back() + " login");
    return roles_.back();
}

std::vector<std::string> test_database::migrate(auth::legacy_device_secret legacy) {
    std::vector<std::string> said;
    const auto done = pg::migrate(configuration(), pg::migrations(), legacy,
                                  [&](std::string_view line) { said.emplace_back(line); });
    if (!done) throw std::runtime_error(done.error().message);
    return said;
}

} // namespace latchkey::test
