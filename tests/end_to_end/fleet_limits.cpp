// Limits that hold for all nodes together (scope = "fleet"), over real sockets.
#include "issuing_nodes.hpp"

#include <boost/json/array.hpp>
#include <boost/json/parse.hpp>

#include <algorithm>
#include <csignal>
#include <ctime>

using namespace latchkey::test;

namespace {

// A window that does not end while a test runs.
std::string long_window() {
    const auto is_far = [](std::time_t length) {
        return length - std::time(nullptr) % length > 1200;
    };
    return is_far(86400) ? "24h" : "23h";
}
std::string policy(const std::string& counts, int quantity, const std::string& more = {}) {
    return "[rate_limit]\nlease_wait = \"2s\"\n" + more +
           "[[rate_limit.policies]]\nname = \"all\"\nscope = \"fleet\"\ncounts = \"" + counts +
           "\"\nquantity = " + std::to_string(quantity) + "\nwindow = \"" + long_window() + "\"\n";
}

struct fleet {
    void start(int count, const std::string& toml) {
        for (int i = 0; i < count; ++i)
            nodes.push_back(all.start(true, toml));
        organization = nodes[0]->create_organization();
        key = nodes[0]->create_key(organization);
    }
    // Both know of each other.
    bool know_each_other() const {
        return soon([&] {
            return std::ranges::all_of(nodes, [&](const auto& n) {
                return metric(*n, "auth_lease_nodes{of=\"limits\"}") ==
                       static_cast<double>(nodes.size());
            });
        });
    }
    answer ask(std::size_t node, const std::string& more = {}) const {
        return nodes[node]->ask(verify(question_of(key, more)));
    }
    // Asks each node in turn until nobody has allowed anything for a while.
    int use_up(const std::vector<std::size_t>& of, int most,
               std::chrono::nanoseconds within = std::chrono::seconds(20)) const {
        int allowed = 0;
        const auto next = [&] {
            for (const auto n : of)
                allowed += code_of(ask(n)) == "VALID";
            return allowed >= most;
        };
        soon(next, within);
        for (int i = 0; i < 20; ++i)
            next();
        return allowed;
    }
    void cut() const { all.database.exec("alter function latchkey.lease rename to lease_away"); }
    void mend() const { all.database.exec("alter function latchkey.lease_away rename to lease"); }

    mutable issuing_nodes all;
    std::vector<std::unique_ptr<server_process>> nodes;
    std::string organization;
    std::string key;
};

std::string batch_of(std::size_t count, const std::string& item) {
    std::string out = R"({"items":[)";
    for (std::size_t i = 0; i < count; ++i)
        out += (i == 0 ? "" : ",") + item;
    return post("/api/v1/auth/verify-batch", out + "]}");
}

} // namespace

BOOST_FIXTURE_TEST_SUITE(fleet_limits, fleet)

BOOST_AUTO_TEST_CASE(three_nodes_count_together) {
    start(3, policy("organization", 30));
    BOOST_TEST(use_up({0, 1, 2}, 30) == 30);
    const auto refused = ask(1);
    BOOST_TEST(refused.status == 429);
    BOOST_TEST(refused.field("RateLimit-Policy").starts_with("\"all\";q=30;w="));
    BOOST_TEST(refused.field("RateLimit").starts_with("\"all\";r=0;t="));
    BOOST_TEST(std::stoi(refused.field("Retry-After")) > 1000);
    BOOST_TEST(metric(*nodes[0], "auth_lease_requests_total{of=\"limits\"}") >= 1);
    BOOST_TEST(metric(*nodes[0], "auth_lease_buckets{of=\"limits\"}") >= 1);
    BOOST_TEST(all.database.value("select sum(given) from latchkey.lease_windows") == "30");
}

BOOST_AUTO_TEST_CASE(each_kind_of_policy) {
    start(2, policy("api_key", 10));
    BOOST_TEST(use_up({0, 1}, 10) == 10);
    nodes.clear();
    start(2, policy("address", 20));
    BOOST_TEST(use_up({0, 1}, 20) <= 20);
    for (const auto& n : nodes)
        BOOST_TEST(n->ask(verify("{}")).status == 429);
}

