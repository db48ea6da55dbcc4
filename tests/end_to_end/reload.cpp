// `latchkey reload` and SIGHUP: each setting that is marked as reloadable applies without a
// restart, and the others are named.
#include "forged_receipt.hpp"
#include "issuing_nodes.hpp"
#include "server/settings/setting.hpp"
#include "token_parts.hpp"

#include <boost/json/array.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

#include <csignal>
#include <functional>
#include <map>
#include <sstream>
#include <thread>

using namespace latchkey::test;
using namespace std::chrono_literals;

namespace {

using clock_type = std::chrono::steady_clock;
using settings = std::map<std::string, std::string>; // name, value as TOML

std::string section_text(const settings& all, const std::string& section) {
    std::string out;
    for (const auto& [key, value] : all)
        if (key.starts_with(section + '.') && key != "database.uri")
            out += key.substr(section.size() + 1) + " = " + value + '\n';
    return out;
}

// One server whose configuration file can be changed.
class node {
  public:
    explicit node(settings first) : settings_(std::move(first)) {
        std::ofstream(folder_.file("kek")) << std::string(64, 'a') << '\n';
        settings_.try_emplace("server.workers", "1");
        settings_.emplace("tokens.key_encryption_key_file", '"' + folder_.file("kek") + '"');
        server_ = std::make_unique<server_process>(
            database.uri(), section_text(settings_, "server"), other_sections(),
            std::vector<std::string>{}, section_text(settings_, "database"),
            surroundings{.admin_settings = section_text(settings_, "admin")});
        BOOST_REQUIRE(server_->wait_for("/readyz", 200));
    }
    void write(const std::string& key, const std::string& value) {
        settings_[key] = value;
        std::ofstream(server_->config())
            << "[server]\nlisten = \"" << server_->listen() << "\"\n"
            << section_text(settings_, "server") << "[admin]\nsocket = \""
            << server_->admin_socket() << "\"\n"
            << section_text(settings_, "admin") << "[database]\nuri = \"" << database.uri()
            << more_of_uri() << "\"\n"
            << section_text(settings_, "database") << other_sections();
    }
    outcome reload(bool json = true) const {
        return server_->command(json ? std::vector<std::string>{"reload", "--json"}
                                     : std::vector<std::string>{"reload"});
    }
    server_process& server() { return *server_; }
    answer ask(std::string_view request) const { return server_->ask(request); }
    double metric(const std::string& name) const { return latchkey::test::metric(*server_, name); }
    /// Returns a key that was never asked about.
    std::string new_key() {
        if (organization_.empty()) organization_ = server_->create_organization();
        auto key = server_->create_key(organization_);
        BOOST_REQUIRE(has_heard_all(*server_, database));
        return key;
    }

    migrated_database database;

  private:
    // The value of "database.uri" here is what follows the URI of the test's database.
    std::string more_of_uri() const {
        const auto found = settings_.find("database.uri");
        return found == settings_.end() ? std::string()
                                        : found->second.substr(1, found->second.size() - 2);
    }
    std::string other_sections() const {
        std::string out;
        for (const char* section : {"audit", "auth", "cache", "tokens", "use", "log"})
            out += '[' + std::string(section) + "]\n" + section_text(settings_, section);
        const auto policy = section_text(settings_, "rate_limit.policies");
        return policy.empty() ? out : out + "[[rate_limit.policies]]\n" + policy;
    }

