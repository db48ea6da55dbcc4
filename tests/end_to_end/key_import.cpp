// `latchkey key import` and `key export`, with the real server.
#include "cached_keys.hpp"

#include <latchkey/crypto/base64url.hpp>
#include <latchkey/crypto/digest.hpp>

#include <boost/json/parse.hpp>

#include <csignal>
#include <cstdlib>
#include <fcntl.h>
#include <fstream>
#include <unistd.h>

using namespace latchkey;
using namespace latchkey::test;

namespace {

std::string key_text(int number) {
    return "sk_live_of_another_service_" + std::to_string(number);
}
std::string line_of(int number, const std::string& more = {}) {
    return R"({"key_hash":")" + crypto::to_hex(crypto::sha256(key_text(number))) +
           R"(","prefix":"sk_live","name":"k)" + std::to_string(number) + "\"" + more + "}\n";
}

int keys_of_a_large_import() {
    const char* given = std::getenv("LATCHKEY_IMPORTED");
    return given ? std::atoi(given) : 20'000;
}

struct import_server {
    migrated_database database;
    server_process server;
    temporary_folder folder;

    import_server() : server(database.uri()) {
        BOOST_REQUIRE(server.wait_for("/readyz", 200));
        server.create_organization("org");
    }
    std::string write(const std::string& text, const std::string& name = "keys") {
        const auto path = folder.file(name);
        std::ofstream(path) << text;
        return path;
    }
    outcome command(std::vector<std::string> words) { return server.command(std::move(words)); }
    std::string code(const std::string& key) {
        return code_of(server.ask(verify(question_of(key))));
    }
    std::string count(const std::string& condition = "true") {
        return database.value("select count(*) from latchkey.api_keys where " + condition);
    }
};

} // namespace

BOOST_AUTO_TEST_SUITE(key_import)

BOOST_AUTO_TEST_CASE(lines_are_imported_once_and_the_bad_ones_named) {
    import_server s;
    BOOST_TEST(s.code(key_text(0)) == "NOT_FOUND");
    std::string lines;
    for (int i = 0; i < 2200; ++i)
        lines += line_of(i);
    lines += "nonsense\n\n" + line_of(7) + line_of(3000, R"(,"organization_id":"none")") +
             line_of(3001, R"(,"scopes":["a","latchkey:admin:write:*"])") +
             line_of(3002, R"(,"metadata":{"a":"\u0000"})") + line_of(3003, R"(,"enabled":false)");
    const auto path = s.write(lines);

    const auto tried = s.command({"key", "import", path, "--organization", "org", "--dry-run"});
    BOOST_TEST(tried.out ==
               "would create  2203\nexist         0\nskipped       3\nstripped      1\n");
    BOOST_TEST(s.count() == "0");

    const auto done = s.command({"key", "import", path, "--organization", "org"});
    BOOST_TEST(done.exit_code == 64);
    BOOST_TEST(done.out ==
               "created       2202\nexist         1\nskipped       3\nstripped      1\n");
    for (const char* line :
         {"line 2201: it is no JSON object", "line 2204: there is no organization \"none\"",
          "line 2205: it gets no [\"latchkey:admin:write:*\"]", "line 2206: "})
        BOOST_TEST(done.err.find(line) != std::string::npos, line << " in " << done.err);
    // What was asked for before is not taken for unknown any more.
    BOOST_TEST(s.code(key_text(0)) == "VALID");
    BOOST_TEST(s.code(key_text(2199)) == "VALID");
    BOOST_TEST(s.code(key_text(3003)) == "DISABLED");
    BOOST_TEST(s.count("'latchkey:admin:write:*' = any (scopes)") == "0");

    const auto again = s.command({"key", "import", path, "--organization", "org", "--json"});
    const auto told = boost::json::parse(again.out).as_object();
    BOOST_TEST(told.at("created").as_int64() == 0);
    BOOST_TEST(told.at("exists").as_int64() == 2203);
    BOOST_TEST(told.at("skipped").as_array().size() == 3u);
    BOOST_TEST(s.count() == "2202");
}

