// ?wait=all, receipts and Idempotency-Key, with real nodes: some stopped, killed, or cut off.
#include "cached_keys.hpp"
#include "faulty_proxy.hpp"
#include "forged_receipt.hpp"

#include <boost/json/array.hpp>

#include <csignal>
#include <memory>
#include <vector>

using namespace latchkey::test;
using namespace std::chrono_literals;

namespace {

constexpr auto few_seconds = "[cache]\nmax_staleness = \"3s\"\n";
const surroundings short_waits{.admin_settings = "wait_max = \"1500ms\"\nwaits_max = 2\n"};

std::string name_is(const std::string& name) {
    return "node = \"" + name + "\"\nworkers = 1\n";
}

struct cluster {
    migrated_database database;
    server_process one{database.uri(), name_is("one"), few_seconds, {}, {}, short_waits};
    std::string organization;

    cluster() {
        BOOST_REQUIRE(one.wait_for("/readyz", 200));
        organization = one.create_organization("org-1");
    }
    std::unique_ptr<server_process> node(const std::string& name) {
        auto out = std::make_unique<server_process>(database.uri(), name_is(name), few_seconds);
        BOOST_REQUIRE(out->wait_for("/readyz", 200));
        return out;
    }
    std::string id_of(const std::string& key) {
        return database.value("select key_id from latchkey.api_keys" + whose_hash_is_of(key));
    }
    answer revoke(const std::string& key, std::string_view query = "?wait=all") {
        return client(one.admin_socket())
            .ask(post("/admin/v1/api-keys/" + id_of(key) + "/revoke" + std::string(query), "{}"));
    }
};

std::string code(const server_process& node, const std::string& key) {
    return code_of(node.ask(verify(question_of(key))));
}
std::string with_receipt(const std::string& key, const std::string& receipt) {
    return post("/api/v1/auth/verify-api-key", question_of(key),
                "X-Latchkey-Receipt: " + receipt + "\r\n");
}
std::string receipt_in(const answer& told) {
    return std::string(told.json().at("receipt").as_string());
}
// The names of the nodes in a list.
std::vector<std::string> names(const answer& told, const char* list) {
    std::vector<std::string> out;
    const auto json = told.json();
    for (const auto& one : json.at(list).as_array())
        out.emplace_back(one.as_object().at("node").as_string());
    return out;
}
bool complete(const answer& told) {
    return told.json().at("complete").as_bool();
}
using list = std::vector<std::string>;

} // namespace

BOOST_FIXTURE_TEST_SUITE(waiting_for_nodes, cluster)

BOOST_AUTO_TEST_CASE(all_nodes_have_it_when_the_answer_comes) {
    const auto other = node("other");
    for (int i = 0; i < 20; ++i) {
        const auto key = one.create_key(organization);
        BOOST_REQUIRE(soon([&] { return code(*other, key) == "VALID"; }));
        const auto told = revoke(key);
        BOOST_REQUIRE(told.status == 200);
        BOOST_REQUIRE(code(*other, key) == "REVOKED");
        BOOST_REQUIRE(code(one, key) == "REVOKED");
        BOOST_REQUIRE(complete(told));
        BOOST_TEST(names(told, "acknowledged") == (list{"one", "other"}));
        BOOST_TEST(names(told, "missing").empty());
        BOOST_TEST(told.json().at("durability").as_string() == "local");
        BOOST_TEST(told.json().contains("revoked_at"));
        // A second revocation changes nothing, and all have that.
        BOOST_TEST(complete(revoke(key)));
    }
}

BOOST_AUTO_TEST_CASE(two_that_share_a_name_are_told_apart) {
    const auto twin = node("one");
    const auto told = revoke(one.create_key(organization));
    BOOST_TEST(names(told, "acknowledged") == (list{"one", "one"}));
    const auto json = told.json();
    const auto& both = json.at("acknowledged").as_array();
    BOOST_TEST(both.at(0).at("instance_id").as_string() !=
               both.at(1).at("instance_id").as_string());
}