    temporary_folder folder_;
    settings settings_;
    std::unique_ptr<server_process> server_;
    std::string organization_;
};

struct probe {
    std::string key;
    std::string before;
    std::string after;
    std::function<bool(node&)> obeyed; ///< whether `after` applies, and not `before`
    settings beside{};
};

constexpr auto verify_path = "/api/v1/auth/verify-api-key";

bool is_refused(node& n, const std::string& request, int status) {
    return n.ask(request).status == status;
}

// What is refused is logged in any case, and the log keeps their order.
bool logs_good_requests(node& n) {
    static int count = 0;
    const auto id = "asked-" + std::to_string(++count);
    n.ask(get("/livez", "X-Request-Id: " + id + "-good\r\n"));
    n.ask(get("/nowhere", "X-Request-Id: " + id + "-refused\r\n"));
    BOOST_TEST(n.server().says(id + "-refused"));
    return n.server().log().find(id + "-good") != std::string::npos;
}

bool ends_unfinished(node& n, const std::string& part) {
    auto connection = n.server().connect();
    connection.send(part);
    return connection.receive().status == 408;
}

// While the table is locked, look-ups wait; returns whether one of them gets `why` at once.
bool one_is_told(node& n, int look_ups, const std::string& why) {
    std::vector<std::string> keys;
    for (int i = 0; i < look_ups; ++i)
        keys.push_back(n.new_key());
    n.database.exec("begin; lock table latchkey.api_keys in access exclusive mode");
    std::atomic<bool> told{false};
    std::vector<std::thread> askers;
    for (const auto& key : keys)
        askers.emplace_back([&n, &told, &why, request = verify(question_of(key))] {
            if (n.ask(request).body.find(why) != std::string::npos) told = true;
        });
    const bool in_time = soon([&] { return told.load(); });
    n.database.exec("rollback");
    for (auto& asker : askers)
        asker.join();
    return in_time;
}

const settings slow_database = {
    {"database.connections", "1"},     {"database.overflow", "0"},
    {"database.in_flight", "1"},       {"database.batch_max", "1"},
    {"database.batch_spread", "1"},    {"database.query_timeout", "\"1m\""},
    {"cache.flight_timeout", "\"1m\""}};

settings with(settings all, const std::string& key, const std::string& value) {
    all[key] = value;
    return all;
}

// A policy that allows one request from each address.
const settings one_each = {{"rate_limit.policies.name", "\"one\""},
                           {"rate_limit.policies.endpoints", "\"verify-token\""},
                           {"rate_limit.policies.quantity", "1"},
                           {"rate_limit.policies.window", "\"1h\""}};

int status_for(node& n, const std::string& client) {
    return n
        .ask(post("/api/v1/auth/verify-token", R"({"token":"x"})",
                  "X-Forwarded-For: " + client + "\r\n"))
        .status;
}

// Revokes a key, and waits for all nodes, one of which never answers.
client waiting_operator(node& n) {
    const auto key = n.new_key();
    n.database.exec("insert into latchkey.nodes (instance_id, node, version, started_at,"
                    " max_staleness) values (gen_random_uuid(), 'stopped', '1', now(), '1 h')");
    const auto id =
        n.database.value("select key_id from latchkey.api_keys" + whose_hash_is_of(key));
    client out(n.server().admin_socket());
    const auto is_revoked = [&] {
        return n.database.value("select revoked_at is not null from latchkey.api_keys" +
                                whose_hash_is_of(key)) == "t";
    };
    // Those who waited before may hold all places still: then it is refused at once.
    BOOST_TEST(soon([&] {
        out = client(n.server().admin_socket());
        out.send(post("/admin/v1/api-keys/" + id + "/revoke?wait=all", "{}"));
        return soon([&] { return is_revoked() || out.has_answer(0ms); }) && is_revoked();
    }));
    return out;
}

// Asks with a receipt of a change that the node does not have.
client waiting_asker(node& n) {
    auto out = n.server().connect();
    out.send(post(verify_path, question_of("k"),
                  "X-Latchkey-Receipt: " + forged_receipt(n.database, far_transaction) + "\r\n"));
    return out;
}

bool writes_uses(node& n) {
    n.ask(verify(question_of(n.new_key())));
    return soon([&] { return n.metric("auth_use_rows_written_total") > 0; });
}

// The token that upstreams get from a gateway.
std::string forwarded_token(node& n, const std::string& key) {
    std::string token;
    BOOST_TEST(soon([&] {
        const auto told = n.ask(get("/forward-auth?token=1", "X-API-Key: " + key + "\r\n"));
        token = told.field("X-Latchkey-Token");
        return told.status == 200;
    }));
    return token;
}

std::int64_t life_of(const std::string& token) {
    const auto claims = claims_of(token);
    return claims.at("exp").as_int64() - claims.at("iat").as_int64();
}

std::vector<probe> connection_probes() {
    return {
        {"server.trusted_proxies", "\"\"", "\"127.0.0.0/8\"",
         [](node& n) {
             return status_for(n, "192.0.2.1") == 200 && status_for(n, "192.0.2.2") == 200;
         },
         one_each},
        {"server.connections_max", "100", "1",
         [](node& n) {
             auto first = n.server().connect();
             // Connections before it may still be ending.
             return soon([&] { return first.ask(get("/livez")).status == 200; }) &&
                    is_refused(n, get("/livez"), 503);
         }},
        {"server.drain_timeout", "\"10m\"", "\"0s\"",
         [](node& n) {
             auto stuck = n.server().connect();
             stuck.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nab");
             n.ask(get("/livez"));
             n.server().signal(SIGTERM);
             return n.server().wait_for_exit(5s) == 0;
         }},
        {"server.header_timeout", "\"1m\"", "\"100ms\"",
         [](node& n) { return ends_unfinished(n, "GET /livez HTTP/1.1\r\nHost:"); }},
        {"server.body_timeout", "\"1m\"", "\"100ms\"",
         [](node& n) {
             return ends_unfinished(n, "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nab");
         }},
        {"server.write_timeout", "\"1m\"", "\"100ms\"",
         [](node& n) {
             std::string many;
             while (many.size() < (8u << 20))
                 many += get("/metrics");
             auto never_reads = n.server().connect();
             const auto begun = clock_type::now();
             never_reads.send(many); // until the server ends it
             return clock_type::now() - begun < 50s;
         }},
        {"server.idle_timeout", "\"1h\"", "\"1s\"",
         [](node& n) {
             auto idle = n.server().connect();
             return idle.ask(get("/livez")).status == 200 && idle.closed();
         }},
        {"server.linger_timeout", "\"1m\"", "\"0s\"",
         [](node& n) {
             auto refused = n.server().connect();
             refused.ask("no HTTP\r\n\r\n");
             return soon([&] {
                 const auto status = n.server().command({"status", "--json"}).out;
                 return boost::json::parse(status).at("connections").as_int64() == 0;
             });
         }},
        {"server.trusted_callers", "\"127.0.0.0/8\"", "\"::1\"",
         [](node& n) {
             const auto key = n.new_key();
             BOOST_REQUIRE(gets_cached(n.server(), key));
             return n.ask(post(verify_path, question_of(key), "Cache-Control: no-cache\r\n"))
                        .field("X-Auth-Cache") == "hit";
         }},
        {"server.trusted_unix_callers", "true", "false",
         [](node& n) {
             const auto key = n.new_key();
             BOOST_REQUIRE(gets_cached(n.server(), key));
             return client(n.server().api_socket())
                        .ask(post(verify_path, question_of(key), "Cache-Control: no-cache\r\n"))
                        .field("X-Auth-Cache") == "hit";
         }},
        {"log.level", "\"info\"", "\"debug\"", [](node& n) { return logs_good_requests(n); }},
        {"log.requests_one_in", "0", "1", [](node& n) { return logs_good_requests(n); }},
        {"log.requests_max", "1000", "1",
         [](node& n) {
             for (int i = 0; i < 20; ++i)
                 n.ask(get("/nowhere"));
             return metric(n.server(), "auth_log_requests_left_out_total") > 0;
         }},
        {"log.items_max", "100", "1",
         [](node& n) {
             n.ask(post("/api/v1/auth/verify-batch",
                        R"({"items":[{"type":"api_key","api_key":"x"},)"
                        R"({"type":"api_key","api_key":"y"}]})"));
             return metric(n.server(), "auth_log_requests_left_out_total") > 0;
         }},
    };
}

std::vector<probe> limit_probes() {
    const auto field = "X: " + std::string(2000, 'x') + "\r\n";
    std::string fields;
    for (int i = 0; i < 50; ++i)
        fields += "X: x\r\n";
    const auto batch = [](int items) {
        std::string body;
        for (int i = 0; i < items; ++i)
            body += (body.empty() ? "" : ",") + std::string(R"({"type":"api_key","api_key":"x"})");
        return post("/api/v1/auth/verify-batch", "{\"items\":[" + body + "]}");
    };
    return {
        {"server.target_bytes_max", "\"4KiB\"", "\"256B\"",
         [](node& n) { return is_refused(n, get("/" + std::string(300, 'a')), 414); }},
        {"server.header_bytes_max",
         "\"16KiB\"",
         "\"1KiB\"",
         [field](node& n) { return is_refused(n, get("/livez", field), 431); },
         {{"server.target_bytes_max", "\"256B\""}}},
        {"server.header_fields_max", "100", "20",
         [fields](node& n) { return is_refused(n, get("/livez", fields), 431); }},
        {"server.body_bytes_max", "\"64KiB\"", "\"1KiB\"",
         [](node& n) { return is_refused(n, verify(question_of(std::string(2000, 'k'))), 413); }},
        {"server.batch_bytes_max", "\"1MiB\"", "\"1KiB\"",
         [batch](node& n) { return is_refused(n, batch(50), 413); }},
        {"server.batch_items_max", "1000", "10",
         [batch](node& n) { return is_refused(n, batch(50), 400); }},
        {"server.batches_max", "64", "0",
         [batch](node& n) { return is_refused(n, batch(1), 503); }},
        // With one look-up at a time, each query has one.
        {"server.batch_lookups_max", "2000", "1",
         [asked = 0](node& n) mutable {
             std::string items;
             for (int i = 0; i < 40; ++i)
                 items += std::string(i > 0 ? "," : "") +
                          R"({"type":"api_key","api_key":"a-cold-key-)" + std::to_string(asked++) +
                          "\"}";
             const auto before = metric(n.server(), "auth_db_batch_size_count");
             n.ask(post("/api/v1/auth/verify-batch", "{\"items\":[" + items + "]}"));
             return metric(n.server(), "auth_db_batch_size_count") - before >= 40;
         }},
        {"server.batch_scrypt_max", "8", "0",
         [](node& n) {
             n.database.exec("insert into public.organizations (organization_id) values ('o') on "
                             "conflict do nothing; insert into public.device_credentials "
                             "(device_id, device_secret, organization_id) values ('d', "
                             "'scrypt:ln=15,r=8,p=1$" +
                             std::string(22, 'A') + '$' + std::string(43, 'A') +
                             "', 'o') on conflict do nothing");
             BOOST_REQUIRE(has_heard_all(n.server(), n.database));
             const auto asked = n.ask(
                 post("/api/v1/auth/verify-batch",
                      R"({"items":[{"type":"device","device_id":"d","device_secret":"guess"}]})"));
             return asked.json().at("undecided_count").as_int64() == 1;
         }},
    };
}