BOOST_AUTO_TEST_CASE(an_export_is_read_back_and_nobody_gets_the_keys) {
    import_server s;
    const auto own = s.server.create_key("org", {"--scopes", "a,b", "--rate-limit", "5/1m"});
    BOOST_TEST(
        s.command({"key", "import", s.write(line_of(1)), "--organization", "org"}).exit_code == 0);
    const auto told = s.command({"key", "export"});
    BOOST_TEST(told.exit_code == 0);
    BOOST_TEST(std::count(told.out.begin(), told.out.end(), '\n') == 2);
    BOOST_TEST(told.out.find(own) == std::string::npos);

    import_server other;
    const auto done = other.command({"key", "import", other.write(told.out)});
    BOOST_TEST(done.out == "created       2\nexist         0\nskipped       0\nstripped      0\n",
               done.err);
    BOOST_TEST(other.code(own) == "VALID");
    BOOST_TEST(other.code(key_text(1)) == "VALID");
    BOOST_TEST(other.command({"key", "export"}).out == told.out);
    BOOST_TEST(other.command({"key", "export", "--organization", "org"}).out == told.out);
    BOOST_TEST(other.command({"key", "export", "--organization", "none"}).out.empty());
    BOOST_TEST(other.command({"key", "export", "--organization", "a&b=c+d/e?f%20"}).exit_code == 0);
}

BOOST_AUTO_TEST_CASE(exports_of_others_are_read_as_they_come) {
    import_server s;
    const auto digest = crypto::sha256(key_text(1));
    const auto hash = crypto::encode_base64url(std::string(digest.begin(), digest.end()));
    const auto rows = s.write("[\n  {\"id\": \"b1\", \"key\": \"" + hash +
                              "\", \"userId\": \"u1\", \"enabled\": true, \"permissions\": "
                              "\"{\\\"files\\\":[\\\"read\\\"]}\"},\n  {\"id\": \"b2\", \"key\": "
                              "\"x\", \"remaining\": 4}\n]\n");
    const auto done =
        s.command({"key", "import", rows, "--format", "better-auth", "--organization", "org"});
    BOOST_TEST(done.out == "created       1\nexist         0\nskipped       1\nstripped      0\n",
               done.err);
    BOOST_TEST(done.err.find("element 2: \"key\" cannot be read") != std::string::npos, done.err);
    const auto answer = s.server.ask(verify(question_of(key_text(1)))).json();
    BOOST_TEST(answer.at("external_id").as_string() == "u1");
    BOOST_TEST(answer.at("scopes").as_array().size() == 1u);

    const auto keys = s.write("{\"keyId\":\"u2\",\"hash\":\"" + hash + "\"}\n", "unkey");
    BOOST_TEST(
        s.command({"key", "import", keys, "--format", "unkey", "--organization", "org"}).out ==
        "created       0\nexist         1\nskipped       0\nstripped      0\n");
    BOOST_TEST(s.command({"key", "import", keys, "--format", "other"}).exit_code == 64);
    BOOST_TEST(s.command({"key", "import"}).exit_code == 64);
    BOOST_TEST(s.command({"key", "import", s.folder.file("none")}).exit_code == 64);
    BOOST_TEST(s.command({"key", "import", s.write("[{\"a\"", "cut")}).exit_code == 64);
}

BOOST_AUTO_TEST_CASE(an_interrupted_import_goes_on_where_it_ended) {
    import_server s;
    std::string lines;
    for (int i = 0; i < 6000; ++i)
        lines += line_of(i);
    const auto path = s.write(lines);
    // The database goes away in the middle: nobody else can insert a key.
    s.database.exec("create function public.once() returns trigger language plpgsql as $$ begin"
                    " if (select count(*) from latchkey.api_keys) > 2500 then raise exception"
                    " using errcode = '53100', message = 'no room'; end if; return null; end $$;"
                    " create trigger once after insert on latchkey.api_keys execute function"
                    " public.once()");
    const auto cut = s.command({"key", "import", path, "--organization", "org"});
    BOOST_TEST(cut.exit_code == 69);
    BOOST_TEST(cut.err.find("from line 2001 on, nothing is imported") != std::string::npos,
               cut.err);
    BOOST_TEST(s.count() == "2000");
    s.database.exec("drop trigger once on latchkey.api_keys");
    const auto rest = s.command({"key", "import", path, "--organization", "org"});
    BOOST_TEST(rest.out ==
                   "created       4000\nexist         2000\nskipped       0\nstripped      0\n",
               rest.err);
    BOOST_TEST(s.count() == "6000");
}

