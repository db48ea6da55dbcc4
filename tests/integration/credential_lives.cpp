// What narrows a key or a device raises its generation and ends the tokens that it had; and keys
// are found by the hash of either secret while they are rotated.
#include "changing.hpp"
#include "running_store.hpp"
#include "support.hpp"

#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <thread>

using namespace latchkey;
using namespace latchkey::test;
using core::failure_kind;

namespace {

std::string element(char digit, const std::string& more = {}) {
    return R"({"key_hash": ")" + std::string(64, digit) + "\"" + more + "}";
}

struct lives : migrated_database {
    lives() {
        exec("insert into public.organizations (organization_id) values ('acme')");
        exec("insert into latchkey.api_keys (key_hash, key_id, organization_id, scopes,"
             " allowed_networks, expires_at) values (sha256('k'), 'k', 'acme', '{a,b}',"
             " '{10.0.0.0/8,192.0.2.1}', '2040-01-01')");
        exec("insert into public.device_credentials (device_id, device_secret, organization_id,"
             " scopes) values ('d', 'sha256:1', 'acme', '{a,b}'), ('e', 'sha256:1', 'acme', '{}')");
        exec("delete from latchkey.changes");
    }
    std::string generation() {
        return value("select generation from latchkey.api_keys where key_id = 'k'");
    }
    /// The ends of generations that the feed tells since the last call.
    std::string told() {
        const auto out = value("select coalesce(string_agg(one, ', ' order by one), '')"
                               " from latchkey.changes, unnest(names) as one"
                               " where kind = 'api_keys'");
        exec("delete from latchkey.changes");
        return out;
    }
    std::string ended() {
        return value("select coalesce(string_agg(concat_ws(' ', kind, below, credential_id), ', '"
                     " order by kind, credential_id), '') from latchkey.ended_generations");
    }
    std::size_t hashes_told() {
        const auto out = value("select count(distinct k) from latchkey.changes, unnest(keys) as k");
        exec("delete from latchkey.changes");
        return std::stoul(out);
    }
};

auth::new_api_key new_key(const std::string& secret, const std::string& id) {
    auth::new_api_key key;
    key.key_hash = crypto::sha256(secret);
    key.key_id = id;
    key.organization_id = "acme";
    key.name = "ci";
    return key;
}

struct rotating : lives {
    rotating() : change(configuration()) {}
    core::result<auth::rotated_api_key> rotate(const std::string& secret, core::seconds overlap,
                                               std::optional<std::string> only = {},
                                               const std::string& id = "k") {
        return change.ask([&](auth::lifecycle_store& s) {
            return s.rotate_api_key({id, only, crypto::sha256(secret), secret, overlap},
                                    by_nobody());
        });
    }
    core::result<auth::rotated_api_key> finish(std::optional<std::string> only = {},
                                               const std::string& id = "k") {
        return change.ask(
            [&](auth::lifecycle_store& s) { return s.finish_key_rotation(id, only, by_nobody()); });
    }
    changing change;
};

} // namespace

BOOST_AUTO_TEST_SUITE(credential_lives)

BOOST_FIXTURE_TEST_CASE(a_key_is_narrowed_by_whoever_changes_it, lives) {
    struct {
        std::string change; ///< of the key's row
        bool narrows;
    } const cases[] = {
        {"name = 'n', metadata = '{\"a\": 1}', external_id = 'x'", false},
        {"scopes = '{b,a,c}'", false},
        {"scopes = '{b,c}'", true},
        {"scopes = '{}'", true},
        {"scopes = '{a,b}'", false},
        {"caller_scopes = '{latchkey:verify,latchkey:issue}'", false},
        {"caller_scopes = '{latchkey:issue}'", true},
        {"caller_scopes = '{latchkey:issue}'", false},
        {"allowed_networks = '{10.0.0.0/8,192.0.2.0/24}'", false},
        {"allowed_networks = '{10.0.0.0/9,192.0.2.0/24}'", true},
        {"allowed_networks = '{::/0,0.0.0.0/0}'", false},
        {"allowed_networks = '{}'", false},
        {"allowed_networks = '{0.0.0.0/0}'", true}, // IPv6 is left out
        {"expires_at = '2041-01-01'", false},
        {"expires_at = null", false},
        {"expires_at = '2041-01-01'", true},
        {"expires_at = '2040-12-31'", true},
        {"expires_at = 'infinity'", false},
        {"rate_limit_quantity = 5, rate_limit_window_s = 1", false},
        {"rate_limit_quantity = 1, rate_limit_window_s = 1", false},
        {"enabled = false", true},
        {"enabled = false", false},
        {"enabled = true", false},
        {"revoked_at = now()", true},
        {"revoked_at = '2020-01-01'", false},
        {"revoked_at = null", false},
        {"scopes = '{}', enabled = false", true}, // once for one change
        {"generation = 0", false},                // it is never lowered
    };
    int generation_now = 0;
    for (const auto& c : cases)
        BOOST_TEST_CONTEXT(c.change) {
            generation_now += c.narrows ? 1 : 0;
            exec("update latchkey.api_keys set " + c.change + " where key_id = 'k'");
            const auto expected = std::to_string(generation_now);
            BOOST_TEST(generation() == expected);
            BOOST_TEST(told() == (c.narrows ? "api_key " + expected + " k" : ""));
            BOOST_TEST(ended() == (generation_now == 0 ? "" : "api_key " + expected + " k"));
        }
    // By hand, as a last resort.
    exec("update latchkey.api_keys set generation = 50 where key_id = 'k'");
    BOOST_TEST(told() == "api_key 50 k");
}

