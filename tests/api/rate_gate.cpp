#include <latchkey/api/rate_gate.hpp>

#include <boost/json/parse.hpp>
#include <boost/test/unit_test.hpp>

#include <array>
#include <string>

using namespace latchkey;
using namespace std::chrono_literals;
using api::counted;

namespace {

constexpr std::array<std::string_view, 3> endpoint_names = {"other", "/api/v1/auth/verify-token",
                                                            "/api/v1/auth/verify-api-key"};
enum : std::size_t { other, verify_token, verify_api_key };

api::rate_policy_configuration policy(std::string name, std::size_t quantity,
                                      std::string endpoints = "",
                                      counted counts = counted::address) {
    api::rate_policy_configuration p;
    p.name = std::move(name);
    p.quantity = quantity;
    p.endpoints = std::move(endpoints);
    p.counts = counts;
    return p;
}

struct answered {
    bool admitted;
    int status;
    std::string bytes;
    bool has(std::string_view text) const { return bytes.find(text) != std::string::npos; }
};

struct gated : http::waker {
    void configure(std::vector<api::rate_policy_configuration> policies) {
        limits.configure(policies);
    }
    answered ask(std::string_view from, std::size_t endpoint = verify_token,
                 std::uint64_t cost = 1) {
        return with(from, endpoint, [&](auto& ex) { return gate.admit_client(ex, cost); });
    }
    answered ask_of(counted what, std::string_view subject, std::size_t endpoint = verify_api_key) {
        return with("192.0.2.1", endpoint, [&](auto& ex) {
            const auto why = gate.unless_admitted(ex, what, subject);
            BOOST_TEST(!ex.answered()); // that is for who asked
            if (why) ex.refuse(*why);
            return !why;
        });
    }
    template <class Question>
    answered with(std::string_view from, std::size_t endpoint, Question question) {
        http::request request;
        request.forwarded = forwarded;
        std::string out;
        const http::answer_terms terms;
        http::exchange ex(request, "id", out, terms, false, *this);
        const http::client_origin origin(from.empty() ? std::nullopt : core::parse_address(from),
                                         rules);
        ex.origin = &origin;
        ex.as_of = now;
        ex.endpoint = endpoint;
        const bool admitted = question(ex);
        if (admitted) ex.answer(200, http::json_type, "{}");
        return {admitted, ex.status(), out};
    }
    double counted_in(const std::string& series) const {
        core::metric_sink sink;
        limits.collect(sink);
        const auto text = sink.prometheus();
        const auto at = text.find("\n" + series + " ");
        return at == text.npos ? -1 : std::stod(text.substr(at + series.size() + 2));
    }
    void wake() override {}

    http::trust rules;
    std::string forwarded; ///< as in a request
    core::rate_limiter limiter{4096, {1, 2}};
    core::epochs readers{1};
    api::rate_limits limits{limiter, readers, endpoint_names};
    api::rate_gate gate{&limits, 0};
    core::boot_time now{1h};
};

} // namespace

BOOST_FIXTURE_TEST_SUITE(rate_gate, gated)

BOOST_AUTO_TEST_CASE(who_has_no_address_is_not_limited_by_it_and_who_hides_it_is) {
    auto one = policy("p", 1);
    one.exempt = "10.0.0.0/8";
    configure({one});
    for (int i = 0; i < 3; ++i)
        BOOST_TEST(ask("").admitted);
    // A forwarded address counts, whoever forwards it.
    forwarded = "X-Forwarded-For: 192.0.2.1:80";
    BOOST_TEST(ask("").admitted);
    BOOST_TEST(!ask("").admitted);
    // All names that are not addresses count as one client.
    forwarded = "X-Forwarded-For: unknown";
    BOOST_TEST(ask("").admitted);
    BOOST_TEST(!ask("").admitted);
    forwarded = "X-Forwarded-For: somebody else";
    BOOST_TEST(!ask("").admitted);
    // A client does not become exempt because its proxy is.
    rules.proxies = core::parse_networks("10.0.0.0/8").value();
    forwarded.clear();
    for (int i = 0; i < 3; ++i)
        BOOST_TEST(ask("10.0.0.1").admitted);
    forwarded = "X-Forwarded-For: unknown";
    BOOST_TEST(ask("10.0.0.1").admitted);
    BOOST_TEST(!ask("10.0.0.1").admitted);
}

BOOST_AUTO_TEST_CASE(without_a_policy_nothing_is_told) {
    for (int i = 0; i < 200; ++i)
        BOOST_TEST(ask("192.0.2.1").admitted);
    BOOST_TEST(!ask("192.0.2.1").has("RateLimit"));
    api::rate_gate none(nullptr, 0);
    BOOST_TEST(with("192.0.2.1", verify_token, [&](auto& ex) {
                   return none.admit_client(ex, 1'000'000);
               }).admitted);
}

