// Traces: what is handed on, what a collector gets, and what happens while it is away.
#include "../support/http_receiver.hpp"
#include "../support/https_issuer.hpp"
#include "../support/otlp.hpp"
#include "cached_keys.hpp"

#include <latchkey/crypto/base64url.hpp>

#include <algorithm>

using namespace latchkey;
using namespace latchkey::test;

namespace {

constexpr auto trace_id = "4bf92f3577b34da6a3ce929d0e0e4736";
constexpr auto sampled = "traceparent: 00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01\r\n";
constexpr auto unsampled =
    "traceparent: 00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-00\r\n";
constexpr auto verify_path = "/api/v1/auth/verify-api-key";

std::string settings_for(const http_receiver& collector, const std::string& more = {}) {
    return "[tracing]\nendpoint = \"" + collector.url("/v1/traces") +
           "\"\ndelay = \"100ms\"\nservice_name = \"keys\"\n" + more;
}

// All spans that have arrived. Everything that is wrong with what came fails the test.
otlp_reader read_all(const http_receiver& collector) {
    otlp_reader out;
    for (const auto& one : collector.all()) {
        BOOST_TEST(one.head.starts_with("POST /v1/traces HTTP/1.1\r\n"));
        BOOST_TEST(one.head.find("\r\nContent-Type: application/json\r\n") != one.head.npos);
        out.read(one.body);
    }
    for (const auto& complaint : out.complaints)
        BOOST_ERROR(complaint);
    return out;
}

const received_span* find(const otlp_reader& all, std::string_view name) {
    const auto found = std::ranges::find(all.spans, name, &received_span::name);
    return found == all.spans.end() ? nullptr : &*found;
}

bool has(const http_receiver& collector, std::string_view name) {
    return soon([&] { return find(read_all(collector), name) != nullptr; });
}

} // namespace

BOOST_AUTO_TEST_SUITE(tracing)

BOOST_AUTO_TEST_CASE(a_request_and_its_look_up_reach_the_collector) {
    migrated_database database;
    http_receiver collector;
    server_process server(database.uri(), "",
                          settings_for(collector, "attributes = \"deployment.environment=test\"\n"
                                                  "headers = \"x-token=abc%20d\"\n"));
    BOOST_REQUIRE(server.wait_for("/readyz", 200));
    const auto key = server.create_key(server.create_organization());
    const auto told = server.ask(post(verify_path, question_of(key), sampled));
    BOOST_TEST(told.status == 200);
    const auto handed = told.field("traceparent");
    BOOST_TEST(handed.starts_with("00-" + std::string(trace_id) + '-'));
    BOOST_TEST(handed.ends_with("-01"));

    const auto name = "POST " + std::string(verify_path);
    const auto of_trace = [&](const otlp_reader& all, std::string_view wanted) {
        for (const auto& one : all.spans)
            if (one.trace_id == trace_id && one.name == wanted) return &one;
        return static_cast<const received_span*>(nullptr);
    };
    BOOST_REQUIRE(soon([&] { return of_trace(read_all(collector), name) != nullptr; }));
    const auto all = read_all(collector);
    BOOST_TEST(all.resource.at("service.name") == "keys");
    BOOST_TEST(all.resource.at("deployment.environment") == "test");
    BOOST_TEST(collector.all()[0].head.find("\r\nx-token: abc d\r\n") != std::string::npos);

    const auto* request = of_trace(all, name);
    BOOST_TEST(request->kind == 2);
    BOOST_TEST(request->parent_id == "00f067aa0ba902b7");
    BOOST_TEST(request->span_id == handed.substr(36, 16));
    BOOST_TEST(request->attributes.at("http.request.method") == "POST");
    BOOST_TEST(request->attributes.at("http.route") == verify_path);
    BOOST_TEST(request->attributes.at("http.response.status_code") == "200");
    const auto* look_up = of_trace(all, "look up credential");
    BOOST_REQUIRE(look_up != nullptr);
    BOOST_TEST(look_up->parent_id == request->span_id);
    BOOST_TEST(look_up->kind == 3);
    BOOST_TEST(look_up->attributes.at("db.system.name") == "postgresql");
    BOOST_TEST(look_up->begin + 1'000'000 >= request->begin);
    BOOST_TEST(look_up->end <= request->end + 1'000'000);
    // Nothing of the credential is anywhere.
    for (const auto& one : collector.all())
        BOOST_TEST(one.body.find(key) == std::string::npos);
}

BOOST_AUTO_TEST_CASE(the_caller_decides_and_what_has_no_route_tells_no_path) {
    http_receiver collector;
    server_process server("postgresql:///none?host=/nonexistent", "", settings_for(collector));
    BOOST_REQUIRE(server.wait_for("/livez", 200));
    const auto told = server.ask(get("/docs", unsampled));
    BOOST_TEST(told.field("traceparent") ==
               "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-00");
    BOOST_TEST(server.ask(get("/lk_live_secret-in-a-path")).status == 404);
    BOOST_TEST(server.ask(post(verify_path, question_of("k-nobody-has"))).status == 503);
    BOOST_REQUIRE(has(collector, "POST " + std::string(verify_path)));
    const auto all = read_all(collector);
    BOOST_TEST(find(all, "POST " + std::string(verify_path))->failed);
    BOOST_REQUIRE(find(all, "GET") != nullptr);
    BOOST_TEST(find(all, "GET")->attributes.at("http.response.status_code") == "404");
    BOOST_TEST(!find(all, "GET /docs"));
    for (const auto& one : collector.all())
        BOOST_TEST(one.body.find("secret-in-a-path") == std::string::npos);
}