BOOST_FIXTURE_TEST_CASE(a_device_is_narrowed_by_whoever_changes_it, lives) {
    struct {
        std::string change;
        bool narrows;
    } const cases[] = {
        {"name = 'n', device_secret = 'sha256:2'", false},
        {"scopes = '{a,b,c}'", false},
        {"scopes = '{a,c}'", true},
        {"status = 'off'", true},
        {"status = 'lost'", false},
        {"status = 'active'", false},
        {"revoked_at = now()", true},
        {"revoked_at = null", false},
        {"previous_secret = 'x', previous_secret_until = now()", false},
    };
    int generation_now = 0;
    for (const auto& c : cases)
        BOOST_TEST_CONTEXT(c.change) {
            generation_now += c.narrows ? 1 : 0;
            exec("update public.device_credentials set " + c.change + " where device_id = 'd'");
            const auto expected = std::to_string(generation_now);
            BOOST_TEST(value("select generation from public.device_credentials"
                             " where device_id = 'd'") == expected);
            BOOST_TEST(told() == (c.narrows ? "device " + expected + " d" : ""));
        }
}

BOOST_FIXTURE_TEST_CASE(an_array_narrows_its_keys, lives) {
    const auto set_array = [&](const std::string& elements) {
        exec("update public.organizations set api_keys = '[" + elements + "]'");
    };
    const std::string id = R"(, "key_id": "m")";
    set_array(element('1', id + R"(, "scopes": ["a", "b"])"));
    BOOST_TEST(told() == "");
    set_array(element('1', id + R"(, "scopes": ["a", "b", "c"])"));
    BOOST_TEST(told() == "");
    set_array(element('1', id + R"(, "scopes": ["a"])"));
    BOOST_TEST(told() == "api_key 1 m");
    set_array(element('1', id + R"(, "scopes": ["a"], "is_active": false)"));
    BOOST_TEST(told() == "api_key 2 m");
    set_array(element('1', id + R"(, "scopes": ["a"])"));
    BOOST_TEST(told() == "");
    set_array("");
    BOOST_TEST(told() == "api_key 3 m");
    set_array(element('1', id + R"(, "scopes": ["a"])"));
    BOOST_TEST(told() == "");
    BOOST_TEST(value("select generation || ' ' || (revoked_at is null) from latchkey.api_keys"
                     " where key_id = 'm'") == "3 true");
    BOOST_TEST(ended() == "api_key 3 m");
}

// Tokens that were ended stay so, and those that the credential gets from now on are good.
BOOST_FIXTURE_TEST_CASE(what_is_put_back_goes_on_with_its_generation, lives) {
    exec(
        "update latchkey.api_keys set scopes = '{}'; update latchkey.api_keys set enabled = false");
    exec("delete from latchkey.api_keys");
    exec("insert into latchkey.api_keys (key_hash, key_id, organization_id) values"
         " (sha256('k'), 'k', 'acme'), (sha256('other'), 'other', 'acme')");
    BOOST_TEST(generation() == "3");
    BOOST_TEST(value("select generation from latchkey.api_keys where key_id = 'other'") == "0");
    exec("update public.device_credentials set scopes = '{}'");
    exec("delete from public.device_credentials");
    exec("insert into public.device_credentials (device_id, device_secret, organization_id) values"
         " ('d', 's', 'acme'), ('e', 's', 'acme')");
    BOOST_TEST(value("select string_agg(device_id || generation, ' ' order by device_id)"
                     " from public.device_credentials") == "d2 e1");
}