// Of a device with one topic rule. What is undecided is denied, too, and says so.
bool is_denied_at_broker(node& n) {
    const auto organization = n.server().create_organization();
    const auto made = n.server().command({"device", "register", "--organization", organization,
                                          "--name", "a", "--scopes", "mqtt:publish:a", "--json"});
    BOOST_REQUIRE_MESSAGE(made.exit_code == 0, made.err);
    const auto device = boost::json::parse(made.out).as_object();
    const boost::json::object asked = {{"username", device.at("device_id")},
                                       {"password", device.at("device_secret")},
                                       {"clientid", "a"}};
    answer said;
    BOOST_REQUIRE(soon([&] {
        said = n.ask(post("/integrations/emqx", boost::json::serialize(asked)));
        return said.field("X-Latchkey-Code").empty();
    }));
    return said.json().at("result") == "deny";
}

std::vector<probe> verification_probes() {
    return {
        {"auth.accept_foreign_keys", "true", "false",
         [](node& n) {
             return code_of(n.ask(verify(question_of("a-key-of-the-older-service")))) ==
                    "INVALID_FORMAT";
         }},
        {"auth.callers", "\"open\"", "\"required\"",
         [](node& n) { return is_refused(n, verify("{}"), 401); }},
        {"auth.callers_required_for",
         "\"verify-token\"",
         "\"verify-api-key\"",
         [](node& n) { return is_refused(n, verify("{}"), 401); },
         {{"auth.callers", "\"required\""}}},
        {"auth.topic_rules_max", "1", "0", is_denied_at_broker},
        {"auth.receipt_wait_max", "\"1s\"", "\"0s\"",
         [](node& n) { return waiting_asker(n).has_answer(700ms); }},
        {"auth.receipt_waits_max", "1024", "1",
         [](node& n) {
             auto first = waiting_asker(n);
             return waiting_asker(n).has_answer(350ms) || first.has_answer(350ms);
         }},
        {"admin.wait_max", "\"1m\"", "\"0s\"",
         [](node& n) { return waiting_operator(n).has_answer(1s); }},
        {"audit.keep", "\"forever\"", "\"31d\"",
         [](node& n) {
             n.database.exec("insert into latchkey.audit_events (at, actor, action, object_kind)"
                             " values (now() - interval '60 days', '{}', 'old', 'old')");
             n.write("audit.keep", "\"32d\""); // what is new is asked for at once
             BOOST_TEST(n.reload().exit_code == 0);
             return soon([&] {
                 return n.database.value("select count(*) from latchkey.audit_events"
                                         " where action = 'old'") == "0";
             });
         }},
        {"admin.waits_max",
         "10",
         "1",
         [](node& n) {
             auto first = waiting_operator(n);
             auto second = client(n.server().admin_socket());
             second.send(post("/admin/v1/devices/none/revoke?wait=all", "{}"));
             return second.receive().status == 503;
         },
         {{"admin.wait_max", "\"1s\""}}},
        {"cache.ttl", "\"1h\"", "\"1s\"",
         [](node& n) {
             const auto key = n.new_key();
             BOOST_REQUIRE(has_heard_all(n.server(), n.database)); // news would end its entry
             BOOST_REQUIRE(gets_cached(n.server(), key));
             // It is refreshed before its end, or on a busy machine looked up after it.
             const auto look_ups = [&] {
                 return n.metric("auth_cache_refreshed_total") +
                        n.metric("auth_cache_misses_total{cache=\"api_key\"}");
             };
             const auto before = look_ups();
             return soon(
                 [&] {
                     return n.ask(verify(question_of(key))).status == 200 && look_ups() > before;
                 },
                 5s);
         }},
        {"cache.negative_ttl", "\"1h\"", "\"1ms\"",
         [asked = 0](node& n) mutable {
             const auto request = verify(question_of("an-unknown-key-" + std::to_string(++asked)));
             const auto hits = [&] {
                 return n.metric("auth_cache_hits_total{cache=\"negative\"}");
             };
             n.ask(request);
             return soon([&] {
                 const auto before = hits();
                 n.ask(request);
                 return hits() == before;
             });
         }},
        {"tokens.expires_in", "\"15m\"", "\"1m\"",
         [](node& n) {
             const auto key = n.new_key();
             issuing_nodes::issue(n.server(), key);
             return n.ask(ask_for_token(key)).json().at("expires_in").as_int64() == 60;
         }},
        {"tokens.expires_in_max",
         "\"1h\"",
         "\"1m\"",
         [](node& n) {
             const auto key = n.new_key();
             issuing_nodes::issue(n.server(), key);
             return n.ask(ask_for_token(key, R"(,"expires_in":300)")).status == 400;
         },
         {{"tokens.expires_in", "\"1m\""}}},
        {"tokens.forwarded_expires_in", "\"1m\"", "\"30s\"",
         [](node& n) { return life_of(forwarded_token(n, n.new_key())) == 30; }},
        {"tokens.forwarded_max", "1", "1000",
         [](node& n) {
             const auto key = n.new_key();
             const auto first = forwarded_token(n, key);
             forwarded_token(n, n.new_key());
             return forwarded_token(n, key) == first;
         }},
        {"use.enabled", "false", "true", writes_uses, {{"use.flush_interval", "\"100ms\""}}},
        {"use.flush_interval", "\"1h\"", "\"100ms\"", writes_uses},
        {"use.credentials_max",
         "1",
         "1000",
         [](node& n) {
             n.ask(verify(question_of(n.new_key())));
             const auto before = n.metric("auth_uses_uncounted_total");
             n.ask(verify(question_of(n.new_key())));
             return n.metric("auth_uses_uncounted_total") == before;
         },
         {{"use.flush_interval", "\"1h\""}}},
        {"use.kept_days", "400", "31",
         [](node& n) {
             n.database.exec("insert into latchkey.usage_by_day (day, organization_id, key_id,"
                             " external_id) values (current_date - 100, '', '', '')");
             n.write("use.kept_days", "32"); // what is new is asked for at once
             n.reload();
             return soon([&] {
                 return n.database.value("select count(*) from latchkey.usage_by_day") == "0";
             });
         }},
        {"database.uri", "\"\"", "\" application_name='renewed'\"",
         [](node& n) {
             const auto sessions = [&](const char* name) {
                 return n.database.value("select count(*) from pg_stat_activity where datname ="
                                         " current_database() and application_name = '" +
                                         std::string(name) + '\'');
             };
             return soon([&] { return sessions("renewed") != "0" && sessions("latchkey") == "0"; });
         }},
        {"database.acquire_timeout", "\"1m\"", "\"10ms\"",
         [](node& n) { return one_is_told(n, 3, "no database connection became free in time"); },
         slow_database},
        {"database.waiting_max", "16384", "1",
         [](node& n) { return one_is_told(n, 4, "too many look-ups wait for the database"); },
         with(slow_database, "database.acquire_timeout", "\"1m\"")},
    };
}