BOOST_AUTO_TEST_CASE(without_a_collector_a_trace_is_handed_on_and_nothing_else) {
    server_process server("postgresql:///none?host=/nonexistent");
    BOOST_REQUIRE(server.wait_for("/livez", 200));
    BOOST_TEST(server.ask(get("/livez", sampled)).field("traceparent") ==
               "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01");
    BOOST_TEST(server.ask(get("/livez")).field("traceparent").empty());
    BOOST_TEST(server.ask(get("/livez", "traceparent: 00-nonsense\r\n")).field("traceparent") ==
               "");
    const auto twice = std::string(sampled) + unsampled;
    BOOST_TEST(server.ask(get("/livez", twice)).field("traceparent").empty());
    client operators(server.admin_socket());
    BOOST_TEST(!operators.ask(get("/admin/v1/status", sampled)).field("traceparent").empty());
}

BOOST_AUTO_TEST_CASE(the_variables_of_opentelemetry_are_obeyed) {
    http_receiver collector;
    const auto base = "OTEL_EXPORTER_OTLP_ENDPOINT=" + collector.url("");
    server_process server("postgresql:///none?host=/nonexistent", "", "",
                          {base, "OTEL_SERVICE_NAME=named", "OTEL_BSP_SCHEDULE_DELAY=100",
                           "OTEL_TRACES_SAMPLER=always_off",
                           "OTEL_RESOURCE_ATTRIBUTES=service.name=other,app.kubernetes.io/name=x",
                           "OTEL_EXPORTER_OTLP_TIMEOUT=forever",
                           "LATCHKEY_TRACING__SAMPLER=always_on"});
    BOOST_REQUIRE(server.wait_for("/livez", 200));
    BOOST_REQUIRE(has(collector, "GET /livez"));
    BOOST_TEST(read_all(collector).resource.at("service.name") == "named");
    BOOST_TEST(read_all(collector).resource.at("app.kubernetes.io/name") == "x");
    // A variable that is for all programs of a machine does not keep this one from starting.
    BOOST_TEST(server.says("OTEL_EXPORTER_OTLP_TIMEOUT has no effect"));
    http_receiver second;
    server_process unnamed("postgresql:///none?host=/nonexistent", "", "",
                           {"OTEL_EXPORTER_OTLP_ENDPOINT=" + second.url(""),
                            "OTEL_RESOURCE_ATTRIBUTES=service.name=among"});
    BOOST_REQUIRE(unnamed.wait_for("/livez", 200));
    BOOST_REQUIRE(has(second, "GET /livez"));
    BOOST_TEST(read_all(second).resource.at("service.name") == "among");
    server_process off("postgresql:///none?host=/nonexistent", "", "",
                       {base, "OTEL_SDK_DISABLED=true"});
    BOOST_REQUIRE(off.wait_for("/livez", 200));
    BOOST_TEST(off.ask(get("/livez")).field("traceparent").empty());
}

BOOST_AUTO_TEST_CASE(a_collector_that_is_away_costs_spans_alone) {
    http_receiver collector;
    collector.answer_with(503, "{}");
    server_process server("postgresql:///none?host=/nonexistent", "",
                          settings_for(collector, "queue_max = 5\nbatch_max = 5\n"));
    BOOST_REQUIRE(server.wait_for("/livez", 200));
    BOOST_TEST(soon([&] {
        BOOST_TEST(server.ask(get("/livez")).status == 200);
        return metric(server, "auth_trace_spans_dropped_total{reason=\"queue_full\"}") > 0 &&
               metric(server, "auth_trace_spans_dropped_total{reason=\"export_failed\"}") > 0;
    }));
    BOOST_TEST(server.says("spans cannot be sent to the collector"));
    collector.answer_with(200, "{}");
    BOOST_TEST(server.says("spans are sent to the collector again"));
}

BOOST_AUTO_TEST_CASE(a_fetch_of_keys_belongs_to_the_request_that_wants_them) {
    https_issuer issuer;
    http_receiver collector;
    server_process server("postgresql:///none?host=/nonexistent", "",
                          settings_for(collector) +
                              "[[issuers]]\nissuer = \"https://issuer.example\"\n"
                              "audiences = \"api\"\nrevocable = false\njwks_cooldown = \"100ms\"\n"
                              "jwks_timeout = \"100ms\"\nallow_private_addresses = true\n"
                              "jwks_url = \"" +
                              issuer.url() + "\"\nca_file = \"" + issuer.ca_file() + "\"\n");
    BOOST_REQUIRE(server.wait_for("/livez", 200));
    const auto now = std::chrono::duration_cast<std::chrono::seconds>(
                         std::chrono::system_clock::now().time_since_epoch())
                         .count();
    const auto token =
        crypto::encode_base64url(R"({"alg":"RS256","kid":"none"})") + '.' +
        crypto::encode_base64url(R"({"iss":"https://issuer.example","aud":"api","sub":"s","iat":)" +
                                 std::to_string(now + 3) + R"(,"exp":)" +
                                 std::to_string(now + 600) + "}") +
        ".AAAA";
    BOOST_REQUIRE(soon([&] {
        server.ask(post("/api/v1/auth/verify-token", R"({"token":")" + token + "\"}", sampled));
        return issuer.last_request().find("\r\ntraceparent: 00-" + std::string(trace_id)) !=
               std::string::npos;
    }));
    const auto is_there = [&](std::string_view name) {
        const auto all = read_all(collector);
        return std::ranges::any_of(all.spans, [&](const auto& one) {
            return one.trace_id == trace_id && one.name == name && !one.parent_id.empty();
        });
    };
    BOOST_TEST(soon([&] { return is_there("fetch issuer's keys"); }));
    BOOST_TEST(soon([&] { return is_there("await issuer's keys"); }));
}

BOOST_AUTO_TEST_SUITE_END()
