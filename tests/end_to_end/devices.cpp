// Devices: registered, authenticated, rotated, revoked, imported and rehashed, on the whole server.
#include "issuing_nodes.hpp"

#include <boost/json/parse.hpp>

#include <algorithm>
#include <cmath>
#include <ctime>
#include <fstream>

using namespace latchkey::test;
using namespace std::chrono_literals;

namespace {

struct device {
    std::string id;
    std::string secret;
};

std::string claim(std::string_view id, std::string_view secret, std::string_view more = {}) {
    return R"({"device_id":")" + std::string(id) + R"(","device_secret":")" + std::string(secret) +
           "\"" + std::string(more) + "}";
}
std::string authenticate(std::string_view id, std::string_view secret, std::string_view more = {},
                         std::string_view fields = {}) {
    return post("/api/v1/auth/authenticate-device", claim(id, secret, more), fields);
}

struct running {
    migrated_database database;
    server_process server;
    explicit running(const std::string& toml = {}) : server(database.uri(), "", toml) {
        BOOST_REQUIRE(server.wait_for("/readyz", 200));
        server.create_organization("org");
    }
    boost::json::object command(std::vector<std::string> words) {
        words.push_back("--json");
        const auto done = server.command(words);
        BOOST_REQUIRE_MESSAGE(done.exit_code == 0, done.err);
        return boost::json::parse(done.out).as_object();
    }
    device make(std::vector<std::string> options = {}) {
        std::vector<std::string> words = {"device", "register", "--organization",
                                          "org",    "--name",   "Door"};
        words.insert(words.end(), options.begin(), options.end());
        const auto made = command(words);
        return {std::string(made.at("device_id").as_string()),
                std::string(made.at("device_secret").as_string())};
    }
    std::string code(std::string_view id, std::string_view secret, std::string_view more = {}) {
        return code_of(server.ask(authenticate(id, secret, more)));
    }
    bool gets_cached(const device& d) {
        return soon([&] {
            return server.ask(authenticate(d.id, d.secret)).field("X-Auth-Cache") == "hit";
        });
    }
    /// As the older service writes it; obeyed once the code is that.
    bool becomes(const device& d, std::string_view expected) {
        return soon([&] { return code(d.id, d.secret) == expected; });
    }
    /// With id "d", and a password that nobody knows.
    void add_password_device() {
        database.exec("insert into public.device_credentials (device_id, device_secret, "
                      "organization_id, status) values ('d', 'scrypt:ln=15,r=8,p=1$" +
                      std::string(22, 'A') + "$" + std::string(43, 'A') + "', 'org', 'active')");
    }
    std::string write_file(const temporary_folder& folder, const std::string& text) {
        const auto path = folder.file("devices.jsonl");
        std::ofstream(path) << text;
        return path;
    }
};

constexpr std::string_view plaintext = "[auth]\nlegacy_device_secret = \"plaintext\"\n";

} // namespace

BOOST_AUTO_TEST_SUITE(devices)

BOOST_FIXTURE_TEST_CASE(a_device_is_answered_with_all_its_members, running) {
    const auto d = make({"--scopes", "open,close", "--metadata", R"({"floor": 2})"});
    BOOST_TEST(d.secret.starts_with("lkd_"));
    const auto first = server.ask(authenticate(d.id, d.secret));
    BOOST_TEST(first.body == R"({"valid":true,"code":"VALID","device_id":")" + d.id +
                                 R"(","organization_id":"org","name":"Door",)" +
                                 R"("scopes":["close","open"],"metadata":{"floor":2}})");
    BOOST_TEST(gets_cached(d));
    const auto hit = server.ask(authenticate(d.id, d.secret));
    BOOST_TEST(hit.body == first.body);
    BOOST_TEST(hit.field("Age") == "0");
    const auto fresh = server.ask(authenticate(d.id, d.secret, "", "Cache-Control: no-cache\r\n"));
    BOOST_TEST(fresh.field("X-Auth-Cache") == "miss");
    BOOST_TEST(database.value("select device_secret from public.device_credentials")
                   .starts_with("sha256:"));
}