std::vector<probe> all_probes() {
    auto all = connection_probes();
    for (auto& more : {limit_probes(), verification_probes()})
        all.insert(all.end(), more.begin(), more.end());
    return all;
}

// Whether the effect of a setting shows at once, without waiting for a time to pass.
bool shows_at_once(const std::string& key) {
    return !key.ends_with("_timeout") && key != "database.waiting_max" && key != "audit.keep" &&
           key != "use.kept_days" && key != "database.uri";
}

std::vector<std::string> keys_of(const boost::json::value& list) {
    std::vector<std::string> out;
    for (const auto& one : list.as_array())
        out.emplace_back(one.at("key").as_string());
    return out;
}

} // namespace

BOOST_AUTO_TEST_SUITE(reload)

BOOST_AUTO_TEST_CASE(every_reloadable_setting_has_its_probe) {
    std::vector<std::string> probed;
    for (const auto& one : all_probes())
        probed.push_back(one.key);
    std::vector<std::string> marked;
    for (const auto& key : latchkey::server::all_settings())
        if (key.reloadable) marked.emplace_back(key.name);
    std::ranges::sort(probed);
    std::ranges::sort(marked);
    BOOST_TEST(probed == marked, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(every_reloadable_setting_is_obeyed) {
    for (auto& one : all_probes())
        BOOST_TEST_CONTEXT(one.key) {
            node n(with(one.beside, one.key, one.before));
            if (shows_at_once(one.key)) BOOST_TEST(!one.obeyed(n), "before the reload");
            n.write(one.key, one.after);
            const auto done = n.reload();
            BOOST_REQUIRE_MESSAGE(done.exit_code == 0, done.err);
            const auto report = boost::json::parse(done.out);
            BOOST_TEST(keys_of(report.at("changed")) == std::vector{one.key},
                       boost::test_tools::per_element());
            BOOST_TEST(report.at("needs_restart").as_array().empty());
            BOOST_TEST(one.obeyed(n), "after the reload: " << n.server().log());
        }
}

BOOST_AUTO_TEST_CASE(what_needs_a_restart_is_named) {
    node n(settings{{"log.level", "\"info\""}});
    n.write("server.workers", "2");
    n.write("log.level", "\"warning\"");
    n.server().signal(SIGHUP);
    BOOST_TEST(n.server().says(R"("keys":"server.workers")"));
    const auto told = n.reload(false);
    BOOST_TEST(told.exit_code == 0);
    BOOST_TEST(told.out == "server.workers: 1 -> 2 (needs a restart)\n");
    BOOST_TEST(n.metric("auth_config_reloads_total{outcome=\"applied\"}") == 2);
    BOOST_TEST(n.metric("auth_config_last_reload_successful") == 1);
}

BOOST_AUTO_TEST_CASE(policies_are_exchanged_and_unchanged_ones_keep_their_counts) {
    node n(with(one_each, "rate_limit.policies.quantity", "2"));
    BOOST_TEST(status_for(n, "") == 200);
    n.write("rate_limit.policies.exempt", "\"192.0.2.9\"");
    BOOST_TEST(n.reload().exit_code == 0);
    BOOST_TEST(status_for(n, "") == 200);
    BOOST_TEST(status_for(n, "") == 429);
    n.write("rate_limit.policies.quantity", "3");
    BOOST_TEST(n.reload().exit_code == 0);
    BOOST_TEST(status_for(n, "") == 200);
    n.write("rate_limit.policies.quantity", "0");
    const auto refused = n.reload();
    BOOST_TEST(refused.exit_code == 78);
}

// An open connection keeps the client and the trust that it had at its start.
BOOST_AUTO_TEST_CASE(an_open_connection_goes_on_by_proxies_that_are_named_no_more) {
    node n(with(one_each, "server.trusted_proxies", "\"127.0.0.0/8\""));
    auto connection = n.server().connect();
    const auto ask = [&](const char* client) {
        return connection
            .ask(post("/api/v1/auth/verify-token", R"({"token":"x"})",
                      "X-Forwarded-For: " + std::string(client) + "\r\n"))
            .status;
    };
    BOOST_TEST(ask("192.0.2.1") == 200);
    n.write("server.trusted_proxies", "\"10.0.0.0/8, 172.16.0.0/12, 192.168.0.0/16\"");
    BOOST_TEST(n.reload().exit_code == 0);
    BOOST_TEST(ask("192.0.2.2") == 200);
    BOOST_TEST(ask("192.0.2.2") == 429);
}

BOOST_AUTO_TEST_CASE(a_bad_configuration_changes_nothing) {
    node n(settings{{"log.level", "\"info\""}});
    const auto loaded_at = n.metric("auth_config_last_reload_success_timestamp_seconds");
    n.write("log.level", "\"debug\"");
    n.write("server.worker", "2");
    const auto refused = n.reload(false);
    BOOST_TEST(refused.exit_code == 78);
    BOOST_TEST(refused.err.find("server.worker: no such setting; did you mean server.workers?") !=
               std::string::npos);
    const auto json = n.reload();
    BOOST_TEST(json.exit_code == 78);
    BOOST_TEST(boost::json::parse(json.out).at("mistakes").as_array().size() == 1u);
    n.ask(get("/livez"));
    BOOST_TEST(n.metric("auth_config_reloads_total{outcome=\"refused\"}") == 2);
    BOOST_TEST(n.metric("auth_config_last_reload_successful") == 0);
    BOOST_TEST(n.metric("auth_config_last_reload_success_timestamp_seconds") == loaded_at);
    BOOST_TEST(n.server().says("the configuration stays as it was"));
    BOOST_TEST(n.server().log().find("\"/livez\"") == std::string::npos);
}

BOOST_AUTO_TEST_CASE(without_a_server_there_is_nothing_to_reload) {
    const auto ended = run({latchkey_binary(), "reload", "--socket", "/nonexistent/admin.sock"});
    BOOST_TEST(ended.exit_code == 69);
}

BOOST_AUTO_TEST_SUITE_END()
