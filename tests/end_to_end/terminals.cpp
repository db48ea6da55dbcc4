// The commands on a terminal: a pseudo terminal is their standard input, output and error.
#include "../integration/support.hpp"
#include "support.hpp"

#include <latchkey/crypto/digest.hpp>

#include <boost/test/unit_test.hpp>

#include <cstdlib>
#include <fstream>
#include <poll.h>
#include <pty.h>
#include <sys/wait.h>
#include <unistd.h>

namespace crypto = latchkey::crypto;
using namespace latchkey::test;

namespace {

// Ends with exec; runs in the child.
[[noreturn]] void become(const std::vector<std::string>& command,
                         const std::vector<std::string>& environment) {
    for (const auto* name : {"NO_COLOR", "TERM"})
        ::unsetenv(name);
    for (const auto& one : environment)
        ::putenv(const_cast<char*>(one.c_str()));
    std::vector<char*> arguments;
    for (const auto& word : command)
        arguments.push_back(const_cast<char*>(word.c_str()));
    arguments.push_back(nullptr);
    ::execv(arguments[0], arguments.data());
    ::_exit(127);
}

/// Runs the program on a terminal where `typed` is typed. `out` is what the terminal shows.
outcome run_on_terminal(const std::vector<std::string>& command,
                        const std::vector<std::string>& environment, std::string_view typed = {}) {
    int terminal = -1;
    pid_t child = ::forkpty(&terminal, nullptr, nullptr, nullptr);
    BOOST_REQUIRE(child >= 0);
    if (child == 0) become(command, environment);
    BOOST_REQUIRE(::write(terminal, typed.data(), typed.size()) ==
                  static_cast<ssize_t>(typed.size()));
    outcome out;
    pollfd readable{terminal, POLLIN, 0};
    char bytes[4096];
    while (::poll(&readable, 1, std::chrono::milliseconds(patience).count()) == 1) {
        const auto n = ::read(terminal, bytes, sizeof bytes);
        if (n <= 0) break; // EIO: the program has ended
        out.out.append(bytes, static_cast<std::size_t>(n));
    }
    out.exit_code = wait_for_exit_of(child, patience);
    if (child > 0) ::kill(child, SIGKILL);
    ::close(terminal);
    return out;
}

bool holds(const outcome& shown, std::string_view text) {
    return shown.out.find(text) != std::string::npos;
}

} // namespace

BOOST_AUTO_TEST_SUITE(terminals)

BOOST_AUTO_TEST_CASE(lists_are_tables_with_relative_times_and_colours) {
    migrated_database database;
    server_process server(database.uri(), "node = \"zurich\"\n");
    BOOST_REQUIRE(server.wait_for("/readyz", 200));
    const std::vector<std::string> list = {latchkey_binary(), "node", "list"};
    const auto socket = "LATCHKEY_ADMIN_SOCKET=" + server.admin_socket();

    const auto coloured = run_on_terminal(list, {socket, "TERM=xterm"});
    BOOST_TEST_INFO(coloured.out);
    BOOST_TEST(coloured.exit_code == 0);
    BOOST_TEST(holds(coloured, "\x1b[1mNODE\x1b[0m"));
    BOOST_TEST(holds(coloured, "\x1b[32mtrue\x1b[0m"));
    BOOST_TEST((holds(coloured, " s ago") || holds(coloured, "now")));

    for (const auto* plain : {"NO_COLOR=1", "TERM=dumb"})
        BOOST_TEST_CONTEXT(plain) {
            const auto shown = run_on_terminal(list, {socket, plain});
            BOOST_TEST(!holds(shown, "\x1b"));
            BOOST_TEST(holds(shown, "NODE    VERSION"));
        }

    const auto piped = run(list, {socket, "TERM=xterm"});
    BOOST_TEST(!holds(piped, "\x1b"));
    BOOST_TEST(piped.out.starts_with("instance_id\tnode\t"));
    BOOST_TEST(holds(piped, "\tzurich\t"));
    BOOST_TEST(!holds(piped, " ago"));
}