// Under the same id something else comes back, which may allow less than the tokens that there are.
BOOST_FIXTURE_TEST_CASE(what_goes_ends_though_it_was_never_narrowed, lives) {
    const auto key_again = [&] {
        exec("insert into latchkey.api_keys (key_hash, key_id, organization_id) values"
             " (sha256('k'), 'k', 'acme')");
        return generation();
    };
    const auto device_again = [&] {
        exec("insert into public.device_credentials (device_id, device_secret, organization_id)"
             " values ('d', 's', 'acme')");
        return value("select generation from public.device_credentials where device_id = 'd'");
    };
    for (const std::string mode : {"origin", "replica"}) {
        BOOST_TEST_CONTEXT(mode) {
            exec("set session_replication_role = " + mode);
            const bool first = mode == "origin";
            told();
            exec("delete from latchkey.api_keys");
            BOOST_TEST(told() == (first ? "api_key 1 k" : "api_key 3 k"));
            BOOST_TEST(key_again() == (first ? "1" : "3"));
            exec("truncate latchkey.api_keys");
            BOOST_TEST(key_again() == (first ? "2" : "4"));
            exec("delete from public.device_credentials where device_id = 'd'");
            BOOST_TEST(device_again() == (first ? "1" : "3"));
            exec("truncate public.device_credentials");
            BOOST_TEST(device_again() == (first ? "2" : "4"));
        }
    }
}

// So does what gets another id, with the tokens that name the old one; what gets an id that another
// had goes on behind that one's tokens.
BOOST_FIXTURE_TEST_CASE(what_gets_another_id_ends_under_the_old_one, lives) {
    for (const std::string mode : {"origin", "replica"}) {
        BOOST_TEST_CONTEXT(mode) {
            lives own;
            own.exec("set session_replication_role = " + mode);
            own.exec("update latchkey.api_keys set key_id = 'k2'");
            BOOST_TEST(own.told() == "api_key 1 k");
            BOOST_TEST(own.ended() == "api_key 1 k");
            BOOST_TEST(own.value("select string_agg(value, ' ') from latchkey.revocations"
                                 " where kind = 'credential'") == "k");
            BOOST_TEST(own.value("select generation from latchkey.api_keys") == "0");
            own.exec("update latchkey.api_keys set key_id = 'k', enabled = false, generation = 3");
            own.exec("update latchkey.api_keys set name = 'n', key_id = 'k3'"); // one that is off
            BOOST_TEST(own.ended() == "api_key 4 k, api_key 1 k2, api_key 3 k3");
            own.exec("update latchkey.api_keys set key_id = 'k'");
            BOOST_TEST(own.value("select generation from latchkey.api_keys") == "4");

            own.told();
            own.exec("update public.device_credentials set device_id = device_id || '2'");
            BOOST_TEST(own.told() == "device 1 d, device 1 e");
            own.exec("update public.device_credentials set device_id = 'd', scopes = '{}'"
                     " where device_id = 'e2'");
            BOOST_TEST(own.value("select generation from public.device_credentials"
                                 " where device_id = 'd'") == "1");
            own.exec("update public.device_credentials set name = 'n'");
            BOOST_TEST(own.value("select count(*) from latchkey.ended_generations"
                                 " where kind = 'device'") == "3");
        }
    }
}
// Neither id is gone, and yet each means another key.
BOOST_FIXTURE_TEST_CASE(ids_that_are_exchanged_end_both, lives) {
    exec("insert into latchkey.api_keys (key_hash, key_id, organization_id) values"
         " (sha256('l'), 'l', 'acme')");
    exec("alter table latchkey.api_keys drop constraint api_keys_key_id_key;"
         "alter table latchkey.api_keys add unique (key_id) deferrable");
    told();
    exec("update latchkey.api_keys set key_id = case key_id when 'k' then 'l' else 'k' end");
    BOOST_TEST(told() == "api_key 1 k, api_key 1 k, api_key 1 l, api_key 1 l");
    BOOST_TEST(ended() == "api_key 1 k, api_key 1 l");
    BOOST_TEST(value("select string_agg(key_id || generation, ' ' order by key_id)"
                     " from latchkey.api_keys") == "k1 l1");
}