BOOST_AUTO_TEST_CASE(one_that_is_stopped_is_named_and_obeys_when_it_goes_on) {
    const auto other = node("other");
    const auto key = one.create_key(organization);
    BOOST_REQUIRE(soon([&] { return code(*other, key) == "VALID"; }));
    BOOST_REQUIRE(gets_cached(*other, key));
    other->signal(SIGSTOP);
    const auto told = revoke(key);
    BOOST_REQUIRE(told.status == 200);
    BOOST_TEST(!complete(told));
    BOOST_TEST(names(told, "acknowledged") == list{"one"});
    BOOST_TEST(names(told, "missing") == list{"other"});
    const auto fence =
        std::string(told.json().at("missing").as_array().at(0).at("fences_at").as_string());
    BOOST_TEST(database.value("select '" + fence +
                              "'::timestamptz between now() + interval '1 s'"
                              " and now() + interval '3 s'") == "t");
    BOOST_TEST(code(one, key) == "REVOKED"); // at once, where it was asked for

    // The receipt is obeyed from its first turn on.
    auto asking = other->connect();
    asking.send(with_receipt(key, receipt_in(told)));
    other->signal(SIGCONT);
    const auto first = code_of(asking.receive());
    BOOST_TEST((first == "REVOKED" || first == "503"));
    BOOST_TEST(soon([&] { return code(*other, key) == "REVOKED"; }));
    BOOST_TEST(complete(revoke(key)));
}

BOOST_AUTO_TEST_CASE(one_that_was_killed_is_missing_until_it_counts_as_dead) {
    auto other = node("other");
    other->signal(SIGKILL);
    const auto told = revoke(one.create_key(organization));
    BOOST_TEST(names(told, "missing") == list{"other"});
    database.exec("update latchkey.nodes set heartbeat_at = now() - interval '13 s'"
                  " where node = 'other'");
    const auto later = revoke(one.create_key(organization));
    BOOST_TEST(complete(later));
    BOOST_TEST(names(later, "acknowledged") == list{"one"});
    other.reset();
    // One that joins is counted from its first answer on.
    const auto third = node("third");
    BOOST_TEST(names(revoke(one.create_key(organization)), "acknowledged") ==
               (list{"one", "third"}));
}

BOOST_AUTO_TEST_CASE(one_that_was_stopped_in_order_is_not_waited_for) {
    auto other = node("other");
    const auto rows = "select count(*) from latchkey.nodes where node = 'other'";
    const auto key = one.create_key(organization);
    BOOST_REQUIRE(soon([&] { return code(*other, key) == "VALID"; }));
    BOOST_REQUIRE(gets_cached(*other, key));
    BOOST_TEST(database.value(rows) == "1");
    other->signal(SIGTERM);
    BOOST_TEST(other->wait_for_exit() == 0);
    BOOST_TEST(database.value(rows) == "0");
    const auto told = revoke(key);
    BOOST_TEST(complete(told));
    BOOST_TEST(names(told, "missing").empty());
    BOOST_TEST(names(told, "acknowledged") == list{"one"});
    // What has not drained may still answer, and its row stays.
    auto busy = std::make_unique<server_process>(
        database.uri(), name_is("busy") + "drain_timeout = \"1s\"\n", few_seconds);
    BOOST_REQUIRE(busy->wait_for("/readyz", 200));
    auto asking = busy->connect();
    asking.send("POST /api/v1/auth/verify-api-key HTTP/1.1\r\nHost: h\r\nContent-Type: "
                "application/json\r\nContent-Length: 10\r\n\r\n{");
    BOOST_REQUIRE(soon([&] {
        return database.value("select count(*) from latchkey.nodes"
                              " where node = 'busy'") == "1";
    }));
    busy->signal(SIGTERM);
    BOOST_TEST(busy->wait_for_exit() == 0);
    BOOST_TEST(database.value("select count(*) from latchkey.nodes where node = 'busy'") == "1");
}

