// The steps in a signing key's life: auth::signing_key_store, implemented by pg::lifecycle, and the
// SQL functions behind it.
#include "changing.hpp"

#include <boost/test/unit_test.hpp>

#include <thread>

using namespace latchkey;
using namespace latchkey::test;
using auth::signing_key_state;
using core::failure_kind;

namespace {

core::real_time now() {
    return std::chrono::system_clock::now();
}
auth::new_signing_key key(const std::string& id,
                          crypto::jws_algorithm algorithm = crypto::jws_algorithm::es256) {
    return {id, algorithm, R"({"kid":")" + id + R"(",  "b":1, "a":2})",
            std::string("sealed\0\xff ", 9) + id, "kek-1"};
}

struct stored_keys {
    migrated_database database;
    changing change{database.configuration()};

    bool add_first(const auth::new_signing_key& k) {
        return step([&](auto& store) { return store.add_first_signing_key(k, by_nobody()); });
    }
    bool add_next(const auth::new_signing_key& k, core::real_time activates_at) {
        return step(
            [&](auto& store) { return store.add_next_signing_key(k, activates_at, by_nobody()); });
    }
    bool promote(const std::string& id, core::seconds ahead = core::seconds(0)) {
        return step([&](auto& store) { return store.promote_signing_key(id, ahead, by_nobody()); });
    }
    bool retire(const std::string& id, core::seconds after = core::seconds(0)) {
        return step([&](auto& store) { return store.retire_signing_key(id, after, by_nobody()); });
    }
    bool rotate(const auth::new_signing_key& k, bool at_once,
                core::seconds ahead = core::seconds(60)) {
        return step(
            [&](auto& store) { return store.rotate_signing_key(k, at_once, ahead, by_nobody()); });
    }
    /// Returns "id:state" of each, the newest first; '*' follows if it has its sealed part.
    std::string states() {
        return database.value("select coalesce(string_agg(key_id || ':' || state ||"
                              " case when sealed is null then '' else '*' end, ' '"
                              " order by created_at desc), '') from latchkey.signing_keys");
    }
    std::string told() {
        const auto count =
            database.value("select count(*) from latchkey.changes where kind = 'signing_keys'");
        database.exec("delete from latchkey.changes");
        return count;
    }

  private:
    template <class Start>
    bool step(Start start) {
        return change.ask(start).value();
    }
};

} // namespace

BOOST_FIXTURE_TEST_SUITE(signing_keys, stored_keys)

BOOST_AUTO_TEST_CASE(a_key_lives_from_next_to_retired) {
    BOOST_TEST(change.signing_keys().value().empty());
    BOOST_TEST(add_first(key("a")));
    BOOST_TEST(states() == "a:current*");
    BOOST_TEST(told() == "1");

    BOOST_TEST(add_next(key("b"), now() - core::seconds(1)));
    BOOST_TEST(states() == "b:next* a:current*");
    BOOST_TEST(!promote("b", core::seconds(60))); // not published for long enough
    BOOST_TEST(!promote("a"));
    BOOST_TEST(!promote("nobody"));
    BOOST_TEST(told() == "1");
    BOOST_TEST(promote("b"));
    BOOST_TEST(states() == "b:current* a:retiring*");
    BOOST_TEST(told() == "2");

    BOOST_TEST(!retire("a", core::seconds(60)));
    BOOST_TEST(!retire("b"));
    BOOST_TEST(told() == "0");
    BOOST_TEST(retire("a"));
    BOOST_TEST(states() == "b:current* a:retired");
    BOOST_TEST(!retire("a"));
    BOOST_TEST(told() == "1");
    BOOST_TEST(database.value("select public_jwk is not null from latchkey.signing_keys"
                              " where key_id = 'a'") == "t");
}

BOOST_AUTO_TEST_CASE(lists_them_as_they_were_given_but_for_their_sealed_parts) {
    auto symmetric = key("b", crypto::jws_algorithm::hs256);
    symmetric.public_jwk.clear();
    const auto activates = std::chrono::floor<core::seconds>(now()) + core::seconds(100);
    BOOST_TEST(add_first(key("a", crypto::jws_algorithm::eddsa)));
    BOOST_TEST(add_next(symmetric, activates));

    const auto keys = change.signing_keys().value();
    BOOST_REQUIRE(keys.size() == 2u);
    BOOST_TEST(keys[0].times.key_id == "b");
    BOOST_TEST((keys[0].times.state == signing_key_state::next));
    BOOST_TEST((keys[0].times.algorithm == crypto::jws_algorithm::hs256));
    BOOST_TEST((keys[0].times.activates_at == activates));
    BOOST_TEST(!keys[0].times.activated_at.has_value());
    BOOST_TEST(keys[0].public_jwk.empty());

    const auto& a = keys[1];
    BOOST_TEST((a.times.state == signing_key_state::current));
    BOOST_TEST((a.times.algorithm == crypto::jws_algorithm::eddsa));
    BOOST_TEST(!a.times.activates_at.has_value());
    BOOST_TEST(a.times.activated_at.has_value());
    BOOST_TEST(!a.times.retired_at.has_value());
    BOOST_TEST((a.times.published_at <= *a.times.activated_at));
    // Equal to the byte.
    BOOST_TEST(a.public_jwk == key("a").public_jwk);
    BOOST_TEST(a.kek_id == "kek-1");
    for (const auto& k : keys)
        BOOST_TEST(k.sealed.empty());
    BOOST_TEST(database.value("select encode(sealed, 'hex') from latchkey.signing_keys"
                              " where key_id = 'a'") == "7365616c656400ff2061");
}

