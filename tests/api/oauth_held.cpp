// What time tells of clients and of what they ask about: a look-up takes longer for what exists, so
// where that must not be known, the answer waits for a tick.
#include "support_oauth.hpp"

using namespace latchkey;
using namespace latchkey::test;

namespace {

const std::string as_acme = basic("id-of-acme", "key-of-acme");
const std::string as_asker = basic("id-of-asker", "key-of-asker");
const std::string bound = "X-Latchkey-Key: key-of-issuer\r\n";

struct holding_worker : oauth_worker {
    holding_worker() {
        add_key("issuer", "acme", {"latchkey:issue"});
        // What asks is in the cache, so that it is not what waits.
        ask(token_path, by_client, bound + as_acme);
        ask(introspect_path, "token=a", as_asker);
        auth::device_facts device;
        device.device_id = "gate";
        device.organization_id = "other";
        device.secret = auth::stored_secret::parse(auth::sha256_form("secret-of-gate"), {});
        store.add(std::move(device));
        holds = 0;
    }
};

} // namespace

BOOST_AUTO_TEST_SUITE(oauth_held)

BOOST_AUTO_TEST_CASE(the_foreign_and_the_unknown_are_told_of_at_the_tick) {
    const auto of_client = [](const std::string& id, const std::string& secret) {
        return bound + basic(id, secret);
    };
    const auto subject = [](const std::string& key) {
        return by_exchange + of_key_type + "&subject_token=" + key;
    };
    // Each of a pair waits as often, and is answered alike.
    const struct {
        const char* what;
        std::string path, foreign, of_foreign, unknown, of_unknown;
        std::size_t holds;
    } table[] = {
        {"a key as a client", token_path, by_client, of_client("id-of-other", "key-of-other"),
         by_client, of_client("id-of-nobody", "key-of-nobody"), 2},
        {"a device as a client", token_path, by_client, of_client("gate", "secret-of-gate"),
         by_client, of_client("none", "secret-of-none"), 2},
        {"a key that a caller exchanges", token_path, subject("key-of-other"), bound,
         subject("key-of-nobody"), bound, 1},
        {"a key that a client exchanges", token_path, subject("key-of-other"), as_acme,
         subject("key-of-nobody"), as_acme, 1},
        {"a key that a client introspects", introspect_path, "token=key-of-other", as_asker,
         "token=key-of-nobody", as_asker, 1},
    };
    for (const auto& row : table)
        BOOST_TEST_CONTEXT(row.what) {
            holding_worker w;
            const auto foreign = w.ask(row.path, row.foreign, row.of_foreign);
            BOOST_TEST(w.holds == row.holds);
            w.holds = 0;
            const auto unknown = w.ask(row.path, row.unknown, row.of_unknown);
            BOOST_TEST(w.holds == row.holds);
            BOOST_TEST(foreign.head == unknown.head);
            BOOST_TEST(foreign.body == unknown.body);
            // By the cache, both are told at once.
            w.holds = 0;
            w.ask(row.path, row.foreign, row.of_foreign);
            w.ask(row.path, row.unknown, row.of_unknown);
            BOOST_TEST(w.holds == 0u);
        }
}

BOOST_AUTO_TEST_CASE(what_may_be_known_is_told_at_once) {
    holding_worker w;
    BOOST_TEST(w.ask(token_path, by_client, bound + basic("door", "secret")).status == 200);
    BOOST_TEST(w.ask(introspect_path, "token=key-of-acme", as_asker).status == 200);
    BOOST_TEST(w.ask(introspect_path, "token=key-of-other",
                     basic("id-of-asker-of-all", "key-of-asker-of-all"))
                   .status == 200);
    BOOST_TEST(
        w.ask(token_path, by_exchange + of_key_type + "&subject_token=key-of-other").status == 200);
    BOOST_TEST(w.holds == 0u);
}

// An unknown client and a wrong secret take the same look-ups, in the same order.
BOOST_AUTO_TEST_CASE(unknown_clients_and_wrong_secrets_take_the_same_steps) {
    const std::string secrets[] = {"wrong-secret", "lk_live_" + std::string(38, '0')};
    for (const auto& path : {token_path, introspect_path, revoke_path})
        for (const auto& secret : secrets)
            for (const std::string id : {"id-of-acme", "id-of-asker", "door"})
                BOOST_TEST_CONTEXT(path << ' ' << id << ' ' << secret) {
                    const auto steps = [&](const std::string& who) {
                        oauth_worker w;
                        const auto a = w.ask(path, by_client + "&token=a", basic(who, secret));
                        return std::tuple(a.outcome(), a.head, a.body, w.store.key_look_ups,
                                          w.store.device_look_ups, w.holds);
                    };
                    BOOST_TEST((steps(id) == steps("id-of-nobody")));
                    BOOST_TEST(std::get<0>(steps(id)) == "401 invalid_client");
                }
}

BOOST_AUTO_TEST_SUITE_END()
