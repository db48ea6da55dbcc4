// Credits and usage by day, as operators see them.
#include "issuing_nodes.hpp"

#include <boost/json/array.hpp>
#include <boost/json/parse.hpp>

using namespace latchkey::test;

namespace {

struct running {
    issuing_nodes nodes;
    std::unique_ptr<server_process> server;
    std::string key;
    std::string key_id;

    running() { start("[use]\nflush_interval = \"200ms\"\n"); }
    void start(const std::string& toml) {
        server = nodes.start(true, toml);
        if (key.empty()) {
            server->create_organization("acme");
            key = server->create_key("acme", {"--external-id", "cust", "--credits", "100",
                                              "--refill", "50", "--every", "30d"});
            key_id = nodes.database.value("select key_id from latchkey.api_keys");
        }
    }
    outcome tell(std::vector<std::string> words) const {
        words.emplace_back("--json");
        return server->command(std::move(words));
    }
    boost::json::object good(std::vector<std::string> words) const {
        const auto done = tell(std::move(words));
        BOOST_REQUIRE_MESSAGE(done.exit_code == 0, done.err);
        return boost::json::parse(done.out).as_object();
    }
    std::int64_t remaining(std::vector<std::string> words) const {
        return good(std::move(words)).at("remaining").as_int64();
    }
};

} // namespace

BOOST_FIXTURE_TEST_SUITE(credits, running)

BOOST_AUTO_TEST_CASE(operators_give_show_add_and_take_away) {
    const auto made = good({"key", "show", key_id}).at("credits").as_object();
    BOOST_TEST(made.at("kind").as_string() == "key");
    BOOST_TEST(made.at("remaining").as_int64() == 100);
    BOOST_TEST(made.at("leased").as_int64() == 0);
    BOOST_TEST(made.at("unaccounted").as_int64() == 0);
    BOOST_TEST(made.at("refill").at("amount").as_int64() == 50);
    BOOST_TEST(made.at("refill").at("every").as_int64() == 30 * 86400);
    BOOST_TEST(made.at("refills_at").is_string());

    BOOST_TEST(remaining({"credits", "add", key_id, "--amount", "11"}) == 111);
    BOOST_TEST(remaining({"credits", "set", key_id, "--remaining", "7", "--no-refill"}) == 7);
    // Below the key is where some look for them.
    const auto shown = good({"key", "credits", "show", key_id});
    BOOST_TEST(shown.at("remaining").as_int64() == 7);
    BOOST_TEST(shown.at("refill").is_null());
    BOOST_TEST(shown.at("key_id").as_string() == key_id);

    // A repeated request adds once.
    for (int i = 0; i < 2; ++i)
        BOOST_TEST(remaining({"credits", "add", key_id, "--amount", "5", "--idempotency-key",
                              "i-1"}) == 12);

    const std::vector<std::string> owner = {"--organization", "acme", "--owner", "cust"};
    const auto of_owner = [&](std::vector<std::string> words) {
        words.insert(words.end(), owner.begin(), owner.end());
        return words;
    };
    BOOST_TEST(remaining(of_owner({"credits", "set", "--remaining", "1000"})) == 1000);
    BOOST_TEST(remaining(of_owner({"credits", "add", "--amount", "1"})) == 1001);
    BOOST_TEST(good({"credits", "list"}).at("credit_accounts").as_array().size() == 2u);
    BOOST_TEST(good({"credits", "list", "--limit", "1"}).at("next_cursor").is_string());
    good({"credits", "remove", key_id});
    const auto shared = good({"credits", "show", key_id}); // what it spends from now
    BOOST_TEST(shared.at("kind").as_string() == "owner");
    BOOST_TEST(shared.at("external_id").as_string() == "cust");
    BOOST_TEST(tell({"credits", "remove", key_id}).exit_code == 64);
    good(of_owner({"credits", "remove"}));
    BOOST_TEST(good({"key", "show", key_id}).at("credits").is_null());
    BOOST_TEST(tell({"credits", "show", key_id}).exit_code == 64);
    BOOST_TEST(tell({"credits", "show", "none"}).exit_code == 64);

    const auto events = good({"audit", "list", "--object", key_id, "--order", "asc"});
    std::string told;
    for (const auto& one : events.at("audit_events").as_array())
        told += std::string(one.at("action").as_string()) + ' ';
    BOOST_TEST(told == "api_key.create credit_account.create credit_account.update "
                       "credit_account.update credit_account.update credit_account.delete ");
}