BOOST_AUTO_TEST_CASE(the_fields_of_an_answer) {
    configure({policy("verify-token", 100, "verify-token")});
    const auto first = ask("192.0.2.1");
    BOOST_TEST(first.has("\r\nRateLimit-Policy: \"verify-token\";q=100;w=60\r\n"));
    BOOST_TEST(first.has("\r\nRateLimit: \"verify-token\";r=99;t=1\r\n"));
    for (int i = 1; i < 100; ++i)
        BOOST_TEST(ask("192.0.2.1").admitted);
    const auto refused = ask("192.0.2.1");
    BOOST_TEST(!refused.admitted);
    BOOST_TEST(refused.status == 429);
    BOOST_TEST(refused.has("HTTP/1.1 429 Too Many Requests\r\n"));
    BOOST_TEST(refused.has("\r\nContent-Type: application/problem+json\r\n"));
    BOOST_TEST(refused.has("\r\nRetry-After: 1\r\n"));
    BOOST_TEST(refused.has("\r\nRateLimit: \"verify-token\";r=0;t=60\r\n"));
    const auto problem =
        boost::json::parse(refused.bytes.substr(refused.bytes.find("\r\n\r\n") + 4)).as_object();
    BOOST_TEST(problem.at("code").as_string() == "RATE_LIMITED");
    BOOST_TEST(problem.at("status").as_int64() == 429);
    BOOST_TEST(ask("192.0.2.2").admitted);
    BOOST_TEST(counted_in("auth_rate_limited_total{policy=\"verify-token\"}") == 1);
    now += 600ms;
    BOOST_TEST(ask("192.0.2.1").admitted);
    BOOST_TEST(!ask("192.0.2.1").admitted);
}

BOOST_AUTO_TEST_CASE(a_policy_counts_at_its_endpoints_alone) {
    configure({policy("a", 1, "/api/v1/auth/verify-token"), policy("b", 5)});
    BOOST_TEST(ask("192.0.2.1").admitted);
    BOOST_TEST(!ask("192.0.2.1").admitted);
    BOOST_TEST(ask("192.0.2.1", verify_api_key).admitted);
    BOOST_TEST(!ask("192.0.2.1", verify_api_key).has("\"a\""));
    for (int i = 0; i < 9; ++i)
        BOOST_TEST(ask("192.0.2.1", other).admitted);
}

BOOST_AUTO_TEST_CASE(of_several_the_most_restrictive_is_told_and_a_refusal_takes_from_none) {
    configure({policy("wide", 50), policy("narrow", 3), policy("middle", 10)});
    for (const int left : {2, 1, 0}) {
        const auto a = ask("192.0.2.1");
        BOOST_TEST(a.has("RateLimit: \"narrow\";r=" + std::to_string(left)));
        BOOST_TEST(!a.has("\"wide\""));
    }
    for (int i = 0; i < 100; ++i)
        BOOST_TEST(ask("192.0.2.1").has("\r\nRateLimit: \"narrow\";r=0;"));
    BOOST_TEST(counted_in("auth_rate_limited_total{policy=\"narrow\"}") == 100);
    BOOST_TEST(counted_in("auth_rate_limited_total{policy=\"wide\"}") == 0);
    configure({policy("wide", 50), policy("middle", 10)});
    BOOST_TEST(ask("192.0.2.1").has("RateLimit: \"middle\";r=6;"));
}

BOOST_AUTO_TEST_CASE(a_cost_is_taken_whole_or_not_at_all) {
    configure({policy("items", 10)});
    BOOST_TEST(ask("192.0.2.1", verify_token, 8).admitted);
    const auto refused = ask("192.0.2.1", verify_token, 3);
    BOOST_TEST(refused.status == 429);
    BOOST_TEST(refused.has("r=2;"));
    BOOST_TEST(refused.has("Retry-After: 6\r\n"));
    BOOST_TEST(ask("192.0.2.1", verify_token, 2).admitted);
    const auto never = ask("192.0.2.2", verify_token, 11);
    BOOST_TEST(never.status == 429);
    BOOST_TEST(never.has("send fewer items"));
    BOOST_TEST(never.has("Retry-After: 1\r\n"));
}

BOOST_AUTO_TEST_CASE(the_door_before_the_cost_is_known) {
    using door = api::rate_gate::door;
    door seen{};
    const auto look = [&](std::size_t endpoint) {
        return with("192.0.2.1", endpoint, [&](auto& ex) {
            seen = gate.door_of(ex);
            return seen != door::closed;
        });
    };
    look(verify_token);
    BOOST_TEST((seen == door::open));
    configure({policy("two", 2, "verify-token")});
    look(verify_api_key);
    BOOST_TEST((seen == door::open));
    for (int i = 0; i < 5; ++i)
        look(verify_token);
    BOOST_TEST((seen == door::counted));
    ask("192.0.2.1", verify_token, 2);
    BOOST_TEST(look(verify_token).status == 429);
    BOOST_TEST((seen == door::closed));
}