BOOST_AUTO_TEST_CASE(everything_that_ends_something_can_be_waited_for) {
    const auto admin = [&](const std::string& bytes) {
        return client(one.admin_socket()).ask(bytes);
    };
    const auto made = admin(post("/admin/v1/devices", R"({"organization_id":"org-1","name":"d"})"));
    BOOST_REQUIRE(made.status == 201);
    const auto device = std::string(made.json().at("device_id").as_string());
    const auto devices = "/admin/v1/devices/" + device;
    const std::string by_id = R"({"token_id":"t-1"})";
    std::string revocation;
    for (const auto& [path, body, status] :
         {std::tuple{devices + "/rotate", std::string("{}"), 200},
          {devices + "/revoke", "{}", 200},
          {"/admin/v1/revocations", by_id, 201}}) {
        BOOST_TEST_CONTEXT(path) {
            const auto plain = admin(post(path, body));
            BOOST_TEST(plain.status == status);
            BOOST_TEST(!receipt_in(plain).empty());
            BOOST_TEST(!plain.json().contains("complete"));
        }
    }
    for (const auto& [path, body] :
         {std::pair{devices + "/revoke", std::string("{}")}, {"/admin/v1/revocations", by_id}}) {
        const auto told = admin(post(path + "?wait=all", body));
        BOOST_TEST(complete(told));
        if (told.json().contains("revocation_id"))
            revocation = std::string(told.json().at("revocation_id").as_string());
    }
    const auto withdrawn = admin("DELETE /admin/v1/revocations/" + revocation +
                                 "?wait=all HTTP/1.1\r\nHost: h\r\n\r\n");
    BOOST_TEST(withdrawn.status == 200);
    BOOST_TEST(complete(withdrawn));

    const struct {
        std::string path;
        int status;
    } refused[] = {
        {devices + "/revoke?wait=some", 400},
        {devices + "/revoke?wait=all&wait=all", 400},
        {devices + "/revoke?wait=", 400},
        {"/admin/v1/organizations?wait=all", 400},
        {"/admin/v1/devices/none/revoke?wait=all", 404},
    };
    for (const auto& r : refused)
        BOOST_TEST_CONTEXT(r.path)
    BOOST_TEST(admin(post(r.path, "{}")).status == r.status);
}

// The bound is looked at before anything is changed.
BOOST_AUTO_TEST_CASE(one_too_many_waits_changes_nothing) {
    const auto other = node("other");
    other->signal(SIGSTOP);
    std::vector<client> waiting;
    for (int i = 0; i < 2; ++i) {
        const auto path =
            "/admin/v1/api-keys/" + id_of(one.create_key(organization)) + "/revoke?wait=all";
        waiting.emplace_back(one.admin_socket());
        waiting.back().send(post(path, "{}"));
    }
    const auto revoked = "select count(*) from latchkey.api_keys where revoked_at is not null";
    BOOST_REQUIRE(soon([&] { return database.value(revoked) == "2"; }));
    const auto key = one.create_key(organization);
    const auto refused = revoke(key);
    BOOST_TEST(refused.status == 503);
    BOOST_TEST(refused.body.find("nothing was changed") != std::string::npos);
    BOOST_TEST(database.value(revoked) == "2");
    BOOST_TEST(revoke(key, "").status == 200); // without a wait
    for (auto& one_client : waiting)
        BOOST_TEST(!complete(one_client.receive()));
    other->signal(SIGCONT);
    BOOST_TEST(soon([&] { return complete(revoke(key)); }));
}

