// The programs in etc/examples, as a newcomer runs them: against a real server, behind something
// that is busy, hangs up or says nothing.
#include "example_runs.hpp"
#include "support_front.hpp"

#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <regex>

using namespace latchkey::test;
using namespace std::chrono_literals;

namespace {

using enum fate::kind;

struct program {
    const char* name;
    std::string command; ///< of a shell, in etc/examples
    const char* needs;   ///< a command that succeeds where the program can run
    /// It asks 23 questions. When the first gets 503 and the second loses its connection, it opens
    /// at most so many.
    int connections_max;
    const char* batch = " VALID INVALID_FORMAT\n"; ///< the end of what it says of the batch
    bool long_only = false;
    unsigned more_requests = 0; ///< that are no questions
};

const std::vector<program>& programs() {
    static const std::string java =
        "java -Djdk.httpclient.keepalive.timeout=60 -cp '/usr/share/java/*' java/Latchkey.java";
    static const char* const has_httpx = "/usr/bin/python3 -c 'import httpx'";
    static const std::vector<program> all = {
        {"Python", "/usr/bin/python3 python/latchkey_client.py", has_httpx, 2},
        {"Python, asyncio", "/usr/bin/python3 python/latchkey_async.py", has_httpx, 2},
        {"Node", "node node/latchkey.mjs", "node --version", 4},
        {"C++", LATCHKEY_CPP_EXAMPLE, "true", 2},
        // Each curl is a connection; the last twenty questions share one.
        {"shell", "bash shell/latchkey.sh", "curl --version", 6, "\"undecided_count\":0}\n"},
        {"Go", "go run go/*.go", "go version", 2, " VALID INVALID_FORMAT\n", true},
        {"Java", java, "java -version && test -e /usr/share/java/jackson-databind.jar", 2,
         " VALID INVALID_FORMAT\n", true, 1},
    };
    return all;
}

// One run of a program, and what the front saw of it.
struct trial {
    outcome done;
    std::vector<moody_front::instant> requests;
    int connections = 0;
    std::chrono::nanoseconds took{};

    bool said(const std::string& text) const {
        return (done.out + done.err).find(text) != std::string::npos;
    }
};

trial try_out(const program& p, const known_credentials& c, const std::string& key,
              std::deque<fate> fates) {
    moody_front front(c.node->port(), std::move(fates));
    const auto began = std::chrono::steady_clock::now();
    trial t;
    t.done = run_in_examples(p.command, c.environment(front.url(), key));
    t.took = std::chrono::steady_clock::now() - began;
    t.requests = front.requests();
    t.connections = front.connections();
    return t;
}

// What each program is put through, in its order.
struct trials {
    trial well, revoked, busy_for_long, always_busy, silent;
};

trials put_through(const program& p, const known_credentials& c) {
    return {try_out(p, c, c.good, {{busy, 1}, {pass}, {hang_up}, {pass}}),
            try_out(p, c, c.revoked, {{pass}}), try_out(p, c, c.good, {{busy, 30}}),
            try_out(p, c, c.good, {{busy, 0}}), try_out(p, c, c.good, {{stall}})};
}

void check_counted(const program& p, const trial& t) {
    std::smatch counted;
    if (!std::regex_search(t.done.out, counted, std::regex("23 questions, .*?([0-9]+)\n$"))) {
        BOOST_ERROR("it does not count its connections");
        return;
    }
    BOOST_TEST(t.connections <= p.connections_max);
    // What is open at the end is one less than what was opened: one was lost.
    const bool open_ones = t.said("open at Latchkey");
    BOOST_TEST(std::stoi(counted[1]) == t.connections - (open_ones ? 1 : 0));
}

void check_said(const program& p, const trial& t, const std::string& code) {
    BOOST_TEST(t.done.exit_code == 0);
    BOOST_TEST(t.said("key: " + code + "\n"));
    BOOST_TEST(t.said("token: VALID\n"));
    BOOST_TEST(t.said("batch: "));
    BOOST_TEST(t.said(p.batch));
}

void check_undecided(const trial& t) {
    BOOST_TEST(t.done.exit_code != 0);
    BOOST_TEST(t.said("has not decided"));
    BOOST_TEST(!t.said("VALID"));
}

void check(const program& p, const trials& t) {
    BOOST_TEST_CONTEXT("a 503, a lost connection") {
        check_said(p, t.well, "VALID");
        check_counted(p, t.well);
        BOOST_TEST(t.well.requests.size() == 25 + p.more_requests);
        BOOST_TEST(
            (t.well.requests.size() > 1 && t.well.requests.at(1) - t.well.requests.at(0) >= 1s));
    }
    BOOST_TEST_CONTEXT("a revoked key") {
        check_said(p, t.revoked, "REVOKED");
        BOOST_TEST(t.revoked.requests.size() == 23 + p.more_requests);
    }
    BOOST_TEST_CONTEXT("busy for longer than there is time") {
        check_undecided(t.busy_for_long);
        BOOST_TEST(t.busy_for_long.requests.size() == 1U);
    }
    BOOST_TEST_CONTEXT("always busy") {
        check_undecided(t.always_busy);
        BOOST_TEST(t.always_busy.requests.size() == 3U);
    }
    BOOST_TEST_CONTEXT("no answer") {
        check_undecided(t.silent);
        BOOST_TEST(t.silent.requests.size() <= 2U);
        BOOST_TEST((t.silent.took < 3s + patience));
    }
}

void check_keeps_secrets(const trials& t, const known_credentials& c) {
    for (const auto* one : {&t.well, &t.revoked, &t.busy_for_long, &t.always_busy, &t.silent})
        for (const auto& secret : {c.good, c.revoked, c.token})
            BOOST_TEST(!one->said(secret));
}

} // namespace