BOOST_AUTO_TEST_CASE(there_is_one_current_and_one_next) {
    BOOST_TEST(add_first(key("a")));
    BOOST_TEST(!add_first(key("b")));
    BOOST_TEST(add_next(key("b"), now()));
    BOOST_TEST(!add_next(key("c"), now()));
    BOOST_TEST(!add_first(key("c")));
    BOOST_TEST(states() == "b:next* a:current*");
    for (const char* state : {"current", "next"})
        BOOST_TEST(database.owner().sqlstate_of(
                       "insert into latchkey.signing_keys (key_id, algorithm, state, kek_id) values"
                       " ('x', 'ES256', '" +
                       std::string(state) + "', 'k')") == "23505");
    BOOST_TEST(told() == "2");
    // The next key signs before its time only if no other can; no first one is made then.
    database.exec("delete from latchkey.signing_keys where key_id = 'a'");
    BOOST_TEST(!add_first(key("c")));
    BOOST_TEST(promote("b", core::seconds(1000)));
    BOOST_TEST(states() == "b:current*");
}

BOOST_AUTO_TEST_CASE(not_before_its_time) {
    BOOST_TEST(add_first(key("a")));
    BOOST_TEST(add_next(key("b"), now() + core::seconds(1000)));
    BOOST_TEST(!promote("b"));
    database.exec("update latchkey.signing_keys set activates_at = null where key_id = 'b'");
    BOOST_TEST(!promote("b"));
    BOOST_TEST(states() == "b:next* a:current*");
}

BOOST_AUTO_TEST_CASE(an_id_is_there_once) {
    BOOST_TEST(add_first(key("a")));
    const auto twice = change.ask(
        [](auto& store) { return store.add_next_signing_key(key("a"), now(), by_nobody()); });
    BOOST_TEST((twice.error().kind == failure_kind::conflict));
    BOOST_TEST(twice.error().message == "there is a signing key \"a\" already");
}

BOOST_AUTO_TEST_CASE(every_algorithm_is_taken_and_no_other) {
    for (std::size_t i = 0; i < crypto::jws_algorithms.size(); ++i) {
        database.exec("delete from latchkey.signing_keys");
        BOOST_TEST(add_first(key("a", static_cast<crypto::jws_algorithm>(i))));
        BOOST_TEST(database.value("select algorithm from latchkey.signing_keys") ==
                   crypto::jws_algorithms[i].name);
    }
    BOOST_TEST(database.owner().sqlstate_of(
                   "update latchkey.signing_keys set algorithm = 'none'") == "23514");
}

BOOST_AUTO_TEST_CASE(rotated_at_once_the_current_one_is_dropped) {
    // There is no key: the given one signs.
    BOOST_TEST(rotate(key("a"), true));
    BOOST_TEST(states() == "a:current*");
    BOOST_TEST(rotate(key("b"), true));
    BOOST_TEST(states() == "b:current* a:retired");
    // The next key is ready: the given one is not needed.
    BOOST_TEST(add_next(key("c"), now() + core::seconds(1000)));
    BOOST_TEST(rotate(key("d"), true));
    BOOST_TEST(states() == "c:current* b:retired a:retired");
    BOOST_TEST(database.value("select count(*) from latchkey.signing_keys where state = 'retired'"
                              " and retired_at is not null") == "2");
    BOOST_TEST(database.value("select activated_at is not null from latchkey.signing_keys"
                              " where key_id = 'c'") == "t");
}

BOOST_AUTO_TEST_CASE(rotated_in_order_the_next_one_comes_as_soon_as_it_may) {
    const auto due = "select activates_at <= clock_timestamp(), activates_at - created_at >="
                     " interval '60 s' from latchkey.signing_keys where state = 'next'";
    BOOST_TEST(add_first(key("a")));
    BOOST_TEST(rotate(key("b"), false));
    BOOST_TEST(states() == "b:next* a:current*");
    auto when = database.query(due)[0];
    BOOST_TEST((when[0] == "f" && when[1] == "t"));
    // A second rotation moves the time neither later, nor earlier than allowed.
    BOOST_TEST(rotate(key("c"), false));
    BOOST_TEST(states() == "b:next* a:current*");
    when = database.query(due)[0];
    BOOST_TEST((when[0] == "f" && when[1] == "t"));
    // The key has been published for long enough, and was planned for much later.
    database.exec("update latchkey.signing_keys set created_at = now() - interval '1 h',"
                  " activates_at = now() + interval '1 d' where key_id = 'b'");
    BOOST_TEST(rotate(key("c"), false));
    BOOST_TEST(database.query(due)[0][0].value() == "t");
    BOOST_TEST(promote("b", core::seconds(60)));
    BOOST_TEST(states().ends_with("b:current*"));
}

