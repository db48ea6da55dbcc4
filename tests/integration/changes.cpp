// The operator's first changes, on pg::lifecycle.
#include "running_store.hpp"
#include "support.hpp"

#include <latchkey/pg/lifecycle.hpp>

#include <boost/test/unit_test.hpp>

using namespace latchkey;
using namespace latchkey::test;
using core::failure_kind;

namespace {

class changing {
  public:
    explicit changing(pg::configuration c)
        : settings_(std::move(c)), lifecycle_(loop_, settings_, log_) {}
    ~changing() {
        lifecycle_.stop();
        loop_.run_for(core::milliseconds(10));
    }

    core::result<auth::organization> create(auth::new_organization asked) {
        return wait<auth::organization>(
            [&](auto done) { lifecycle_.create_organization(std::move(asked), std::move(done)); });
    }
    core::result<core::real_time> create(auth::new_api_key asked) {
        return wait<core::real_time>(
            [&](auto done) { lifecycle_.create_api_key(std::move(asked), std::move(done)); });
    }

  private:
    template <class T, class Start>
    core::result<T> wait(Start start) {
        std::optional<core::result<T>> outcome;
        start([&](core::result<T> r) { outcome = std::move(r); });
        const auto give_up = std::chrono::steady_clock::now() + core::seconds(30);
        while (!outcome) {
            if (std::chrono::steady_clock::now() > give_up)
                throw std::runtime_error("no change within 30 s");
            loop_.restart();
            loop_.run_one_for(core::milliseconds(50));
        }
        return *outcome;
    }

    pg::configuration settings_;
    recording_logger log_;
    boost::asio::io_context loop_{1};
    pg::lifecycle lifecycle_;
};

auth::new_api_key key_for(const std::string& organization, std::size_t number) {
    auth::new_api_key key;
    key.key_hash = key_number(number);
    key.key_id = key_id_of(key.key_hash);
    key.organization_id = organization;
    key.name = "ci";
    return key;
}

} // namespace

BOOST_AUTO_TEST_SUITE(changes)

BOOST_AUTO_TEST_CASE(makes_an_organization_and_a_key_that_is_found) {
    migrated_database database;
    changing change(database.configuration());

    const auto made = change.create(auth::new_organization{"acme", "Acme, Inc."});
    BOOST_TEST(made.value().organization_id == "acme");
    BOOST_TEST(made.value().name == "Acme, Inc.");
    BOOST_TEST(made.value().status == "active");

    auto key = key_for("acme", 1);
    key.external_id = "u-1";
    key.scopes = {"devices:write", "read"};
    key.metadata = R"({"team": "a\"b"})";
    key.allowed_networks = {"10.0.0.0/8", "::1"};
    key.expires_at = core::real_time(core::seconds(1893553445));
    BOOST_TEST(change.create(key).has_value());

    running_store running(database.configuration());
    const auto facts = running.record_of(key.key_hash)->facts();
    BOOST_TEST(facts.key_id == key.key_id);
    BOOST_TEST(facts.name.value() == "ci");
    BOOST_TEST(facts.external_id.value() == "u-1");
    BOOST_TEST(facts.scopes == key.scopes, boost::test_tools::per_element());
    BOOST_TEST(facts.metadata == key.metadata);
    BOOST_TEST(facts.allowed_networks.size() == 2u);
    BOOST_TEST((facts.expires_at == key.expires_at));
    BOOST_TEST(!facts.revoked);
}

BOOST_AUTO_TEST_CASE(makes_up_an_id_for_text_and_uuid_columns) {
    for (const std::string type : {"text", "uuid"}) {
        BOOST_TEST_CONTEXT(type) {
            test_database database;
            database.exec("create table public.organizations (organization_id " + type +
                          " primary key)");
            database.migrate();
            changing change(database.configuration());

            const auto made = change.create(auth::new_organization{std::nullopt, "Acme"});
            BOOST_TEST(made.value().organization_id.size() == 36u);
            BOOST_TEST(change.create(key_for(made.value().organization_id, 1)).has_value());
        }
    }
}

BOOST_AUTO_TEST_CASE(says_why_not) {
    migrated_database database;
    changing change(database.configuration());
    BOOST_TEST(change.create(auth::new_organization{"acme", "Acme"}).has_value());
    BOOST_TEST(change.create(key_for("acme", 1)).has_value());

    const auto twice = change.create(auth::new_organization{"acme", "Acme"});
    BOOST_TEST((twice.error().kind == failure_kind::conflict));
    BOOST_TEST(twice.error().message == "there is an organization \"acme\" already");

    const auto nobody = change.create(key_for("nobody", 2));
    BOOST_TEST((nobody.error().kind == failure_kind::not_found));
    BOOST_TEST(nobody.error().message ==
               "there is no organization \"nobody\"; make it first: latchkey org create");

    const auto same_key = change.create(key_for("acme", 1));
    BOOST_TEST((same_key.error().kind == failure_kind::conflict));
}

BOOST_AUTO_TEST_CASE(a_text_is_no_uuid) {
    test_database database;
    database.exec("create table public.organizations (organization_id uuid primary key)");
    database.migrate();
    changing change(database.configuration());

    const auto made = change.create(auth::new_organization{"acme", "Acme"});
    BOOST_TEST((made.error().kind == failure_kind::invalid));
    const auto key = change.create(key_for("acme", 1));
    BOOST_TEST((key.error().kind == failure_kind::invalid));
}

BOOST_AUTO_TEST_CASE(tries_a_new_connection_after_a_lost_one) {
    migrated_database database;
    changing change(database.configuration());
    BOOST_TEST(change.create(auth::new_organization{"one", ""}).has_value());

    database.exec("select pg_terminate_backend(pid, 5000) from pg_stat_activity"
                  " where application_name = 'latchkey' and datname = current_database()");
    // The loss may be noticed by the first change; the next one has a new connection.
    const auto second = change.create(auth::new_organization{"two", ""});
    if (!second) BOOST_TEST((second.error().kind == failure_kind::unavailable));
    BOOST_TEST(change.create(auth::new_organization{"three", ""}).has_value());
}

BOOST_AUTO_TEST_CASE(a_lock_is_waited_for_within_the_write_timeout) {
    migrated_database database;
    auto settings = database.configuration();
    settings.write_timeout = core::milliseconds(200);
    changing change(settings);
    BOOST_TEST(change.create(auth::new_organization{"one", ""}).has_value());

    session other(database.uri());
    other.exec("begin; lock table public.organizations in access exclusive mode");
    const auto late = change.create(auth::new_organization{"two", ""});
    BOOST_TEST((late.error().kind == failure_kind::unavailable));
    other.exec("rollback");
    BOOST_TEST(change.create(auth::new_organization{"three", ""}).has_value());
}

BOOST_AUTO_TEST_CASE(an_unreachable_server_is_unavailable) {
    pg::configuration settings;
    settings.uri = crypto::secret(std::string("postgresql:///x?host=/nowhere"));
    changing change(settings);

    const auto made = change.create(auth::new_organization{"acme", "Acme"});
    BOOST_TEST((made.error().kind == failure_kind::unavailable));
}

BOOST_AUTO_TEST_SUITE_END()