BOOST_AUTO_TEST_CASE(exempt_networks) {
    auto p = policy("p", 1);
    p.exempt = "10.0.0.0/8, 2001:db8::/32";
    auto q = policy("q", 1, "", counted::api_key);
    q.exempt = "192.0.2.0/24";
    configure({p, q});
    for (int i = 0; i < 5; ++i) {
        BOOST_TEST(ask("10.1.2.3").admitted);
        BOOST_TEST(ask("2001:db8::1").admitted);
        BOOST_TEST(ask_of(counted::api_key, "k").admitted);
    }
    BOOST_TEST(!ask("10.1.2.3").has("RateLimit"));
    BOOST_TEST(ask("11.1.2.3").admitted);
    BOOST_TEST(!ask("11.1.2.3").admitted);
}

BOOST_AUTO_TEST_CASE(kinds_and_subjects_are_counted_apart) {
    configure({policy("k", 1, "", counted::api_key), policy("o", 1, "", counted::organization)});
    BOOST_TEST(ask_of(counted::api_key, "one").admitted);
    BOOST_TEST(ask_of(counted::organization, "one").admitted);
    BOOST_TEST(ask_of(counted::api_key, "two").admitted);
    BOOST_TEST(ask_of(counted::api_key, "one").status == 429);
    BOOST_TEST(ask_of(counted::device, "one").admitted);
    BOOST_TEST(ask("192.0.2.1").admitted);
}

BOOST_AUTO_TEST_CASE(one_network_of_ipv6_is_one_client) {
    configure({policy("p", 1)});
    BOOST_TEST(ask("2001:db8::1").admitted);
    BOOST_TEST(!ask("2001:db8::2").admitted);
    BOOST_TEST(ask("2001:db8:0:1::2").admitted);
}

BOOST_AUTO_TEST_CASE(a_new_configuration_keeps_the_counts_of_what_stays) {
    configure({policy("a", 2), policy("b", 2, "verify-api-key")});
    for (int i = 0; i < 2; ++i) {
        ask("192.0.2.1");
        ask("192.0.2.1", verify_api_key);
    }
    // In another order, with another list of endpoints, and with a new policy.
    configure({policy("c", 1000), policy("a", 2, "verify-token")});
    BOOST_TEST(!ask("192.0.2.1").admitted);
    BOOST_TEST(ask("192.0.2.1", verify_api_key).admitted);
    // A policy with another rule begins with empty buckets; with the old rule, the old count is
    // back.
    configure({policy("a", 3)});
    BOOST_TEST(ask("192.0.2.1").admitted);
    configure({policy("a", 2)});
    BOOST_TEST(!ask("192.0.2.1").admitted);
    configure({});
    BOOST_TEST(!ask("192.0.2.1").has("RateLimit"));
}

BOOST_AUTO_TEST_CASE(what_a_policy_may_be) {
    const auto says = [](api::rate_policy_configuration p) {
        const auto made = api::make_rate_policy(p);
        return made ? "" : made.error().message;
    };
    BOOST_TEST(says(policy("a", 100)) == "");
    BOOST_TEST(says(policy("", 100)).starts_with("name: "));
    BOOST_TEST(says(policy("a b", 100)).starts_with("name: "));
    BOOST_TEST(says(policy("a\"", 100)).starts_with("name: "));
    BOOST_TEST(says(policy(std::string(65, 'a'), 100)).starts_with("name: "));
    BOOST_TEST(says(policy("a", 100'000'000)).starts_with("quantity: "));
    BOOST_TEST(says(policy("a", 1, "verify-tokens")).find("did you mean \"verify-token\"?") !=
               std::string::npos);
    BOOST_TEST(says(policy("a", 1, "/livez")).starts_with("endpoints: "));
    BOOST_TEST(says(policy("a", 1, "verify-token", counted::api_key)).starts_with("endpoints: "));
    BOOST_TEST(says(policy("a", 1, "verify-token", counted::device)).starts_with("endpoints: "));
    BOOST_TEST(says(policy("a", 1, "verify-token", counted::organization)) == "");
    const auto devices = api::make_rate_policy(policy("a", 1, "", counted::device)).value();
    BOOST_TEST(devices.paths.size() == 11u);
    const auto all = api::make_rate_policy(policy("a", 7)).value();
    BOOST_TEST(all.paths.size() == 15u);
    BOOST_TEST(all.rule.burst() == 7u);
}

// By windows of the database, in which all of it may come at once.
BOOST_AUTO_TEST_CASE(what_a_policy_of_all_nodes_may_be) {
    auto fleet = policy("a", 100);
    fleet.scope = api::limit_scope::fleet;
    BOOST_TEST((api::make_rate_policy(fleet).value().scope == api::limit_scope::fleet));
    fleet.burst = 100;
    BOOST_TEST(api::make_rate_policy(fleet).has_value());
    fleet.burst = 7;
    BOOST_TEST(api::make_rate_policy(fleet).error().message.starts_with("burst: "));
}

BOOST_AUTO_TEST_SUITE_END()