// Two nodes decide the same at the same moment.
BOOST_AUTO_TEST_CASE(of_two_at_once_one_acts) {
    struct {
        std::string before, step, after;
    } const cases[] = {
        {"", "add_signing_key(KEY, 'ES256', '{}', 'x', 'kek', true, null)", "current"},
        {"", "add_signing_key(KEY, 'ES256', '{}', 'x', 'kek', false, now())", "current next"},
        {"select latchkey.add_signing_key('n', 'ES256', '{}', 'x', 'kek', false, '-infinity')",
         "promote_signing_key('n', '0')", "current retiring"},
        {"update latchkey.signing_keys set retired_at = '-infinity' where state = 'retiring'",
         "retire_signing_key('a', '0')", "current retired"},
    };
    BOOST_TEST(database.value(
                   "select latchkey.add_signing_key('a', 'ES256', '{}', 'x', 'kek', true, null)") ==
               "t");
    database.exec("delete from latchkey.signing_keys");
    session one(database.uri());
    session two(database.uri());
    const auto pid = two.backend_pid();
    for (const auto& c : cases) {
        BOOST_TEST_CONTEXT(c.step) {
            if (!c.before.empty())
                database.exec("delete from latchkey.signing_keys where state ="
                              " 'next';" +
                              c.before);
            const auto step = [&](session& s, const std::string& id) {
                auto text = "select latchkey." + c.step;
                if (const auto at = text.find("KEY"); at != std::string::npos)
                    text.replace(at, 3, "'" + id + "'");
                return s.value(text);
            };
            one.exec("begin");
            BOOST_TEST(step(one, c.after == "current" ? "a" : "one") == "t");
            std::string second;
            std::jthread waits([&] { second = step(two, "two"); });
            while (database.value("select count(*) from pg_locks where not granted and pid = " +
                                  pid) == "0")
                std::this_thread::yield();
            one.exec("commit");
            waits.join();
            BOOST_TEST(second == "f");
            BOOST_TEST(database.value("select string_agg(state, ' ' order by state)"
                                      " from latchkey.signing_keys") == c.after);
        }
    }
}

// If the first of two is rolled back, the other may act.
BOOST_AUTO_TEST_CASE(a_step_that_is_rolled_back_was_none) {
    session one(database.uri());
    one.exec("begin; select latchkey.add_signing_key('a', 'ES256', '{}', 'x', 'kek', true, null)");
    one.exec("rollback");
    BOOST_TEST(add_first(key("b")));
    BOOST_TEST(told() == "1");
}

// The role has these rights and no others.
BOOST_AUTO_TEST_CASE(a_role_with_what_is_granted_takes_every_step) {
    const auto role = database.make_role();
    for (const char* what :
         {"usage on schema latchkey", "select on all tables in schema latchkey",
          "insert, update, delete on latchkey.revocations",
          "insert, update on latchkey.signing_keys",
          "execute on function latchkey.add_signing_key(text, text, json, bytea, text, boolean,"
          " timestamptz)",
          "execute on function latchkey.promote_signing_key(text, interval)",
          "execute on function latchkey.retire_signing_key(text, interval)",
          "execute on function latchkey.rotate_signing_key(text, text, json, bytea, text, boolean,"
          " interval)"})
        database.exec("grant " + std::string(what) + " to " + role);
    {
        changing limited(database.configuration(role));
        const auto did = [&](auto start) { return limited.ask(start).value(); };
        BOOST_TEST(did([](auto& s) { return s.add_first_signing_key(key("a"), by_nobody()); }));
        BOOST_TEST(did([](auto& s) {
            return s.add_next_signing_key(key("b"), core::real_time::min(), by_nobody());
        }));
        BOOST_TEST(did([](auto& s) { return s.promote_signing_key("b", {}, by_nobody()); }));
        BOOST_TEST(did([](auto& s) { return s.retire_signing_key("a", {}, by_nobody()); }));
        BOOST_TEST(
            did([](auto& s) { return s.rotate_signing_key(key("c"), true, {}, by_nobody()); }));
        BOOST_TEST(limited.signing_keys().value().size() == 3u);

        const auto made =
            limited.create(auth::revocation{auth::revocation_kind::subject, "i", "s", {}, {}, {}});
        BOOST_TEST(limited.revocations({}).value().size() == 1u);
        BOOST_TEST(limited.withdraw(made.value().id).has_value());
    }
    database.exec("drop owned by " + role);
}

BOOST_AUTO_TEST_CASE(a_truncated_table_is_told) {
    BOOST_TEST(add_first(key("a")));
    told();
    database.exec("delete from latchkey.signing_keys where key_id = 'none'");
    BOOST_TEST(told() == "0");
    database.exec("truncate latchkey.signing_keys");
    BOOST_TEST(told() == "1");
}

BOOST_AUTO_TEST_SUITE_END()