BOOST_FIXTURE_TEST_CASE(every_code_that_applies, running) {
    const auto d = make({"--scopes", "open"});
    struct {
        const char* code;
        std::string id, secret, more;
    } const cases[] = {
        {"VALID", d.id, d.secret, R"(,"scopes":["open"])"},
        {"INSUFFICIENT_SCOPES", d.id, d.secret, R"(,"scopes":["paint"])"},
        {"INVALID_CREDENTIALS", d.id, "wrong", R"(,"scopes":["paint"])"},
        {"INVALID_CREDENTIALS", "nobody", d.secret, ""},
        {"INVALID_FORMAT", "", d.secret, ""},
        {"INVALID_FORMAT", d.id, "", ""},
        {"INVALID_FORMAT", d.id, std::string(10'000, 'x'), ""},
    };
    for (const auto& c : cases) {
        BOOST_TEST_CONTEXT(c.code << ' ' << c.secret.substr(0, 20)) {
            BOOST_TEST(code(c.id, c.secret, c.more) == c.code);
        }
    }
}

// What the older service writes into its own table, with none of Latchkey's columns in mind.
BOOST_FIXTURE_TEST_CASE(the_older_services_writes_are_obeyed, running) {
    const auto d = make();
    BOOST_REQUIRE(gets_cached(d));
    const auto set = [&](const std::string& change) {
        database.exec("update public.device_credentials set " + change + " where device_id = '" +
                      d.id + "'");
    };
    set("status = 'suspended'");
    BOOST_TEST(becomes(d, "DISABLED"));
    set("status = 'active'");
    BOOST_TEST(becomes(d, "VALID"));
    set("device_secret = 'sha256:' || encode(sha256('another'), 'hex')");
    BOOST_TEST(becomes(d, "INVALID_CREDENTIALS"));
    BOOST_TEST(becomes({d.id, "another"}, "VALID"));
    set("scopes = '{r}'");
    BOOST_TEST(soon([&] { return code(d.id, "another", R"(,"scopes":["r"])") == "VALID"; }));
    database.exec("update public.organizations set status = 'disabled'");
    BOOST_TEST(becomes({d.id, "another"}, "ORGANIZATION_DISABLED"));
    database.exec("update public.organizations set status = 'active'");
    BOOST_TEST(becomes({d.id, "another"}, "VALID"));
    database.exec("delete from public.device_credentials");
    BOOST_TEST(becomes({d.id, "another"}, "INVALID_CREDENTIALS"));
}

BOOST_FIXTURE_TEST_CASE(a_device_asked_for_before_it_was_there_is_there_at_once, running) {
    BOOST_TEST(code("early", "x") == "INVALID_CREDENTIALS");
    BOOST_TEST(code("early", "x") == "INVALID_CREDENTIALS");
    const auto d = make({"--id", "early"});
    BOOST_TEST(code("early", d.secret) == "VALID");
}

BOOST_FIXTURE_TEST_CASE(a_rotation_overlaps, running) {
    const auto d = make();
    BOOST_REQUIRE(gets_cached(d));
    const auto rotated = command({"device", "rotate", d.id, "--overlap", "1h"});
    const std::string next(rotated.at("device_secret").as_string());
    BOOST_TEST(rotated.at("previous_until").as_string().ends_with("Z"));
    BOOST_TEST(code(d.id, d.secret) == "VALID");
    BOOST_TEST(code(d.id, next) == "VALID");
    const auto again = command({"device", "rotate", d.id});
    const std::string last(again.at("device_secret").as_string());
    BOOST_TEST(again.at("previous_until").is_null());
    BOOST_TEST(code(d.id, d.secret) == "INVALID_CREDENTIALS");
    BOOST_TEST(code(d.id, next) == "INVALID_CREDENTIALS");
    BOOST_TEST(code(d.id, last) == "VALID");
}

BOOST_FIXTURE_TEST_CASE(a_revoked_device_is_refused_at_once, running) {
    const auto d = make();
    BOOST_REQUIRE(gets_cached(d));
    const auto revoked = command({"device", "revoke", d.id, "--reason", "lost"});
    BOOST_TEST(revoked.at("reason").as_string() == "lost");
    BOOST_TEST(code(d.id, d.secret) == "REVOKED");
    BOOST_TEST(code(d.id, "wrong") == "INVALID_CREDENTIALS");
    const auto again = command({"device", "revoke", d.id, "--reason", "found"});
    BOOST_TEST(again.at("reason").as_string() == "lost");
    const auto shown = command({"device", "show", d.id});
    BOOST_TEST(shown.at("revoked_at").as_string() == revoked.at("revoked_at").as_string());
    BOOST_TEST(server.command({"device", "revoke", "nobody"}).exit_code == 64);
    const auto listed = command({"device", "list"});
    BOOST_TEST(listed.at("devices").as_array().size() == 1u);
    BOOST_TEST(listed.at("next_cursor").is_null());
}

BOOST_FIXTURE_TEST_CASE(pages_of_devices, running) {
    for (const char* id : {"a", "c"})
        make({"--id", id});
    // The older service's writer takes any.
    database.exec("insert into public.device_credentials (device_id, device_secret, "
                  "organization_id, status) values ('b/&?', 'bare', 'org', 'active')");
    std::vector<std::string> seen;
    std::string cursor;
    do {
        std::vector<std::string> words = {"device", "list", "--limit", "1"};
        if (!cursor.empty()) words.insert(words.end(), {"--cursor", cursor});
        const auto page = command(words);
        for (const auto& one : page.at("devices").as_array())
            seen.emplace_back(one.at("device_id").as_string());
        const auto& next = page.at("next_cursor");
        cursor = next.is_null() ? "" : std::string(next.as_string());
    } while (!cursor.empty());
    std::ranges::sort(seen);
    const std::vector<std::string> all = {"a", "b/&?", "c"};
    BOOST_TEST(seen == all, boost::test_tools::per_element());
}

// --- Passwords ---

BOOST_AUTO_TEST_CASE(a_chosen_secret_costs_one_scrypt) {
    running r;
    r.add_password_device();
    BOOST_TEST(r.code("d", "guess") == "INVALID_CREDENTIALS");
    BOOST_TEST(r.code("d", "guess") == "INVALID_CREDENTIALS");
    BOOST_TEST(metric(r.server, "auth_scrypt_duration_seconds_count") == 1);
}

// Guesses at one device are refused; what needs no scrypt is answered all the while.
BOOST_AUTO_TEST_CASE(a_crowd_at_one_device_gets_503_and_keeps_nobody_waiting) {
    running r("[auth]\nscrypt_threads = 1\nscrypt_device_max = 2\n");
    const auto other = r.make();
    BOOST_REQUIRE(r.gets_cached(other));
    r.add_password_device();
    const auto clock = [] { return std::chrono::steady_clock::now(); };
    const auto asked = clock();
    BOOST_TEST(r.code("d", "guess") == "INVALID_CREDENTIALS");
    const auto one_scrypt = clock() - asked;
    std::vector<client> crowd;
    for (int i = 0; i < 40; ++i) {
        crowd.push_back(r.server.connect());
        crowd.back().send(authenticate("d", "guess" + std::to_string(i)));
    }
    const auto begin = clock();
    for (int i = 0; i < 20; ++i)
        BOOST_TEST(r.code(other.id, other.secret) == "VALID");
    const auto took = clock() - begin;
    int refused = 0;
    int decided = 0;
    for (auto& one : crowd) {
        const auto a = one.receive();
        refused += a.status == 503;
        decided += a.status == 200;
        if (a.status == 503) BOOST_TEST(a.field("Retry-After") == "1");
    }
    BOOST_TEST(refused + decided == 40);
    BOOST_TEST(decided >= 2);
    BOOST_TEST(refused >= 20);
    // They have not each waited for one.
    BOOST_TEST((took < 20 * one_scrypt));
}

// --- Tokens ---

BOOST_AUTO_TEST_CASE(tokens_are_made_for_devices_and_fall_with_them) {
    issuing_nodes nodes;
    const auto node = nodes.start();
    const auto organization = node->create_organization();
    issuing_nodes::issue(*node, node->create_key(organization));
    const auto done = node->command({"device", "register", "--organization", organization, "--name",
                                     "Door", "--scopes", "open,close", "--json"});
    BOOST_REQUIRE_MESSAGE(done.exit_code == 0, done.err);
    const auto made = boost::json::parse(done.out);
    const std::string id(made.at("device_id").as_string());
    const std::string secret(made.at("device_secret").as_string());

    const auto with = node->ask(authenticate(id, secret, R"(,"issue_token":true)"));
    BOOST_TEST(with.field("Cache-Control") == "no-store");
    BOOST_TEST(with.json().at("expires_in").as_int64() == 900);
    const auto generated =
        node->ask(post("/api/v1/auth/generate-token", claim(id, secret, R"(,"scopes":["open"])")));
    for (const auto& a : {with, generated}) {
        const auto verified = node->ask(ask_about(token_of(a))).json();
        BOOST_TEST(verified.at("code").as_string() == "VALID");
        BOOST_TEST(verified.at("subject").as_string() == id);
        BOOST_TEST(verified.at("organization_id").as_string() == organization);
    }
    BOOST_TEST(!node->ask(authenticate(id, secret)).json().contains("access_token"));
    BOOST_TEST(node->command({"device", "revoke", id}).exit_code == 0);
    BOOST_TEST(code_of(node->ask(ask_about(token_of(with)))) == "REVOKED");
    BOOST_TEST(code_of(node->ask(ask_about(token_of(generated)))) == "REVOKED");
    BOOST_TEST(code_of(node->ask(authenticate(id, secret, R"(,"issue_token":true)"))) == "REVOKED");
}

// --- Import and rehash ---

BOOST_AUTO_TEST_CASE(imports_lines_and_names_the_bad_ones) {
    running r;
    const temporary_folder folder;
    // sha256("s")
    const std::string hash =
        "sha256:043a718774c572bd8a25adbeb1bfcd5c0256ae11cecf9f9c3f925d0e52beaf89";
    std::string lines;
    for (int i = 0; i < 1200; ++i)
        lines += R"({"device_id":"d)" + std::to_string(i) +
                 R"(","organization_id":"org","device_secret":")" + hash + "\"}\n";
    lines += "nonsense\n";
    lines += R"({"device_id":"d7","organization_id":"org","device_secret":")" + hash + "\"}\n";
    lines += R"({"device_id":"x","organization_id":"none","device_secret":")" + hash + "\"}\n";
    lines += R"({"device_id":"y","organization_id":"org","device_secret":"bare"})"
             "\n";
    const auto path = r.write_file(folder, lines);
    const auto done = r.server.command({"device", "import", path});
    BOOST_TEST(done.exit_code == 64);
    BOOST_TEST(done.out == "imported  1200\nrefused   4\n");
    for (const char* line : {"line 1201: ", "line 1202: ", "line 1203: ", "line 1204: "})
        BOOST_TEST(done.err.find(line) != std::string::npos);
    BOOST_TEST(r.code("d0", "s") == "VALID");
    BOOST_TEST(r.code("d1199", "s") == "VALID");
    // Again: nothing is there twice.
    BOOST_TEST(r.server.command({"device", "import", path}).out == "imported  0\nrefused   1204\n");
}

