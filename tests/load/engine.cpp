#include "engine.hpp"
#include "fault.hpp"
#include "report.hpp"
#include "tiny_server.hpp"

#include "../support/temporary_folder.hpp"

#include <boost/json/parse.hpp>
#include <boost/test/unit_test.hpp>

#include <unistd.h>

#include <chrono>
#include <climits>

BOOST_AUTO_TEST_SUITE(engine)

using load::test::answer;
using load::test::reply;
using load::test::tiny_server;

namespace {

load::mix keyed_mix() {
    return load::read_mix(R"({"requests": [
        {"name": "key", "weight": 3, "path": "/key", "body": "key-{n}", "keys": {"distribution": "uniform", "count": 1000},
         "expect": {"starts": "for {n};", "refused": [503]}},
        {"name": "live", "path": "/livez", "expect": {"starts": "alive"}}]})");
}

std::string number_in(const std::string& request) {
    return request.substr(request.rfind("key-") + 4);
}

// What a good server says.
reply good(const std::string& request, int) {
    return request.starts_with("GET /livez ") ? answer(200, "alive")
                                              : answer(200, "for " + number_in(request) + ";");
}

load::options briefly(const std::string& to) {
    load::options out;
    out.to = to;
    out.connections = 4;
    out.seconds = 0.2;
    return out;
}

load::options at_rate(const std::string& to, double rate) {
    auto out = briefly(to);
    out.rate = rate;
    return out;
}

} // namespace

BOOST_AUTO_TEST_CASE(right_answers_are_counted_by_kind) {
    tiny_server server(good);
    auto how = briefly(server.to());
    how.seconds = 0.5;
    const auto seen = load::run(how, keyed_mix()).seen;
    BOOST_TEST(seen.wrong == 0U, seen.first_wrong);
    BOOST_TEST(seen.lost + seen.timeouts + seen.unanswered + seen.refused.count() == 0U,
               seen.first_error);
    BOOST_TEST(seen.right() > 0U);
    BOOST_TEST(seen.answers() == static_cast<unsigned>(server.requests()));
    BOOST_TEST(seen.by_kind[0].count() > seen.by_kind[1].count());
    BOOST_TEST(seen.by_kind[1].count() > 0U);
    BOOST_TEST(server.connections() == 4);
    BOOST_TEST(seen.latency().min() > 0U);
}

BOOST_AUTO_TEST_CASE(an_open_loop_asks_as_often_as_it_should) {
    tiny_server server(good);
    for (const std::size_t threads : {1U, 2U}) {
        auto how = at_rate(server.to(), 500);
        how.threads = threads;
        const auto seen = load::run(how, keyed_mix()).seen;
        BOOST_TEST(seen.answers() + seen.unanswered == 100U);
        BOOST_TEST(seen.unanswered == 0U);
        BOOST_TEST(seen.wrong == 0U, seen.first_wrong);
    }
}

BOOST_AUTO_TEST_CASE(a_stall_of_the_server_is_seen_by_all_requests_that_were_due_in_it) {
    constexpr auto stall = std::chrono::milliseconds(100);
    tiny_server server([&](const std::string& request, int before) {
        if (before == 20) std::this_thread::sleep_for(stall);
        return good(request, before);
    });
    auto how = at_rate(server.to(), 1000);
    how.connections = 1;
    const auto seen = load::run(how, keyed_mix()).seen;
    BOOST_TEST(seen.wrong == 0U, seen.first_wrong);
    BOOST_TEST(seen.answers() == 200U);
    // Half of a hundred requests, more or less, waited for more than half of it: a quarter of all.
    BOOST_TEST(seen.latency().max() >= 99'000'000U);
    BOOST_TEST(seen.latency().percentile(76) >= 49e6);
    BOOST_TEST(seen.backlog_max >= 90U);
}