BOOST_AUTO_TEST_SUITE(client_programs)

BOOST_AUTO_TEST_CASE(they_ask_again_what_is_undecided_and_let_nobody_in_meanwhile) {
    const known_credentials c;
    std::vector<const program*> here;
    for (const auto& p : programs())
        if ((!p.long_only || is_set("LATCHKEY_LONG_EXAMPLES")) && can_run(p.name, p.needs))
            here.push_back(&p);
    std::vector<trials> all(here.size());
    std::vector<std::thread> threads; // they wait most of the time
    for (std::size_t i = 0; i < here.size(); ++i)
        if (!here[i]->long_only)
            threads.emplace_back([&, i] { all[i] = put_through(*here[i], c); });
    for (auto& thread : threads)
        thread.join();
    // Alone, since the one in Java reads how many connections the server has.
    for (std::size_t i = 0; i < here.size(); ++i)
        if (here[i]->long_only) all[i] = put_through(*here[i], c);
    for (std::size_t i = 0; i < here.size(); ++i)
        BOOST_TEST_CONTEXT(here[i]->name << ": " << all[i].well.done.out << all[i].well.done.err) {
            check(*here[i], all[i]);
            check_keeps_secrets(all[i], c);
        }
}

// They are to be read, and pasted.
BOOST_AUTO_TEST_CASE(none_has_more_than_eighty_lines) {
    int files = 0;
    for (const auto& entry :
         std::filesystem::recursive_directory_iterator(LATCHKEY_SOURCE_DIR "/etc/examples")) {
        const auto path = entry.path().string();
        const bool made = path.find("/node_modules/") != path.npos || // by whoever has run them
                          path.find("/__pycache__/") != path.npos;
        if (made || !entry.is_regular_file() || entry.path().extension() == ".md") continue;
        std::ifstream file(entry.path());
        const auto lines = std::count(std::istreambuf_iterator<char>(file), {}, '\n');
        BOOST_TEST(lines <= 80, entry.path() << " has " << lines);
        ++files;
    }
    BOOST_TEST(files > 10);
}

BOOST_AUTO_TEST_SUITE_END()