// What not even the server or the database can read keeps no other line out.
BOOST_AUTO_TEST_CASE(a_line_that_cannot_be_read_spoils_only_itself) {
    running r;
    const temporary_folder folder;
    const auto line = [](const std::string& id, const std::string& metadata) {
        return R"({"device_id":")" + id + R"(","organization_id":"org","metadata":{"a":)" +
               metadata +
               R"(},"device_secret":"sha256:043a718774c572bd8a25adbeb1bfcd5c0256ae11cecf9f9c3f925d0e52beaf89"})"
               "\n";
    };
    std::string deep;
    for (int i = 0; i < 20; ++i)
        deep = "[" + deep + "]";
    const auto path =
        r.write_file(folder, line("d1", "1") + line("d2", R"("\u0000")") + line("d3", deep) +
                                 line("d4", "1e400000") + line("d5", "5"));
    const auto done = r.server.command({"device", "import", path});
    BOOST_TEST(done.exit_code == 64);
    BOOST_TEST(done.out == "imported  2\nrefused   3\n", done.err);
    for (const char* n : {"line 2: ", "line 3: ", "line 4: "})
        BOOST_TEST(done.err.find(n) != std::string::npos);
    BOOST_TEST(r.code("d1", "s") == "VALID");
    BOOST_TEST(r.code("d5", "s") == "VALID");
}