BOOST_AUTO_TEST_CASE(a_wrong_answer_is_found_and_shown) {
    tiny_server server([](const std::string& request, int before) {
        return before == 17 ? answer(200, "for somebody else;") : good(request, before);
    });
    const auto found = load::run(briefly(server.to()), load::read_mix(R"({"requests": [
        {"name": "key", "path": "/key", "body": "key-{n}", "keys": {"distribution": "sequence", "first": 100, "count": 10000},
         "expect": {"starts": "for {n};"}}]})"));
    BOOST_TEST(found.seen.wrong == 1U);
    BOOST_TEST(found.seen.answers_in_time >= found.seen.right_in_time + 1);
    BOOST_TEST(found.seen.right() + 1 == static_cast<unsigned>(server.requests()));
    BOOST_TEST(found.seen.first_wrong.find("and a body that does not begin with for 1") !=
               std::string::npos);
    BOOST_TEST(found.seen.first_wrong.find("for somebody else;") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(a_refusal_is_counted_apart) {
    tiny_server server([](const std::string& request, int before) {
        return before % 2 && !request.starts_with("GET") ? answer(503, "later")
                                                         : good(request, before);
    });
    const auto seen = load::run(briefly(server.to()), keyed_mix()).seen;
    BOOST_TEST(seen.wrong == 0U, seen.first_wrong);
    BOOST_TEST(seen.refused.count() > 0U);
    BOOST_TEST(seen.right() > 0U);
    BOOST_TEST(seen.answers() == static_cast<unsigned>(server.requests()));
}

BOOST_AUTO_TEST_CASE(a_connection_closed_under_a_request_is_an_error_and_is_opened_again) {
    tiny_server server([](const std::string& request, int before) {
        if (before % 10 == 9) return reply{"", true};
        if (before % 10 == 4)
            return reply{"HTTP/1.1 200 OK\r\nContent-Length: 50\r\n\r\nfor", true};
        return good(request, before);
    });
    const auto seen = load::run(at_rate(server.to(), 500), keyed_mix()).seen;
    BOOST_TEST(seen.wrong == 0U, seen.first_wrong);
    BOOST_TEST(seen.lost >= 10U);
    BOOST_TEST(seen.answers() >= 60U);
    BOOST_TEST(seen.answers() + seen.lost + seen.unanswered == 100U);
    BOOST_TEST(server.connections() > 10);
    // What was lost is in the latencies too, with the time that it was waited for.
    BOOST_TEST(seen.overdue.count() == seen.lost + seen.unanswered);
    BOOST_TEST(seen.latency().count() == 100U);
    BOOST_TEST(seen.first_error.find("the ") == 0U, seen.first_error);
}

BOOST_AUTO_TEST_CASE(a_server_may_close_after_each_answer) {
    tiny_server server([](const std::string& request, int before) {
        auto out = good(request, before);
        out.bytes.insert(out.bytes.find("\r\n") + 2, "Connection: close\r\n");
        out.closes = true;
        return out;
    });
    const auto seen = load::run(briefly(server.to()), keyed_mix()).seen;
    BOOST_TEST(seen.wrong == 0U, seen.first_wrong);
    BOOST_TEST(seen.lost == 0U, seen.first_error);
    BOOST_TEST(seen.answers() > 0U);
    BOOST_TEST(server.connections() >= static_cast<int>(seen.answers()));
}

BOOST_AUTO_TEST_CASE(a_connection_that_the_server_closes_at_rest_is_no_error) {
    tiny_server server([](const std::string& request, int before) {
        auto out = good(request, before);
        out.closes = true; // without saying so
        return out;
    });
    const auto seen = load::run(at_rate(server.to(), 100), keyed_mix()).seen;
    BOOST_TEST(seen.wrong == 0U, seen.first_wrong);
    // Each error is that of a request; connections at rest have none.
    BOOST_TEST(seen.answers() + seen.lost + seen.unanswered == 20U);
    BOOST_TEST(seen.reopened > 0U);
}

BOOST_AUTO_TEST_CASE(answers_that_do_not_come_are_counted_as_late_as_they_are) {
    tiny_server server([](const std::string& request, int before) {
        return before == 5 ? reply{"", false} : good(request, before);
    });
    auto how = at_rate(server.to(), 100);
    auto seen = load::run(how, keyed_mix()).seen;
    BOOST_TEST(seen.unanswered == 1U);
    BOOST_TEST(seen.overdue.min() > 1'000'000'000U); // it was waited for
    BOOST_TEST(seen.latency().count() == 20U);
}

BOOST_AUTO_TEST_CASE(a_request_that_takes_too_long_is_an_error) {
    tiny_server server([](const std::string& request, int before) {
        return before == 5 ? reply{"", false} : good(request, before);
    });
    auto how = at_rate(server.to(), 100);
    how.timeout = 0.4;
    const auto seen = load::run(how, keyed_mix()).seen;
    BOOST_TEST(seen.timeouts == 1U);
    BOOST_TEST(seen.unanswered == 0U);
    BOOST_TEST(seen.answers() == 19U);
    BOOST_TEST(seen.first_error == "no answer in time");
}

BOOST_AUTO_TEST_CASE(the_warm_up_does_not_count) {
    tiny_server server(good);
    auto how = at_rate(server.to(), 500);
    how.warm_up = 0.2;
    const auto seen = load::run(how, keyed_mix()).seen;
    BOOST_TEST(server.requests() == 200);
    BOOST_TEST(seen.answers() == 100U);
}

BOOST_AUTO_TEST_CASE(the_cpu_of_watched_processes_is_that_of_the_measured_time) {
    tiny_server server(good);
    auto how = at_rate(server.to(), 500);
    BOOST_TEST(!load::run(how, keyed_mix()).watched_cpu_seconds);
    how.watched = {::getpid()};
    const auto found = load::run(how, keyed_mix());
    // The server is a thread of this process, as the generator is.
    BOOST_TEST(*found.watched_cpu_seconds > 0.0);
    BOOST_TEST(*found.watched_cpu_seconds < 2 * how.seconds);
    how.watched = {INT_MAX};
    BOOST_TEST(*load::run(how, keyed_mix()).watched_cpu_seconds == 0.0, "nobody has this pid");
}

BOOST_AUTO_TEST_CASE(it_asks_over_a_unix_socket) {
    const latchkey::test::temporary_folder folder;
    tiny_server server(good, folder.file("socket"));
    const auto seen = load::run(briefly(server.to()), keyed_mix()).seen;
    BOOST_TEST(seen.wrong + seen.lost == 0U);
    BOOST_TEST(seen.right() > 0U);
}

BOOST_AUTO_TEST_CASE(it_asks_by_tls_and_trusts_only_who_it_should) {
    const latchkey::test::temporary_folder folder;
    const latchkey::test::certificate_authority authority, other;
    authority.write(folder.file("ca.pem"));
    other.write(folder.file("other.pem"));
    tiny_server server(good, load::test::tls_as(authority.issue("IP:127.0.0.1")));
    tiny_server elsewhere(good, load::test::tls_as(authority.issue("DNS:elsewhere.example")));
    auto how = briefly(server.to());
    how.tls = folder.file("ca.pem");
    const auto seen = load::run(how, keyed_mix()).seen;
    BOOST_TEST(seen.wrong + seen.lost == 0U, seen.first_error);
    BOOST_TEST(seen.right() > 0U);

    const auto names_the_certificate = [](const load::fault& wrong) {
        return std::string(wrong.what()).find("the server's certificate is not good") !=
               std::string::npos;
    };
    how.tls = folder.file("other.pem");
    BOOST_CHECK_EXCEPTION(load::run(how, keyed_mix()), load::fault, names_the_certificate);
    how.tls = folder.file("ca.pem");
    how.to = elsewhere.to();
    BOOST_CHECK_EXCEPTION(load::run(how, keyed_mix()), load::fault, names_the_certificate);
    how.tls = folder.file("absent.pem");
    BOOST_CHECK_THROW(load::run(how, keyed_mix()), load::fault);
}

BOOST_AUTO_TEST_CASE(where_nobody_listens_the_fault_says_so) {
    std::string to;
    { to = tiny_server(good).to(); }
    BOOST_CHECK_EXCEPTION(
        load::run(briefly(to), keyed_mix()), load::fault, [&](const load::fault& wrong) {
            return wrong.what() == to + ": 0 of 4 connections could be opened: Connection refused; "
                                        "see that the server runs there and "
                                        "takes so many";
        });
    for (const char* place :
         {"localhost", "127.0.0.1:", "127.0.0.1:70000", "127.0.0.1:8x", ":80", "unix:"})
        BOOST_CHECK_THROW(load::run(briefly(place), keyed_mix()), load::fault);
}

BOOST_AUTO_TEST_CASE(the_json_report_has_what_programs_read) {
    tiny_server server(good);
    const auto what = keyed_mix();
    const auto found = load::run(at_rate(server.to(), 500), what);
    const auto report = boost::json::parse(load::as_json(found, what)).as_object();
    BOOST_TEST(report.at("requests").to_number<int>() == 100);
    BOOST_TEST(report.at("rate").to_number<double>() <= 500.001);
    BOOST_TEST(report.at("seconds").to_number<double>() == 0.2);
    BOOST_TEST(report.at("first_wrong").is_null());
    for (const char* name : {"refused", "wrong", "errors"})
        BOOST_TEST(report.at(name).to_number<int>() == 0);
    BOOST_TEST(report.at("cpu_seconds").to_number<double>() > 0);
    const auto& latency = report.at("latency_us").as_object();
    double last = 0;
    for (const char* name : {"min", "p50", "p90", "p95", "p99", "p999", "max"}) {
        BOOST_TEST(latency.at(name).to_number<double>() >= last);
        last = latency.at(name).to_number<double>();
    }
    BOOST_TEST(latency.at("curve").as_array().size() > 10U);
    BOOST_TEST(report.at("by_name").at("key").at("requests").to_number<int>() +
                   report.at("by_name").at("live").at("requests").to_number<int>() ==
               100);
    BOOST_TEST(report.at("refused_latency_us").at("max").to_number<double>() == 0);
}

BOOST_AUTO_TEST_SUITE_END()