BOOST_AUTO_TEST_CASE(a_node_that_ends_gives_back_and_a_killed_one_does_not) {
    start(3, policy("organization", 40));
    for (std::size_t n = 0; n < 3; ++n)
        for (int i = 0; i < 3; ++i)
            BOOST_TEST(soon([&] { return code_of(ask(n)) == "VALID"; }));
    nodes[0]->signal(SIGTERM);
    BOOST_TEST(nodes[0]->wait_for_exit() == 0);
    BOOST_TEST(all.database.value("select sum(given) < 40 from latchkey.lease_windows") == "t");
    nodes[1]->signal(SIGKILL);
    nodes[1]->wait_for_exit();
    const auto rest = use_up({2}, 31, std::chrono::seconds(4));
    BOOST_TEST(rest <= 31);
    BOOST_TEST(rest >= 22); // less what the killed one held
}

BOOST_AUTO_TEST_CASE(killed_backends_lose_nothing_and_give_nothing_twice) {
    start(2, policy("organization", 200));
    int allowed = 0;
    const auto done = [&] {
        all.database.exec("select pg_terminate_backend(pid) from pg_stat_activity where query like"
                          " '%latchkey.lease(%' and pid <> pg_backend_pid()");
        for (int i = 0; i < 5; ++i)
            for (std::size_t n = 0; n < 2; ++n)
                allowed += code_of(ask(n)) == "VALID";
        return allowed >= 196;
    };
    BOOST_TEST(soon(done, std::chrono::seconds(60)));
    allowed += use_up({0, 1}, 200 - allowed);
    BOOST_TEST(allowed <= 200);
    BOOST_TEST(allowed >= 196);
}

BOOST_AUTO_TEST_CASE(without_the_database_nothing_more_is_sure) {
    start(2, policy("organization", 100));
    BOOST_TEST(code_of(ask(0)) == "VALID");
    cut();
    int allowed = 0;
    answer last;
    BOOST_TEST(soon([&] {
        last = ask(0);
        allowed += last.status == 200;
        return last.status == 503;
    }));
    BOOST_TEST(allowed < 99);
    BOOST_TEST(last.body.find("of all nodes cannot be asked now") != std::string::npos);
    BOOST_TEST(last.has("Retry-After: 1"));
    mend();
    BOOST_TEST(soon([&] { return code_of(ask(0)) == "VALID"; }));
}

BOOST_AUTO_TEST_CASE(or_each_node_has_its_share) {
    start(2, policy("organization", 20, "when_unsure = \"local-share\"\n"));
    for (std::size_t n = 0; n < 2; ++n)
        BOOST_TEST(soon([&] { return code_of(ask(n)) == "VALID"; }));
    int allowed = 2;
    BOOST_TEST(know_each_other());
    cut();
    BOOST_TEST(soon([&] {
        bool all_refused = true;
        for (std::size_t n = 0; n < 2; ++n) {
            const auto a = ask(n);
            allowed += code_of(a) == "VALID";
            all_refused = all_refused && a.status == 429;
        }
        return all_refused;
    }));
    BOOST_TEST(allowed <= 20);
    BOOST_TEST(allowed >= 10);
    mend();
    BOOST_TEST(soon([&] {
        return all.database.value("select sum(given) >= " + std::to_string(allowed) +
                                  " from latchkey.lease_windows") == "t";
    }));
}

BOOST_AUTO_TEST_CASE(items_of_a_batch_wait_for_their_leases) {
    start(2, policy("organization", 7));
    const auto item = R"({"type":"api_key","api_key":")" + key + "\"}";
    auto both = nodes[1]->ask(batch_of(10, item)).json();
    BOOST_TEST(both.at("undecided_count").as_int64() == 0);
    BOOST_TEST(both.at("valid_count").as_int64() == 7);
    BOOST_TEST(both.at("results").at(9).at("code").as_string() == "RATE_LIMITED");
    // A key that no cache has, and another organization's bucket.
    const auto other = nodes[0]->create_key(nodes[0]->create_organization());
    both = nodes[1]->ask(batch_of(9, R"({"type":"api_key","api_key":")" + other + "\"}")).json();
    BOOST_TEST(both.at("undecided_count").as_int64() == 0);
    BOOST_TEST(both.at("valid_count").as_int64() == 7);
}