BOOST_AUTO_TEST_CASE(bare_secrets_are_rehashed_and_stay_what_they_are) {
    running r{std::string(plaintext)};
    r.database.exec("insert into public.device_credentials (device_id, device_secret, "
                    "organization_id, status) select 'd' || n, 'secret' || n, 'org', 'active' "
                    "from generate_series(1, 1100) n");
    BOOST_TEST(r.code("d7", "secret7") == "VALID");
    BOOST_TEST(r.code("d7", "secret8") == "INVALID_CREDENTIALS");
    const auto bare = [&] {
        return r.database.value("select count(*) from public.device_credentials "
                                "where device_secret not like 'sha256:%'");
    };
    BOOST_TEST(bare() == "1100");
    const auto done = r.command({"device", "rehash", "--generated"});
    BOOST_TEST(done.at("rehashed").as_int64() == 1100);
    BOOST_TEST(bare() == "0");
    BOOST_TEST(r.command({"device", "rehash", "--generated"}).at("rehashed").as_int64() == 0);
    for (const char* n : {"1", "7", "1100"})
        BOOST_TEST(r.code("d" + std::string(n), "secret" + std::string(n)) == "VALID");

    r.database.exec("update public.device_credentials set device_secret = 'chosen' "
                    "where device_id = 'd1'");
    BOOST_TEST(r.becomes({"d1", "chosen"}, "VALID"));
    BOOST_TEST(r.command({"device", "rehash"}).at("rehashed").as_int64() == 1);
    BOOST_TEST(r.database
                   .value("select device_secret from public.device_credentials "
                          "where device_id = 'd1'")
                   .starts_with("scrypt:"));
    BOOST_TEST(r.code("d1", "chosen") == "VALID");
}