// A server of the release before takes these rows of the feed for changes of no key.
BOOST_FIXTURE_TEST_CASE(many_are_told_by_thousands, lives) {
    exec("insert into latchkey.api_keys (key_hash, key_id, organization_id, scopes)"
         " select sha256(n::text::bytea), 'n' || n, 'acme', '{a}' from generate_series(1, 2500) n");
    exec("delete from latchkey.changes");
    exec("update latchkey.api_keys set scopes = '{}' where key_id ~ '^n'");
    BOOST_TEST(value("select string_agg(kind || cardinality(keys) || '/' || cardinality(names), ' '"
                     " order by seq) from latchkey.changes") ==
               "api_keys1000/0 api_keys1000/0 api_keys500/0"
               " api_keys0/1000 api_keys0/1000 api_keys0/500");
    BOOST_TEST(value("select count(*) from latchkey.ended_generations") == "2500");
}

BOOST_FIXTURE_TEST_CASE(ends_are_forgotten_when_no_such_token_lives, lives) {
    exec("update latchkey.api_keys set scopes = '{}'");
    const auto prune = [&](const std::string& own) {
        exec("select latchkey.prune_revocations('{}', 60, 60, " + own + ")");
        exec("select latchkey.prune_revocations('{}', 60, 60, " + own + ")");
        return ended();
    };
    BOOST_TEST(prune("3600") == "api_key 1 k");
    exec("update latchkey.ended_generations set created_at = now() - interval '24 h 30 min'");
    BOOST_TEST(prune("3600") == "api_key 1 k");
    exec("update latchkey.ended_generations set created_at = now() - interval '26 h'");
    // Another node's tokens may live for longer, or for ever.
    exec("select latchkey.note_pruning(now(), '{\"issuers\": {}, \"others\": 1, \"own\": 9000}')");
    BOOST_TEST(prune("3600") == "api_key 1 k");
    exec("update latchkey.feed_state set token_lives = '{}'");
    exec("select latchkey.note_pruning(now(), '{\"issuers\": {}, \"others\": 1, \"own\": null}')");
    BOOST_TEST(prune("3600") == "api_key 1 k");
    exec("update latchkey.feed_state set token_lives = '{}'");
    BOOST_TEST(prune("3600") == "");
}

BOOST_FIXTURE_TEST_CASE(a_key_is_found_by_both_secrets, rotating) {
    running_store running(configuration());
    const auto old_hash = crypto::sha256("k");
    const auto made = rotate("k2", core::seconds(3600)).value();
    BOOST_TEST(made.key_id == "k");
    BOOST_TEST(value("select hint from latchkey.api_keys") == "k2");
    BOOST_TEST((made.hashes == std::vector{old_hash, crypto::sha256("k2")}));
    BOOST_TEST(hashes_told() == 2u);

    // Both in one batch, beside one that there is not.
    const auto now = running.record_of(crypto::sha256("k2"))->facts();
    const auto old = running.record_of(old_hash)->facts();
    BOOST_TEST(!running.record_of(crypto::sha256("k3")));
    BOOST_TEST(!now.retires_at.has_value());
    BOOST_TEST((old.retires_at == made.previous_until));
    BOOST_TEST(old.key_id == "k");
    BOOST_TEST(old.scopes == now.scopes, boost::test_tools::per_element());
    BOOST_TEST(value("select previous_until - now() between interval '59 min' and interval '1 h'"
                     " and rotated_at <= clock_timestamp() from latchkey.api_keys") == "t");
    // Narrowed now, it is so by both.
    exec("update latchkey.api_keys set scopes = '{}'");
    BOOST_TEST(hashes_told() == 2u);
    BOOST_TEST(running.record_of(old_hash)->facts().generation == 1u);

    const auto finished = finish().value();
    BOOST_TEST(!finished.previous_until.has_value());
    BOOST_TEST(std::ranges::count(finished.hashes, old_hash) == 1);
    BOOST_TEST(hashes_told() == 2u);
    BOOST_TEST(!running.record_of(old_hash));
    BOOST_TEST(running.record_of(crypto::sha256("k2")));
    BOOST_TEST(finish().has_value()); // once more changes nothing
    BOOST_TEST(hashes_told() == 0u);
    exec("delete from latchkey.api_keys");
    BOOST_TEST(hashes_told() == 1u);
}