BOOST_AUTO_TEST_CASE(an_import_whose_process_was_killed_is_run_again) {
    import_server s;
    const int all = keys_of_a_large_import();
    std::string lines;
    for (int i = 0; i < all; ++i)
        lines += line_of(i);
    const auto path = s.write(lines);
    const auto socket = s.server.admin_socket();
    pid_t child = ::fork();
    BOOST_REQUIRE(child >= 0);
    if (child == 0) {
        const int nowhere = ::open("/dev/null", O_RDWR);
        for (const int fd : {0, 1, 2})
            ::dup2(nowhere, fd);
        ::execl(latchkey_binary().c_str(), "latchkey", "key", "import", path.c_str(),
                "--organization", "org", "--socket", socket.c_str(), nullptr);
        ::_exit(127);
    }
    const auto imported = [&] { return std::stoi(s.count()); };
    BOOST_TEST(soon([&] { return imported() >= all / 2; }, 3 * patience));
    ::kill(child, SIGKILL);
    BOOST_TEST(wait_for_exit_of(child, patience) == -1);
    BOOST_TEST(child == -1); // it ended, by the signal
    // The server may still be at its last request, and imports all keys of that or none.
    BOOST_TEST(imported() < all);
    BOOST_TEST(imported() % 1000 == 0);

    const auto rest = s.command({"key", "import", path, "--organization", "org", "--json"});
    BOOST_REQUIRE_MESSAGE(rest.exit_code == 0, rest.err);
    const auto told = boost::json::parse(rest.out).as_object();
    const auto existed = told.at("exists").as_int64();
    BOOST_TEST(existed >= all / 2);
    BOOST_TEST(existed < all);
    BOOST_TEST(told.at("created").as_int64() == all - existed);
    BOOST_TEST(told.at("skipped").as_array().empty());
    BOOST_TEST(imported() == all);
    for (const int i : {0, all / 2, all - 1})
        BOOST_TEST(s.code(key_text(i)) == "VALID");
}

BOOST_AUTO_TEST_CASE(the_arrays_keys_are_taken_over) {
    import_server s;
    const auto element = [](int number, const std::string& more) {
        return R"({"key_id":"a)" + std::to_string(number) + R"(","key_hash":")" +
               crypto::to_hex(crypto::sha256(key_text(number))) + "\"" + more + "}";
    };
    const auto set_array = [&](const std::string& elements) {
        s.database.exec("update public.organizations set api_keys = '[" + elements +
                        "]' where organization_id = 'org'");
    };
    set_array(element(1, R"(,"scopes":["a","latchkey:verify:*"])") + ',' + element(2, ""));
    BOOST_TEST(soon([&] { return s.code(key_text(1)) == "VALID"; }));
    const std::vector<std::string> adopt = {"key", "import", "--adopt-from-organizations"};
    const auto tried = s.command({"key", "import", "--adopt-from-organizations", "--dry-run"});
    BOOST_TEST(tried.out == "would adopt  2\n", tried.err);
    const auto done = s.command(adopt);
    BOOST_TEST(done.exit_code == 0);
    BOOST_TEST(done.out == "adopted  2\n", done.err);
    BOOST_TEST(done.err.find("key a1 keeps no [\"latchkey:verify:*\"]") != std::string::npos);
    BOOST_TEST(s.command(adopt).out == "adopted  0\n");
    set_array("");
    BOOST_TEST(has_heard_all(s.server, s.database));
    BOOST_TEST(s.code(key_text(1)) == "VALID");
    BOOST_TEST(s.command({"key", "revoke", "a1"}).exit_code == 0);
    BOOST_TEST(s.code(key_text(1)) == "REVOKED");
}

BOOST_AUTO_TEST_SUITE_END()
