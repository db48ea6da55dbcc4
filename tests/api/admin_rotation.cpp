// POST /admin/v1/api-keys/{id}/rotate.
#include "support_admin.hpp"

#include <latchkey/crypto/digest.hpp>

#include <boost/json/parse.hpp>
#include <boost/test/unit_test.hpp>

#include <string>

using namespace latchkey;
using namespace latchkey::test;
using namespace std::chrono_literals;

namespace {

constexpr auto path = "/admin/v1/api-keys/key_1/rotate";

fake_admin_store with_key() {
    fake_admin_store store;
    auth::stored_api_key key;
    key.key_id = "key_1";
    key.hint = "lk_test_Ab3d";
    key.organization_id = "o1";
    key.metadata = "{}";
    key.generation = 3;
    store.api_keys = {key};
    return store;
}

boost::json::object parsed(const answered& told) {
    return boost::json::parse(told.body).as_object();
}

} // namespace

BOOST_AUTO_TEST_SUITE(admin_rotation)

BOOST_AUTO_TEST_CASE(a_rotation_shows_the_new_key_once) {
    auto store = with_key();
    const auto told = ask(store, revoke(path, "", ""));
    BOOST_TEST(told.status == 200);
    const auto key = parsed(told);
    const std::string secret(key.at("api_key").as_string());
    BOOST_TEST(secret.starts_with("lk_test_"));
    const auto& asked = store.key_rotations.at(0);
    BOOST_TEST((asked.key_hash == crypto::sha256(secret)));
    BOOST_TEST((asked.overlap == 24h)); // an operator who says nothing breaks nothing
    BOOST_TEST(secret.starts_with(asked.hint));
    BOOST_TEST(key.at("hint").as_string() == asked.hint);
    BOOST_TEST(key.at("key_id").as_string() == "key_1");
    BOOST_TEST(key.at("generation").as_int64() == 3);
    BOOST_TEST(key.at("previous").at("until").as_string() == "2027-01-16T08:00:00.250000Z");
    BOOST_TEST(key.at("previous").at("last_used_at").is_null());
}

BOOST_AUTO_TEST_CASE(the_overlap_is_the_operators) {
    auto store = with_key();
    const auto at_once = ask(store, revoke(path, R"({"overlap":0})"));
    BOOST_TEST(parsed(at_once).at("previous").is_null());
    BOOST_TEST((store.key_rotations.back().overlap == 0s));
    BOOST_TEST(ask(store, revoke(path, R"({"overlap":7776000,"finish":false})")).status == 200);
    BOOST_TEST((store.key_rotations.back().overlap == 2160h));
}

BOOST_AUTO_TEST_CASE(finish_ends_the_old_secret_and_makes_none) {
    auto store = with_key();
    const auto told = ask(store, revoke(path, R"({"finish":true})"));
    BOOST_TEST(told.status == 200);
    BOOST_TEST(!parsed(told).contains("api_key"));
    BOOST_TEST(store.finished == std::vector<std::string>{"key_1"},
               boost::test_tools::per_element());
    BOOST_TEST(store.key_rotations.empty());
}

BOOST_AUTO_TEST_CASE(bad_requests_rotate_nothing) {
    struct {
        const char* path;
        const char* body;
        int status;
    } const cases[] = {
        {path, R"({"overlap":-1})", 422},
        {path, R"({"overlap":7776001})", 422},
        {path, R"({"overlap":60,"finish":true})", 422},
        {path, R"({"overlap":"1h"})", 400},
        {path, R"({"overlap":1.5})", 400},
        {path, R"({"finish":1})", 400},
        {path, R"({"overlapp":1})", 400},
        {path, "[]", 400},
        {"/admin/v1/api-keys/none/rotate", "{}", 404},
    };
    for (const auto& c : cases)
        BOOST_TEST_CONTEXT(c.path << ' ' << c.body) {
            auto store = with_key();
            BOOST_TEST(ask(store, revoke(c.path, c.body)).status == c.status);
            BOOST_TEST(store.key_rotations.empty());
            BOOST_TEST(store.finished.empty());
        }
}

BOOST_AUTO_TEST_SUITE_END()
