// The pages of metrics as the programs of others read them, and what is there before anything has
// happened.
#include "cached_keys.hpp"
#include "support_gateway.hpp"

#include <boost/json/parse.hpp>

#include <fstream>
#include <string>
#include <vector>

using namespace latchkey::test;

namespace {

// The names of the contract, with the labels that are there from the start.
constexpr const char* from_the_start[] = {
    "auth_requests_total{method=\"POST\",endpoint=\"/api/v1/auth/verify-api-key\",status=\"200\"}",
    "auth_requests_total{method=\"POST\",endpoint=\"/api/v1/auth/verify-token\",status=\"503\"}",
    "auth_request_duration_seconds_bucket{method=\"POST\",endpoint=\"/api/v1/auth/"
    "verify-api-key\",le=\"0.1\"}",
    "auth_cache_hits_total{cache=\"api_key\"}",
    "auth_cache_hits_total{cache=\"negative\"}",
    "auth_cache_misses_total{cache=\"token\"}",
    "auth_db_query_duration_seconds_count{statement=\"find_api_keys\"}",
    "auth_verdicts_total{kind=\"api_key\",code=\"EXPIRED\"}",
    "auth_verdicts_total{kind=\"token\",code=\"UNAVAILABLE\"}",
    "auth_coalesced_total",
    "auth_cache_entries{cache=\"device\"}",
    "auth_cache_bytes{cache=\"api_key\"}",
    "auth_cache_evictions_total{cache=\"token\"}",
    "auth_cache_retired_bytes{cache=\"api_key\"}",
    "auth_rate_limited_total{policy=\"p\"}",
    "auth_breaker_state",
    "auth_db_connections{state=\"idle\"}",
    "auth_db_batch_size_count",
    "auth_feed_age_seconds",
    "auth_revocation_lag_seconds_count",
    "auth_connections",
    "auth_event_loop_lag_seconds_count",
    "process_resident_memory_bytes",
    "auth_clock_offset_seconds",
    "auth_findings{name=\"certificate_expired\"}",
    "auth_cached_answers_end_seconds",
    "auth_signing_ready",
    "auth_ready",
    "auth_degraded{code=\"CERTIFICATE_EXPIRED\"}",
    "auth_worker_cpu_seconds_total{worker=\"0\"}",
    "auth_worker_cpu_seconds_total{worker=\"1\"}",
    "auth_connections_max",
    "auth_log_lines_dropped_total",
    "auth_log_requests_left_out_total",
    "auth_mirror_unreadable_elements{outcome=\"skipped\"}",
    "auth_connections_refused_total{bound=\"total\"}",
};

struct scraped {
    migrated_database database;
    temporary_folder folder;
    server_process server{database.uri(), "workers = 2\n",
                          "[[rate_limit.policies]]\nname = \"p\"\nendpoints = \"verify-token\"\n"
                          "counts = \"address\"\nquantity = 100\nwindow = \"1m\"\n"};
    scraped() { BOOST_REQUIRE(server.wait_for("/readyz", 200)); }

    std::string page(bool openmetrics = false) const {
        return server
            .ask(get("/metrics", openmetrics ? "Accept: application/openmetrics-text\r\n" : ""))
            .body;
    }
};

} // namespace

BOOST_AUTO_TEST_SUITE(metrics)

BOOST_AUTO_TEST_CASE(what_an_alert_asks_for_is_there_before_anything_has_happened) {
    const scraped s;
    const auto page = "\n" + s.page();
    for (const auto* name : from_the_start)
        BOOST_TEST(page.find("\n" + std::string(name) + ' ') != std::string::npos, name);
    BOOST_TEST(page.find("\nauth_ready 1\n") != std::string::npos);
    BOOST_TEST(page.find("\nauth_signing_ready 0\n") != std::string::npos);
    BOOST_TEST(page.find("auth_degraded{code=\"ISSUING_IMPOSSIBLE\"} 0\n") != std::string::npos);
    BOOST_TEST(page.find("auth_degraded{code=\"CLOCK_DIFFERS\"} 0\n") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(the_strict_readers_of_prometheus_take_both_pages) {
    const scraped s;
    s.server.ask(verify("{"));
    std::ofstream(s.folder.file("text")) << s.page();
    std::ofstream(s.folder.file("open")) << s.page(true);
    const auto read =
        run({"/usr/bin/python3", LATCHKEY_SOURCE_DIR "/tests/end_to_end/metrics_reader.py",
             s.folder.file("open"), s.folder.file("text")});
    BOOST_TEST(read.exit_code == 0, read.out + read.err);
    const auto checked =
        run({"/bin/sh", "-c", "promtool check metrics < " + s.folder.file("text")});
    BOOST_TEST(checked.exit_code == 0);
    BOOST_TEST(checked.out + checked.err == "");
}

// All scrapes of a burst are answered, though another thread writes the pages.
BOOST_AUTO_TEST_CASE(many_scrapes_at_once_are_answered) {
    const scraped s;
    std::vector<client> all;
    for (int i = 0; i < 20; ++i)
        all.push_back(s.server.connect()), all.back().send(get("/metrics"));
    for (auto& one : all)
        BOOST_TEST(one.receive().status == 200);
}

// Prometheus asks for OpenMetrics, and refuses a whole page for one line that is wrong.
BOOST_AUTO_TEST_CASE(prometheus_scrapes_it) {
    const scraped s;
    const reserved_port port;
    const auto address = "127.0.0.1:" + std::to_string(port.number());
    std::ofstream(s.folder.file("prometheus.yml"))
        << "global: {scrape_interval: 1s, scrape_timeout: 1s}\nscrape_configs:\n"
           "- job_name: latchkey\n  static_configs:\n  - targets: ['127.0.0.1:"
        << s.server.port() << "']\n";
    const child_process prometheus(
        {"/usr/bin/prometheus", "--config.file=" + s.folder.file("prometheus.yml"),
         "--storage.tsdb.path=" + s.folder.file("tsdb"), "--web.listen-address=" + address},
        s.folder.file("prometheus.log"));
    const auto value_of = [&](const std::string& expression) {
        boost::system::error_code bad;
        const auto told = boost::json::parse(
            run({"/usr/bin/curl", "-sg", "http://" + address + "/api/v1/query?query=" + expression})
                .out,
            bad);
        const auto* found = told.find_pointer("/data/result/0/value/1", bad);
        return found ? std::string(found->as_string()) : std::string(); // else it is not there yet
    };
    BOOST_TEST(soon([&] { return value_of("up") == "1"; }));
    BOOST_TEST(value_of("auth_ready") == "1");
    const auto samples = value_of("scrape_samples_scraped");
    BOOST_TEST((!samples.empty() && std::stod(samples) > 1000), samples);
}

BOOST_AUTO_TEST_SUITE_END()