// --- R18: what time tells ---

namespace {

// The server's own CPU time so far, in nanoseconds.
double cpu_of(const server_process& server) {
    clockid_t clock{};
    timespec time{};
    BOOST_REQUIRE(::clock_getcpuclockid(server.pid(), &clock) == 0);
    BOOST_REQUIRE(::clock_gettime(clock, &time) == 0);
    return static_cast<double>(time.tv_sec) * 1e9 + static_cast<double>(time.tv_nsec);
}

struct samples {
    std::vector<double> all;

    double mean() const {
        double sum = 0;
        for (const auto x : all)
            sum += x;
        return sum / static_cast<double>(all.size());
    }
    /// The square of the mean's standard error.
    double squared_error() const {
        const auto m = mean();
        double sum = 0;
        for (const auto x : all)
            sum += (x - m) * (x - m);
        const auto n = static_cast<double>(all.size());
        return sum / (n - 1) / n;
    }
};

// Welch's t of two samples of unequal variance (B. L. Welch, "The generalization of 'Student's'
// problem when several different population variances are involved", 1947): how many standard
// errors the two means are apart. |t| < 4.5 is the bound of the leakage tests of hardware
// (Goodwill, Jun, Jaffe, Rohatgi, "A testing methodology for side-channel resistance validation",
// 2011): where nothing differs, chance alone passes it about once in 150,000 times at this many
// samples.
//
// A sample is the CPU time that the server takes for `burst` requests on one connection: the caller
// cannot learn more from his own clock, which adds the network's noise. The two kinds take turns,
// in an order that changes, so that what drifts (clock rate, caches, neighbours) falls on both
// alike. The slowest tenth of each is dropped by one threshold for both: those are bursts in which
// something else ran, and a threshold of each's own would hide a difference of the tails.
double welch_t(const server_process& server, const std::string& one, const std::string& other) {
    constexpr int rounds = 1500;
    constexpr int burst = 20;
    auto connection = server.connect();
    const auto sample = [&](const std::string& question) {
        const auto before = cpu_of(server);
        for (int i = 0; i < burst; ++i)
            connection.ask(question);
        return cpu_of(server) - before;
    };
    for (int i = 0; i < 50; ++i)
        sample(i % 2 ? one : other);
    samples a, b;
    for (int i = 0; i < rounds; ++i) {
        const bool one_first = (i * 2654435761u >> 7) % 2 == 0;
        if (one_first) a.all.push_back(sample(one));
        b.all.push_back(sample(other));
        if (!one_first) a.all.push_back(sample(one));
    }
    auto sorted = a.all;
    sorted.insert(sorted.end(), b.all.begin(), b.all.end());
    std::ranges::sort(sorted);
    const auto most = sorted[sorted.size() * 9 / 10];
    for (auto* s : {&a, &b})
        std::erase_if(s->all, [&](double x) { return x > most; });
    const auto t = (a.mean() - b.mean()) / std::sqrt(a.squared_error() + b.squared_error());
    BOOST_TEST_MESSAGE("t = " << t << ": " << a.mean() / burst << " and " << b.mean() / burst
                              << " ns of CPU a request");
    return t;
}

} // namespace