// The key's own limit, by each way that asks about it.
BOOST_AUTO_TEST_CASE(a_keys_own_limit_is_counted_by_all_nodes) {
    start(3, "");
    const auto of = [&](const std::string& quantity) {
        return nodes[0]->create_key(organization, {"--rate-limit", quantity + "/" + long_window(),
                                                   "--rate-limit-scope", "fleet"});
    };
    key = of("30");
    BOOST_TEST(use_up({0, 1, 2}, 30) == 30);
    const auto refused = ask(1);
    BOOST_TEST(code_of(refused) == "RATE_LIMITED");
    const auto limit = refused.json().at("rate_limit").as_object();
    BOOST_TEST(limit.at("quantity").as_int64() == 30);
    BOOST_TEST(limit.at("remaining").as_int64() == 0);
    BOOST_TEST(limit.at("scope").as_string() == "fleet");

    key = of("12");
    const auto forward = [&](std::size_t n) {
        return nodes[n]->ask("GET /forward-auth HTTP/1.1\r\nHost: x\r\nX-Api-Key: " + key +
                             "\r\n\r\n");
    };
    const auto batched = nodes[2]
                             ->ask(batch_of(4, R"({"type":"api_key","api_key":")" + key + "\"}"))
                             .json()
                             .at("valid_count")
                             .as_int64();
    BOOST_TEST(batched == 4);
    int passed = 0;
    BOOST_TEST(soon([&] { return (passed += forward(0).status == 200) == 4; }));
    int issued = 0;
    BOOST_TEST(soon(
        [&] { return (issued += !token_of(nodes[1]->ask(ask_for_token(key))).empty()) == 4; }));
    BOOST_TEST(soon([&] { return forward(0).status == 429; }));
    BOOST_TEST(soon([&] { return code_of(ask(2)) == "RATE_LIMITED"; }));
}

// A caller that is no caller stays one, however often its request comes again for a lease.
BOOST_AUTO_TEST_CASE(who_waits_for_a_lease_is_not_let_in_by_that) {
    const std::string callers = "[auth]\ncallers = \"required\"\n";
    struct {
        const char* counts;
        int answers;
    } const rows[] = {{"address", 3}, {"organization", 3}};
    for (const auto& row : rows) {
        BOOST_TEST_CONTEXT(row.counts) {
            nodes.clear();
            nodes.push_back(all.start(true, callers + policy(row.counts, 1000)));
            organization = nodes[0]->create_organization();
            key = nodes[0]->create_key(organization);
            const auto asker = nodes[0]->create_key(organization, {"--scopes", "latchkey:verify"});
            const auto item = R"({"type":"api_key","api_key":")" + key + "\"}";
            const auto as = [&](const std::string& who) {
                auto asked = batch_of(3, item);
                return nodes[0]->ask(
                    asked.insert(asked.find("\r\n") + 2, "X-Latchkey-Key: " + who + "\r\n"));
            };
            // The first of each finds nothing leased.
            BOOST_TEST(as("lk_live_unknown").status == 401);
            BOOST_TEST(as(key).status == 403);
            BOOST_TEST(nodes[0]->ask(batch_of(3, item)).status == 401);
            BOOST_TEST(soon([&] { return as(asker).status == 200; }));
            BOOST_TEST(as(asker).json().at("valid_count").as_int64() == 3);
        }
    }
}

// Nor is a caller that its listener vouches for: its organization pays for each question.
BOOST_AUTO_TEST_CASE(a_listeners_caller_pays_for_what_waited) {
    const temporary_folder folder;
    const auto path = folder.file("caller.sock");
    const server_process server(
        all.database.uri(), "",
        policy("organization", 3) + "[[callers]]\nunix_listener = \"unix:" + path +
            "\"\nscopes = \"latchkey:verify\"\n" + "organization = \"ours\"\n",
        {}, {}, {.more_places = ", unix:" + path});
    BOOST_REQUIRE(server.wait_for("/readyz", 200));
    server.create_organization("ours");
    const auto status = [&] {
        return client(path).ask(verify(question_of("lk_live_none"))).status;
    };
    for (int i = 0; i < 3; ++i)
        BOOST_TEST(status() == 200);
    BOOST_TEST(status() == 429);
}

