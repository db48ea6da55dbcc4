// The FastAPI dependency and the Express middleware in etc/examples, in a service that listens.
#include "example_runs.hpp"
#include "support_front.hpp"

#include <boost/test/unit_test.hpp>

using namespace latchkey::test;

namespace {

using enum fate::kind;

struct service {
    const char* name;
    const char* command;
    const char* needs;
};

constexpr service services[] = {
    {"FastAPI", "/usr/bin/python3 python/fastapi_dependency.py",
     "/usr/bin/python3 -c 'import fastapi, httpx, uvicorn'"},
    {"Express", "node node/express.mjs", "node -e 'require(\"express\")'"},
};

// Starts the service, asks it with one credential after the other, and ends it. Each answer is a
// line: the status, and fields if there are any.
constexpr std::string_view questions = R"( >&2 & service=$!
trap 'kill $service' EXIT
for i in $(seq 400); do
    curl -s -o /dev/null http://127.0.0.1:$PORT/ && break
    sleep 0.05
done
ask() {
    curl -s -o /dev/null -m 20 "$@" http://127.0.0.1:$PORT/devices \
        -w '%{http_code} %header{www-authenticate} %header{retry-after}\n'
}
ask -H "X-API-Key: $DEMO_API_KEY"
ask -H "Authorization: Bearer $DEMO_TOKEN"
ask -H "X-API-Key: $REVOKED"
ask -H "X-API-Key: $POOR"
ask -H "Authorization: Bearer no.such.token"
ask
ask -H "X-API-Key: $DEMO_API_KEY" -H "Authorization: Bearer $DEMO_TOKEN"
ask -H "X-API-Key: $DEMO_API_KEY"
)";

const std::string expected = "200  \n"
                             "200  \n"
                             "401 Bearer error=\"invalid_token\" \n"
                             "403  \n"
                             "401 Bearer error=\"invalid_token\" \n"
                             "401 Bearer \n"
                             "401 Bearer \n"
                             "503  30\n";

} // namespace

BOOST_AUTO_TEST_SUITE(client_services)

BOOST_AUTO_TEST_CASE(they_let_in_whom_latchkey_calls_good) {
    const known_credentials c;
    for (const auto& s : services)
        BOOST_TEST_CONTEXT(s.name) {
            if (!can_run(s.name, s.needs)) continue;
            // Latchkey is not asked where there is no credential, or two.
            moody_front front(c.node->port(),
                              {{busy, 1}, {pass}, {pass}, {pass}, {pass}, {pass}, {busy, 30}});
            const reserved_port port;
            auto environment = c.environment(front.url(), c.good);
            environment.insert(environment.end(), {"PORT=" + std::to_string(port.number()),
                                                   "REVOKED=" + c.revoked, "POOR=" + c.poor});
            const auto done = run_in_examples(s.command + std::string(questions), environment);
            BOOST_TEST_INFO(done.err);
            BOOST_TEST(done.out == expected);
            BOOST_TEST(front.requests().size() == 7U);
            for (const auto& secret : {c.good, c.poor, c.revoked, c.token})
                BOOST_TEST(done.err.find(secret) == std::string::npos);
        }
}

BOOST_AUTO_TEST_SUITE_END()