// Both are in the cache: one as a record whose secret another is, one as known to be absent. A
// machine that is not ours alone may disturb one run, so three are tried; a difference in the code
// shows in each of them.
BOOST_AUTO_TEST_CASE(time_does_not_tell_the_unknown_from_the_wrong) {
    migrated_database database;
    server_process server(database.uri(), "workers = 1\n", "[cache]\nnegative_ttl = \"10m\"\n");
    BOOST_REQUIRE(server.wait_for("/readyz", 200));
    server.create_organization("org");
    const auto done = server.command(
        {"device", "register", "--organization", "org", "--name", "D", "--id", "device-known"});
    BOOST_REQUIRE_MESSAGE(done.exit_code == 0, done.err);
    BOOST_REQUIRE(has_heard_all(server, database));
    const auto wrong = authenticate("device-known", "lkd_0000000000000000000000000000000000000");
    const auto unknown = authenticate("device-other", "lkd_0000000000000000000000000000000000000");
    const auto first = server.ask(wrong);
    const auto second = server.ask(unknown);
    BOOST_TEST(first.body == second.body);
    BOOST_TEST(first.field("X-Auth-Cache") == second.field("X-Auth-Cache"));
    server.ask(wrong);
    server.ask(unknown);
    const auto missed = metric(server, R"(auth_cache_misses_total{cache="device"})");
    bool even = false;
    for (int i = 0; i < 3 && !even; ++i)
        even = std::abs(welch_t(server, wrong, unknown)) < 4.5;
    BOOST_TEST(even);
    // And it would be seen: an empty secret, which is neither hashed nor looked up.
    bool seen = false;
    for (int i = 0; i < 3 && !seen; ++i)
        seen = std::abs(welch_t(server, wrong, authenticate("device-known", ""))) > 4.5;
    BOOST_TEST(seen);
    BOOST_TEST(metric(server, R"(auth_cache_misses_total{cache="device"})") == missed);
}

BOOST_AUTO_TEST_SUITE_END()