// The node answers, but hears nothing of the database.
BOOST_AUTO_TEST_CASE(a_node_that_is_cut_off_answers_no_question_with_a_receipt) {
    const auto socket = database.value("select current_setting('unix_socket_directories')") +
                        "/.s.PGSQL." + database.value("select current_setting('port')");
    faulty_proxy proxy(socket);
    auto through = database.uri();
    const auto direct = socket.substr(0, socket.rfind('/'));
    for (auto at = through.find(direct); at != std::string::npos; at = through.find(direct))
        through.replace(at, direct.size(), proxy.folder());
    server_process other(through, name_is("other"), "[cache]\nmax_staleness = \"20s\"\n");
    BOOST_REQUIRE(other.wait_for("/readyz", 200));
    const auto key = one.create_key(organization);
    // The other node has read the news of the key, which would end its cached answer.
    const auto before = one.create_key(organization);
    const auto known = receipt_in(revoke(before, ""));
    BOOST_REQUIRE(soon([&] { return other.ask(with_receipt(before, known)).status == 200; }));
    BOOST_REQUIRE(gets_cached(other, key));
    proxy.stall();
    const auto receipt = receipt_in(revoke(key, ""));
    BOOST_TEST(code(other, key) == "VALID"); // it cannot know
    const auto asked = std::chrono::steady_clock::now();
    const auto refused = other.ask(with_receipt(key, receipt));
    const auto took = std::chrono::steady_clock::now() - asked;
    BOOST_TEST(refused.status == 503);
    BOOST_TEST(refused.field("Retry-After") == "1");
    BOOST_TEST((took >= 1s));
    BOOST_TEST((took < patience));
    BOOST_TEST(code_of(one.ask(with_receipt(key, receipt))) == "REVOKED");

    // One that is there while it catches up waits no longer than that takes.
    auto waiting = other.connect();
    waiting.send(with_receipt(key, receipt));
    BOOST_TEST(!waiting.has_answer(50ms));
    proxy.pass();
    const auto first = code_of(waiting.receive());
    BOOST_TEST((first == "REVOKED" || first == "503"));
    BOOST_TEST(soon([&] { return code_of(other.ask(with_receipt(key, receipt))) == "REVOKED"; }));
}

// Nobody knows whether this node has missed what the receipt is about.
BOOST_AUTO_TEST_CASE(a_receipt_of_another_life_of_the_database_is_not_answered) {
    const auto key = one.create_key(organization);
    BOOST_TEST(one.ask(with_receipt(key, forged_receipt(database, 1))).status == 200);
    for (const auto& receipt :
         {forged_receipt(database, far_transaction), forged_receipt(database, 1, "another")}) {
        const auto refused = one.ask(with_receipt(key, receipt));
        BOOST_TEST(refused.status == 503);
        BOOST_TEST(refused.field("Retry-After") == "1");
    }
    // One that the database has lived through lies behind everything that is known.
    database.exec("insert into latchkey.eras (era, written_in)"
                  " select 'past', written_in from latchkey.eras limit 1");
    server_process later(database.uri(), name_is("later"), few_seconds);
    BOOST_REQUIRE(later.wait_for("/readyz", 200));
    const auto past = forged_receipt(database, far_transaction, "past");
    BOOST_TEST(soon([&] { return later.ask(with_receipt(key, past)).status == 200; }));
}

BOOST_AUTO_TEST_CASE(a_receipt_that_is_none_is_refused_wherever_questions_are_asked) {
    const auto key = one.create_key(organization);
    const auto other_key = one.create_key(organization);
    const auto receipt = receipt_in(revoke(other_key, ""));
    const auto more = receipt_in(revoke(other_key, ""));
    BOOST_TEST(receipt.size() == 98u);
    auto changed = receipt;
    changed[20] = changed[20] == 'A' ? 'B' : 'A';
    const list bad = {"", "x", changed, receipt.substr(1), receipt + "," + changed, "," + receipt};
    for (const auto& text : bad)
        for (const auto* path : {"verify-api-key", "verify-token", "verify-batch",
                                 "authenticate-device", "generate-token"}) {
            const auto told = one.ask(post(std::string("/api/v1/auth/") + path, question_of(key),
                                           "X-Latchkey-Receipt: " + text + "\r\n"));
            BOOST_TEST_CONTEXT(path << " with " << text)
            BOOST_TEST(told.status == 400);
        }
    BOOST_TEST(one.ask(get("/health", "X-Latchkey-Receipt: x\r\n")).status == 200);
    // Several, in a list or in lines of their own, are several changes that the caller knows of.
    for (const auto& both : {receipt + ", " + more, receipt + "\r\nX-Latchkey-Receipt: " + more})
        BOOST_TEST(code_of(one.ask(with_receipt(key, both))) == "VALID");
    std::string many = receipt;
    for (int i = 0; i < 8; ++i)
        many += "," + receipt;
    BOOST_TEST(one.ask(with_receipt(key, many)).status == 400);
    // Requests on one connection keep their order.
    auto pipelined = one.connect();
    pipelined.send(with_receipt(key, receipt) + verify(question_of(other_key)));
    BOOST_TEST(code_of(pipelined.receive()) == "VALID");
    BOOST_TEST(code_of(pipelined.receive()) == "REVOKED");
}