BOOST_FIXTURE_TEST_CASE(there_are_two_generations_at_most, rotating) {
    BOOST_TEST(rotate("k2", core::seconds(3600)).has_value());
    for (const auto overlap : {0, 3600}) {
        const auto refused = rotate("k3", core::seconds(overlap)).error();
        BOOST_TEST((refused.kind == failure_kind::conflict));
        BOOST_TEST(refused.message.find("finish") != std::string::npos);
    }
    BOOST_TEST(value("select key_hash = sha256('k2') from latchkey.api_keys") == "t");
    // One that has ended is replaced.
    exec("update latchkey.api_keys set previous_until = clock_timestamp()");
    const auto third = rotate("k3", core::seconds(60)).value();
    BOOST_TEST(third.hashes.size() == 3u);
    BOOST_TEST(value("select previous_hash = sha256('k2') from latchkey.api_keys") == "t");
    BOOST_TEST(finish().has_value());
    BOOST_TEST(!rotate("k4", core::seconds(0)).value().previous_until);
    BOOST_TEST(value("select previous_hash is null from latchkey.api_keys") == "t");
}

BOOST_FIXTURE_TEST_CASE(who_gets_no_new_secret_is_told_why, rotating) {
    BOOST_TEST((rotate("x", {}, {}, "none").error().kind == failure_kind::not_found));
    BOOST_TEST((rotate("x", {}, "other").error().kind == failure_kind::not_found));
    BOOST_TEST((finish("other").error().kind == failure_kind::not_found));
    BOOST_TEST((finish({}, "none").error().kind == failure_kind::not_found));
    BOOST_TEST((rotate("x", {}, {}, std::string("a\0b", 3)).error().kind == failure_kind::invalid));
    BOOST_TEST(rotate("x", core::seconds(1), "acme").has_value());
    exec("update public.organizations set api_keys = '[" + element('1', R"(, "key_id": "m")") +
         "]'");
    const auto of_array = rotate("y", {}, {}, "m").error();
    BOOST_TEST((of_array.kind == failure_kind::conflict));
    BOOST_TEST(of_array.message.find("adopt") != std::string::npos);
    exec("update latchkey.api_keys set revoked_at = now() where key_id = 'k'");
    const auto revoked = rotate("y", {}).error();
    BOOST_TEST((revoked.kind == failure_kind::conflict));
    BOOST_TEST(revoked.message.find("revoked") != std::string::npos);
}

// Of two rotations at the same time one makes the new secret.
BOOST_FIXTURE_TEST_CASE(rotations_at_the_same_time, rotating) {
    constexpr int rounds = 20;
    for (int round = 0; round < rounds; ++round) {
        changing other(configuration());
        std::optional<bool> second;
        std::thread beside([&] {
            const auto done = other.ask([&](auth::lifecycle_store& s) {
                return s.rotate_api_key(
                    {"k", {}, crypto::sha256("b" + std::to_string(round)), "b", core::seconds(60)},
                    by_nobody());
            });
            second = done.has_value();
        });
        const bool first = rotate("a" + std::to_string(round), core::seconds(60)).has_value();
        beside.join();
        BOOST_TEST(first != second.value());
        const std::string winner = first ? "a" : "b";
        BOOST_TEST(value("select key_hash = sha256('" + winner + std::to_string(round) +
                         "') from latchkey.api_keys") == "t");
        BOOST_TEST(finish().has_value());
    }
    BOOST_TEST(value("select count(*) from latchkey.former_key_hashes") == std::to_string(rounds));
}

