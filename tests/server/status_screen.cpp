#include "server/cli/status_screen.hpp"

#include <latchkey/core/text/rfc3339.hpp>

#include <boost/json/parse.hpp>
#include <boost/test/unit_test.hpp>

#include <sstream>
#include <string>

using namespace latchkey;

namespace {

std::string shown(const char* status, bool colour = false) {
    std::ostringstream out;
    server::painter painter(out, colour);
    server::show_status(painter, boost::json::parse(status).as_object(),
                        core::parse_rfc3339("2027-01-01T12:00:00Z").value());
    return out.str();
}

} // namespace

BOOST_AUTO_TEST_SUITE(status_screen)

BOOST_AUTO_TEST_CASE(one_screen_tells_all) {
    const auto text = shown(R"({"version":"1.2.3","node":"a:8080",
"started_at":"2027-01-01T09:00:00Z","ready":true,
"checks":{"database":{"status":"ok"},"clock":{"status":"failing","code":"CLOCK_DIFFERS",
  "detail":"the database's clock is 7 s ahead of this machine's","mend":"keep both by NTP",
  "since":"2027-01-01T11:57:00Z"}},
"traffic":{"seconds":10,"requests_per_second":1234.5,"failed_per_second":0,"p50_ms":0.08,
  "p99_ms":12.3,"hit_rate":0.9621,"verdicts":{"VALID":12000,"NOT_FOUND":45}},
"database":{"reachable":true,"host":"db","port":"5432","name":"keys","timeline":2,"since":"2027-01-01T11:00:00Z",
  "clock_ahead_ms":7000,"lookups":{"queries_per_second":12.5,"p50_ms":0.5,"p99_ms":2,
  "refused_per_second":0}},
"breaker":"closed","feed":{"age_seconds":0.412,"cached_answers":"cached answers end in 59 s"},
"caches":{"api_key":{"entries":12,"bytes":1048576,"bytes_max":536870912}},
"connections":120,"connections_max":65536,"limits":[{"policy":"by-address","refused":3}],
"certificate":{"subject":"CN=auth.example","ends_at":"2027-01-13T12:00:00Z"},
"issuing":{"possible":true,"keys":[{"key_id":"k1","state":"current"},
  {"key_id":"k2","state":"next","activates_at":"2027-01-02T00:00:00Z"}]},
"issuers":[{"issuer":"https://i.example","keys":2,"age_seconds":61}],
"examined":{"checked_at":null,"findings":[{"name":"exposed","severity":"warning",
  "message":"a file is open to all","mend":"chmod 0400"}]},"warnings":[],"findings":[]})");
    const std::string expected =
        "latchkey 1.2.3, node a:8080, started 3 h ago: ready, degraded\n"
        "clock         CLOCK_DIFFERS, since 3 min ago\n"
        "              the database's clock is 7 s ahead of this machine's\n"
        "              mend: keep both by NTP\n"
        "traffic       1234.5 requests/s over 10 s, p50 0.08 ms, p99 12 ms, hit rate 96.2 %, "
        "failed 0.0/s\n"
        "verdicts      VALID 12000, NOT_FOUND 45\n"
        "database      db:5432/keys, timeline 2, since 1 h ago\n"
        "              breaker closed; look-ups: 12.5 queries/s, p50 0.50 ms, p99 2.00 ms, refused "
        "0.0/s; its clock +7000 ms\n"
        "feed          0.4 s old, cached answers end in 59 s\n"
        "caches        api_key 12 in 1 of 512 MiB\n"
        "limits        120 connections of 65536; by-address refused 3 since the start\n"
        "certificate   CN=auth.example, ends in 12 d\n"
        "signing keys  k1 current; k2 next, signs in 12 h\n"
        "issuer        https://i.example, 2 keys, 61 s old\n"
        "finding       exposed\n"
        "              a file is open to all\n"
        "              mend: chmod 0400\n";
    BOOST_TEST(text == expected);
}

BOOST_AUTO_TEST_CASE(what_is_not_told_is_left_out) {
    BOOST_TEST(shown("{}").starts_with("latchkey "));
    BOOST_TEST(shown("{}").find("not ready") != std::string::npos);
    const auto good = shown(R"({"version":"1","node":"n","ready":true,
"checks":{"database":{"status":"ok"}}})");
    BOOST_TEST(good.find("ready, all is well\n") != std::string::npos, good);
    // A member of another kind than expected, as a newer server may have it.
    BOOST_TEST(!shown(R"({"ready":1,"checks":[],"traffic":7,"limits":{},"issuers":[1]})").empty());
}

BOOST_AUTO_TEST_CASE(no_database_and_no_signing_key_stand_out) {
    const auto text = shown(R"({"ready":false,"reason":"the database is away",
"database":{"reachable":false,"reason":"connection refused"},
"issuing":{"possible":false,"reason":"there is no key-encryption key"}})",
                            true);
    BOOST_TEST(text.find("\x1b[31mnot ready: the database is away") != std::string::npos, text);
    BOOST_TEST(text.find("\x1b[31munreachable: connection refused") != std::string::npos, text);
    BOOST_TEST(text.find("\x1b[31mnone can be used: there is no") != std::string::npos, text);
}

BOOST_AUTO_TEST_SUITE_END()