BOOST_AUTO_TEST_CASE(a_request_with_an_idempotency_key_is_done_once) {
    const auto other = node("other");
    const auto ask = [&](const server_process& at, const std::string& body,
                         const std::string& key = "Idempotency-Key: k-1\r\n") {
        return client(at.admin_socket()).ask(post("/admin/v1/api-keys", body, key));
    };
    const auto body = R"({"organization_id":"org-1","name":"ci"})";
    const auto first = ask(one, body);
    BOOST_REQUIRE(first.status == 201);
    BOOST_TEST(first.field("Idempotent-Replayed").empty());
    const std::string secret(first.json().at("api_key").as_string());
    for (const auto* at : {&one, other.get()}) {
        const auto again = ask(*at, body);
        BOOST_TEST(again.status == 201);
        BOOST_TEST(again.field("Idempotent-Replayed") == "true");
        BOOST_TEST(again.json().at("key_id") == first.json().at("key_id"));
        BOOST_TEST(again.json().at("created_at") == first.json().at("created_at"));
        BOOST_TEST(!again.json().contains("api_key"));
        BOOST_TEST(again.body.find(secret) == std::string::npos);
        BOOST_TEST(ask(*at, R"({"organization_id":"org-1","name":"x"})").status == 422);
    }
    BOOST_TEST(database.value("select count(*) from latchkey.api_keys") == "1");
    BOOST_TEST(database.value("select count(*) from latchkey.idempotency_keys k where k::text like"
                              " '%" +
                              secret + "%'") == "0");

    // What was refused may be asked again.
    const auto unknown = R"({"organization_id":"org-2","name":"ci"})";
    const auto key = "Idempotency-Key: k-2\r\n";
    BOOST_TEST(ask(one, unknown, key).status == 404);
    one.create_organization("org-2");
    BOOST_TEST(ask(one, unknown, key).status == 201);

    BOOST_TEST(ask(one, body, "Idempotency-Key: " + std::string(255, 'k') + "\r\n").status == 201);
    BOOST_TEST(ask(one, body, "Idempotency-Key: " + std::string(256, 'k') + "\r\n").status == 400);
    BOOST_TEST(ask(one, body, "Idempotency-Key: a b\r\n").status == 400);

    // Of many at once, one is done.
    std::vector<client> clients;
    for (int i = 0; i < 20; ++i) {
        clients.emplace_back((i % 2 ? one : *other).admin_socket());
        clients.back().send(
            post("/admin/v1/organizations", R"({"name":"once"})", "Idempotency-Key: k-3\r\n"));
    }
    for (auto& c : clients) {
        const auto told = c.receive();
        BOOST_TEST((told.status == 201 || told.status == 409));
    }
    BOOST_TEST(database.value("select count(*) from public.organizations where name = 'once'") ==
               "1");
}

// The revocation can be waited for by whoever asks again, too.
BOOST_AUTO_TEST_CASE(a_repeated_revocation_tells_the_receipt_and_waits) {
    const auto path = "/admin/v1/api-keys/" + id_of(one.create_key(organization)) + "/revoke";
    const auto ask = [&] {
        return client(one.admin_socket())
            .ask(post(path + "?wait=all", "{}", "Idempotency-Key: k\r\n"));
    };
    const auto first = ask();
    const auto again = ask();
    BOOST_TEST(again.field("Idempotent-Replayed") == "true");
    BOOST_TEST(complete(again));
    BOOST_TEST(receipt_in(again) == receipt_in(first));
    BOOST_TEST(again.json().at("revoked_at") == first.json().at("revoked_at"));
}

BOOST_AUTO_TEST_SUITE_END()