// A client of OAuth pays once for a question whose subject has to wait for a lease.
BOOST_AUTO_TEST_CASE(a_client_pays_once) {
    start(1, policy("organization", 1000));
    const auto made =
        nodes[0]->command({"key", "create", "--organization", organization, "--name", "client",
                           "--scopes", "latchkey:introspect:*", "--rate-limit",
                           "5/" + long_window(), "--rate-limit-scope", "fleet", "--json"});
    const auto asker = boost::json::parse(made.out).as_object();
    const auto other = nodes[0]->create_key(nodes[0]->create_organization());
    const auto form = "client_id=" + std::string(asker.at("key_id").as_string()) +
                      "&client_secret=" + std::string(asker.at("api_key").as_string()) +
                      "&token=" + other;
    const auto ask_once = [&] {
        return nodes[0]->ask("POST /oauth2/introspect HTTP/1.1\r\nHost: x\r\nContent-Type: "
                             "application/x-www-form-urlencoded\r\nContent-Length: " +
                             std::to_string(form.size()) + "\r\n\r\n" + form);
    };
    for (int i = 0; i < 5; ++i) {
        const auto a = ask_once();
        BOOST_TEST(a.status == 200);
        BOOST_TEST(a.body.starts_with(R"({"active":true)"));
    }
    BOOST_TEST(ask_once().status == 429);
}

// Each question costs once, also if its request had to come again.
BOOST_AUTO_TEST_CASE(what_comes_again_is_charged_once) {
    struct {
        int of_address;
        int of_organization;
        const char* told; ///< the tightest limit of those that are shared
    } const rows[] = {{100, 1000, "\"all\";r=88;"}, {1000, 100, "\"org\";r=88;"}};
    for (const auto& row : rows) {
        BOOST_TEST_CONTEXT(row.told) {
            nodes.clear();
            start(1, policy("address", row.of_address) +
                         "[[rate_limit.policies]]\nname = \"org\"\nscope = \"fleet\"\ncounts = "
                         "\"organization\"\nquantity = " +
                         std::to_string(row.of_organization) + "\nwindow = \"" + long_window() +
                         "\"\n");
            const auto plain = key;
            key = nodes[0]->create_key(organization,
                                       {"--rate-limit", "50/" + long_window(), "--rate-limit-scope",
                                        "fleet", "--credits", "500"});
            const auto item = R"({"type":"api_key","api_key":")" + key + "\"}";
            const auto both = nodes[0]->ask(batch_of(10, item)).json();
            BOOST_TEST(both.at("valid_count").as_int64() == 10);
            const auto one = ask(0);
            BOOST_TEST(code_of(one) == "VALID");
            BOOST_TEST(one.json().at("rate_limit").at("remaining").as_int64() == 39);
            BOOST_TEST(one.json().at("credits").at("remaining").as_int64() == 489);
            key = plain;
            BOOST_TEST(ask(0).field("RateLimit").starts_with(row.told));
        }
    }
}

// Whoever ends a credential may wait for a lease, too; it gets one answer.
BOOST_AUTO_TEST_CASE(endings_wait_for_leases) {
    start(1, policy("organization", 100));
    const auto token = issuing_nodes::issue(*nodes[0], key);
    for (const auto& body : {R"({"token":")" + token + "\"}", R"({"api_key":")" + key + "\"}"}) {
        nodes[0]->signal(SIGTERM);
        nodes[0]->wait_for_exit();
        nodes[0] = all.start(true, policy("organization", 100));
        const auto ended = nodes[0]->ask(post("/api/v1/auth/revoke", body));
        BOOST_TEST(ended.status == 200);
        BOOST_TEST(ended.json().at("code").as_string() == "REVOKED");
        BOOST_TEST(nodes[0]->ask(get("/livez")).status == 200);
    }
}

BOOST_AUTO_TEST_CASE(without_room_for_another_bucket_it_is_undecided) {
    start(1, policy("api_key", 5, "fleet_buckets = 16\n"));
    int refused = 0;
    for (int i = 0; i < 30; ++i) {
        const auto a = nodes[0]->ask(verify(question_of("unknown-key-" + std::to_string(i))));
        refused += a.status == 503 && a.body.find("fleet_buckets") != std::string::npos;
    }
    BOOST_TEST(refused >= 10);
    BOOST_TEST(refused <= 15);
}

BOOST_AUTO_TEST_SUITE_END()