BOOST_AUTO_TEST_CASE(mistakes_are_named) {
    const auto complaint = [&](std::vector<std::string> words) {
        const auto done = tell(std::move(words));
        BOOST_TEST(done.exit_code == 64);
        return done.err;
    };
    const auto has = [](const std::string& text, std::string_view part) {
        return text.find(part) != std::string::npos;
    };
    BOOST_TEST(has(complaint({"credits", "show"}), "whose credits?"));
    BOOST_TEST(has(complaint({"credits", "show", key_id, "--owner", "x"}), "or an owner"));
    BOOST_TEST(has(complaint({"credits", "set", key_id}), "nothing is to be changed"));
    BOOST_TEST(has(complaint({"credits", "set", key_id, "--refill", "5"}), "go together"));
    BOOST_TEST(has(complaint({"credits", "set", key_id, "--remaining", "-1"}), "remaining"));
    BOOST_TEST(has(complaint({"credits", "add", key_id, "--amount", "0"}), "amount"));
    BOOST_TEST(has(complaint({"credits", "set", "none", "--remaining", "1"}), "there is no key"));
    BOOST_TEST(has(
        complaint({"credits", "set", "--organization", "none", "--owner", "x", "--remaining", "1"}),
        "there is no organization"));
    BOOST_TEST(has(complaint({"key", "create", "--organization", "acme", "--name", "n", "--refill",
                              "5", "--every", "1d"}),
                   "--credits"));
    BOOST_TEST(has(complaint({"usage", "list", "--since", "yesterday"}), "since"));
}

BOOST_AUTO_TEST_CASE(a_limit_of_the_fleet_is_shown_and_kept) {
    const auto id = good({"key", "create", "--organization", "acme", "--name", "n", "--rate-limit",
                          "100/1m", "--rate-limit-scope", "fleet"})
                        .at("key_id")
                        .as_string();
    const auto limit = [&] {
        const auto shown = good({"key", "show", id.c_str()}).at("rate_limit").as_object();
        return shown.contains("scope") ? std::string(shown.at("scope").as_string()) : "";
    };
    BOOST_TEST(limit() == "fleet");
    const auto exported = server->command({"key", "export"});
    BOOST_TEST(exported.out.find(R"("burst":100,"scope":"fleet")") != std::string::npos);
    good({"key", "update", id.c_str(), "--rate-limit", "7/1m"});
    BOOST_TEST(limit() == "");
    BOOST_TEST(tell({"key", "update", id.c_str(), "--rate-limit", "7/1m", "--rate-burst", "3",
                     "--rate-limit-scope", "fleet"})
                   .exit_code == 64);
}

BOOST_AUTO_TEST_CASE(usage_is_listed_by_day_key_and_owner) {
    const auto ask = [&](std::string_view more) {
        return code_of(server->ask(verify(question_of(key, more))));
    };
    BOOST_REQUIRE(soon([&] { return ask("") == "VALID"; }));
    BOOST_TEST(ask(R"(,"cost":5)") == "VALID");
    BOOST_TEST(ask(R"(,"scopes":["admin"])") == "INSUFFICIENT_SCOPES");
    BOOST_TEST(soon([&] {
        return nodes.database.value("select coalesce(sum(cost), 0) from latchkey.usage_by_day") ==
               "6";
    }));
    nodes.database.exec("insert into latchkey.usage_by_day values"
                        " (current_date - 40, 'acme', 'old', 'cust', 3, 4, 0)");
    const auto rows = [&](std::vector<std::string> words) {
        words.insert(words.begin(), {"usage", "list"});
        return good(std::move(words)).at("usage").as_array();
    };
    const auto this_month = rows({});
    BOOST_REQUIRE(this_month.size() == 1u);
    BOOST_TEST(this_month[0].at("key_id").as_string() == key_id);
    BOOST_TEST(this_month[0].at("external_id").as_string() == "cust");
    BOOST_TEST(this_month[0].at("valid").as_int64() == 2);
    BOOST_TEST(this_month[0].at("cost").as_int64() == 6);
    BOOST_TEST(rows({"--since", "60d"}).size() == 2u);
    const auto by_owner = rows({"--since", "60d", "--by", "owner"});
    BOOST_REQUIRE(by_owner.size() == 1u);
    BOOST_TEST(by_owner[0].at("valid").as_int64() == 5);
    BOOST_TEST(by_owner[0].at("day").is_null());
    BOOST_TEST(rows({"--since", "60d", "--by", "day"}).size() == 2u);
    BOOST_TEST(rows({"--since", "60d", "--by", "key", "--key", "old"}).size() == 1u);
    BOOST_TEST(rows({"--since", "60d", "--owner", "nobody"}).empty());
    BOOST_TEST(rows({"--organization", "none"}).empty());
    // Page by page.
    for (const auto* by : {"", "day"}) {
        std::vector<std::string> words = {"usage", "list", "--since", "60d", "--limit", "1"};
        if (*by) words.insert(words.end(), {"--by", by});
        const auto first = good(words);
        words.insert(words.end(), {"--cursor", first.at("next_cursor").as_string().c_str()});
        const auto second = good(words);
        BOOST_TEST(second.at("usage").as_array().size() == 1u);
        BOOST_TEST(second.at("next_cursor").is_null());
        BOOST_TEST(second.at("usage").at(0).at("day") != first.at("usage").at(0).at("day"));
    }
    BOOST_TEST(server->command({"usage", "list"}).err.find("use.enabled") == std::string::npos);
    server.reset();
    start("[use]\nenabled = false\n");
    BOOST_TEST(server->command({"usage", "list"}).err.find("use.enabled is false") !=
               std::string::npos);
}

BOOST_AUTO_TEST_SUITE_END()