// A hash that is, or was, a secret of one key is no other's, nor that key's again.
BOOST_FIXTURE_TEST_CASE(no_hash_twice, rotating) {
    BOOST_TEST(change.create(new_key("taken", "t")).has_value());
    BOOST_TEST(rotate("k2", core::seconds(3600)).has_value());
    BOOST_TEST((change.create(new_key("k", "x")).error().kind == failure_kind::conflict));
    BOOST_TEST((change.create(new_key("k2", "x")).error().kind == failure_kind::conflict));
    BOOST_TEST(finish().has_value());
    BOOST_TEST((change.create(new_key("k", "x")).error().kind == failure_kind::conflict));
    BOOST_TEST((rotate("k", {}).error().kind == failure_kind::conflict));
    BOOST_TEST((rotate("taken", {}).error().kind == failure_kind::conflict));
    // By SQL as well.
    BOOST_TEST(owner().sqlstate_of("update latchkey.api_keys set previous_hash = sha256('taken'),"
                                   " previous_until = now() where key_id = 'k'") == "23514");
    BOOST_TEST(owner().sqlstate_of("update latchkey.api_keys set previous_hash = key_hash,"
                                   " previous_until = now() where key_id = 'k'") == "23514");
    BOOST_TEST(owner().sqlstate_of("update latchkey.api_keys set previous_until = now()"
                                   " where key_id = 'k'") == "23514");
    BOOST_TEST(owner().sqlstate_of("insert into latchkey.api_keys (key_hash, key_id,"
                                   " organization_id, previous_hash, previous_until) values"
                                   " (sha256('n'), 'n', 'acme', sha256('taken'), now())") ==
               "23505");
    BOOST_TEST(owner().sqlstate_of("update latchkey.api_keys set key_hash = sha256('k')"
                                   " where key_id = 't'") == "23505");
}

// An array may keep the secret that a rotation in Latchkey has replaced: nobody opens anything with
// it, and its writer gets no error.
BOOST_FIXTURE_TEST_CASE(an_array_brings_no_old_secret_back, rotating) {
    const auto array = [&](const std::string& more) {
        return "update public.organizations set api_keys = '[{\"key_hash\": \"" +
               crypto::to_hex(crypto::sha256("old")) + "\", \"key_id\": \"adopted\"" + more + "}]'";
    };
    exec(array(""));
    exec("update latchkey.api_keys set origin = 'latchkey' where key_id = 'adopted'");
    BOOST_TEST(rotate("new", core::seconds(0), {}, "adopted").has_value());
    exec(array(R"(, "scopes": ["everything"])"));
    BOOST_TEST(value("select string_agg(key_id, ' ' order by key_id) from latchkey.api_keys") ==
               "adopted k");
    BOOST_TEST(value("select code || ': ' || reason from latchkey.mirror_findings") ==
               "not_stored: a rotation in Latchkey has replaced this secret");
    exec("update public.organizations set api_keys = '[]'");
    BOOST_TEST(value("select count(*) from latchkey.mirror_findings") == "0");
    BOOST_TEST(value("select revoked_at is null from latchkey.api_keys where key_id = 'adopted'") ==
               "t");
}

// An older service's column of that name is not taken for ours.
BOOST_AUTO_TEST_CASE(a_column_of_another_type_is_refused) {
    test_database database;
    database.exec("create table public.device_credentials (device_id text, device_secret text,"
                  " organization_id text, status text, generation text)");
    BOOST_CHECK_EXCEPTION(database.migrate(), std::exception, [](const std::exception& why) {
        return std::string(why.what()).find("\"generation\" of type text") != std::string::npos;
    });
}
BOOST_AUTO_TEST_CASE(a_column_that_is_computed_is_refused) {
    test_database database;
    database.exec("create table public.device_credentials (device_id text, device_secret text,"
                  " organization_id text, is_on boolean, status text generated always as"
                  " (case when is_on then 'active' else 'off' end) stored)");
    BOOST_CHECK_EXCEPTION(database.migrate(), std::exception, [](const std::exception& why) {
        return std::string(why.what()).find("alter column \"status\" drop expression") !=
               std::string::npos;
    });
    database.exec("alter table public.device_credentials alter column status drop expression");
    database.migrate();
}

// Tokens of the organization that had it are not the other's; a rename makes none.
BOOST_FIXTURE_TEST_CASE(what_changes_hands_is_narrowed, lives) {
    const auto of_d = [&] {
        return value("select generation || organization_id from public.device_credentials"
                     " where device_id = 'd'");
    };
    exec("insert into public.organizations (organization_id) values ('other')");
    exec(
        "update public.organizations set organization_id = 'acme2' where organization_id = 'acme'");
    BOOST_TEST(generation() == "0");
    BOOST_TEST(of_d() == "0acme2");
    exec("begin; update public.organizations set organization_id = 'acme'"
         " where organization_id = 'acme2';"
         "update latchkey.api_keys set organization_id = 'other';"
         "update public.device_credentials set organization_id = 'other' where device_id = 'd';"
         "commit");
    BOOST_TEST(generation() == "1");
    BOOST_TEST(of_d() == "1other");
    BOOST_TEST(ended() == "api_key 1 k, device 1 d");
}

BOOST_AUTO_TEST_SUITE_END()