BOOST_AUTO_TEST_CASE(names_cannot_steer_the_terminal) {
    migrated_database database;
    server_process server(database.uri());
    BOOST_REQUIRE(server.wait_for("/readyz", 200));
    server.create_organization("o");
    database.exec("insert into public.device_credentials"
                  " (device_id, device_secret, organization_id, name)"
                  " values ('d', 'sha256:' || repeat('0', 64), 'o', e'a\\x1b[2J\\x1b]0;t\\x07b')");
    const auto socket = "LATCHKEY_ADMIN_SOCKET=" + server.admin_socket();
    for (const std::string format : {"", "--json"}) {
        std::vector<std::string> list = {latchkey_binary(), "device", "list"};
        if (!format.empty()) list.push_back(format);
        const auto shown = run_on_terminal(list, {socket, "TERM=xterm"});
        BOOST_TEST_INFO(shown.out);
        BOOST_TEST(holds(shown, "a\\u001b[2J\\u001b]0;t\\u0007b"));
        BOOST_TEST(!holds(shown, "\x1b[2J"));
        BOOST_TEST(!holds(shown, "\x07"));
    }
}

BOOST_AUTO_TEST_CASE(what_ends_much_is_asked_first) {
    migrated_database database;
    server_process server(database.uri());
    BOOST_REQUIRE(server.wait_for("/readyz", 200));
    server.create_organization("o");
    const std::vector<std::string> all = {latchkey_binary(), "revocation", "create",
                                          "--organization", "o"};
    const std::vector<std::string> socket = {"LATCHKEY_ADMIN_SOCKET=" + server.admin_socket()};
    const auto count = [&] { return database.value("select count(*) from latchkey.revocations"); };

    const auto not_meant = run_on_terminal(all, socket, "no\n");
    BOOST_TEST(not_meant.exit_code == 64);
    BOOST_TEST(holds(not_meant, "Is it meant? Type yes: "));
    BOOST_TEST(holds(not_meant, "nothing was done"));
    BOOST_TEST(run(all, socket).exit_code == 64); // nobody can be asked
    server.create_key("o");
    server.create_organization("another");
    server.create_key("another");
    auto dry = all;
    dry.push_back("--dry-run");
    BOOST_TEST(run(dry, socket).out == "active keys     1\nactive devices  0\n");
    BOOST_TEST(count() == "0");

    BOOST_TEST(run_on_terminal(all, socket, "yes\n").exit_code == 0);
    BOOST_TEST(count() == "1");
}

BOOST_AUTO_TEST_CASE(an_import_shows_a_bar) {
    migrated_database database;
    server_process server(database.uri());
    BOOST_REQUIRE(server.wait_for("/readyz", 200));
    server.create_organization("o");
    const temporary_folder folder;
    const auto path = folder.file("keys");
    {
        std::ofstream keys(path);
        for (int i = 0; i < 1500; ++i)
            keys << R"({"key_hash":")" << crypto::to_hex(crypto::sha256(std::to_string(i)))
                 << "\"}\n";
    }
    const std::vector<std::string> import = {latchkey_binary(), "key", "import", path,
                                             "--organization",  "o"};
    const auto socket = "LATCHKEY_ADMIN_SOCKET=" + server.admin_socket();
    const auto shown = run_on_terminal(import, {socket, "TERM=xterm"});
    BOOST_TEST_INFO(shown.out);
    BOOST_TEST(shown.exit_code == 0);
    BOOST_TEST(holds(shown, "\r\x1b[K[####################          ] 1000 keys"));
    BOOST_TEST(holds(shown, "\r\x1b[K[##############################] 1500 keys"));
    BOOST_TEST(holds(shown, "\r\x1b[Kcreated       1500")); // the bar is taken away

    BOOST_TEST(!holds(run(import, {socket}), "#")); // no bar, no colours
}

BOOST_AUTO_TEST_SUITE_END()
