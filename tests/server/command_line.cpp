#include "server/cli/commands.hpp"

#include <latchkey/auth/api_key/api_key.hpp>

#include <boost/test/unit_test.hpp>

#include <boost/json/parse.hpp>

#include <set>
#include <sstream>

using namespace latchkey::server;
using words = std::vector<std::string_view>;

namespace {

struct outcome {
    int code;
    std::string out;
    std::string err;
};

outcome run(const words& given, std::vector<std::pair<std::string, std::string>> environment = {}) {
    std::ostringstream out, err;
    command_context context{out, err, std::move(environment)};
    const int code = run_latchkey(given, context);
    return {code, out.str(), err.str()};
}

} // namespace

BOOST_AUTO_TEST_SUITE(command_line)

BOOST_AUTO_TEST_CASE(reads_commands_and_options) {
    struct {
        words given;
        std::string_view command;
        std::string_view option;
        std::vector<std::string> values;
    } const cases[] = {
        {{"serve"}, "serve", "config", {}},
        {{"serve", "--config", "F"}, "serve", "config", {"F"}},
        {{"serve", "--config=F"}, "serve", "config", {"F"}},
        {{"serve", "--config="}, "serve", "config", {""}},
        {{"serve", "--set", "a.b=c", "--set=d.e=f"}, "serve", "set", {"a.b=c", "d.e=f"}},
        {{"serve", "--workers", "-1"}, "serve", "workers", {"-1"}},
        {{"version", "--json"}, "version", "json", {""}},
        {{"org", "create", "--name", "A B"}, "org create", "name", {"A B"}},
        {{"key", "create", "--name", "n", "--organization", "o"},
         "key create",
         "organization",
         {"o"}},
        {{"key", "create", "--name=--x", "--organization", "o"}, "key create", "name", {"--x"}},
    };
    for (const auto& c : cases)
        BOOST_TEST_CONTEXT(&c - cases) {
            const auto line = parse_command_line(c.given, commands());
            BOOST_REQUIRE_MESSAGE(line.has_value(), line.error().message);
            BOOST_REQUIRE(line->command);
            BOOST_TEST(line->command->name == c.command);
            BOOST_TEST(line->all(c.option) == c.values, boost::test_tools::per_element());
            BOOST_TEST(line->has(c.option) == !c.values.empty());
            BOOST_TEST(!line->help);
        }
}

BOOST_AUTO_TEST_CASE(reads_the_argument_before_and_after_options) {
    const words cases[] = {{"key", "revoke", "key_1"},
                           {"key", "revoke", "key_1", "--reason", "leaked", "--json"},
                           {"key", "revoke", "--reason", "leaked", "key_1"},
                           {"key", "revoke", "--json", "key_1", "--reason=leaked"}};
    for (const auto& given : cases)
        BOOST_TEST_CONTEXT(&given - cases) {
            const auto line = parse_command_line(given, commands());
            BOOST_REQUIRE_MESSAGE(line.has_value(), line.error().message);
            BOOST_TEST(line->command->name == "key revoke");
            BOOST_TEST(line->argument.value() == "key_1");
            BOOST_TEST(line->get("reason").value_or("leaked") == "leaked");
        }
    BOOST_TEST(!parse_command_line(words{"node", "list"}, commands())->argument.has_value());
}

BOOST_AUTO_TEST_CASE(explains_on_request) {
    struct {
        words given;
        std::string_view command; ///< empty: help for all
    } const cases[] = {
        {{"help"}, ""},
        {{"--help"}, ""},
        {{"-h"}, ""},
        {{"help", "key"}, ""},
        {{"key", "--help"}, ""},
        {{"key", "-h"}, ""},
        {{"help", "serve"}, "serve"},
        {{"help", "key", "create"}, "key create"},
        {{"serve", "--help"}, "serve"},
        {{"key", "revoke", "-h"}, "key revoke"},
        {{"key", "create", "-h"}, "key create"}, // help needs no required options
    };
    for (const auto& c : cases)
        BOOST_TEST_CONTEXT(&c - cases) {
            const auto line = parse_command_line(c.given, commands());
            BOOST_REQUIRE_MESSAGE(line.has_value(), line.error().message);
            BOOST_TEST(line->help);
            BOOST_TEST((line->command ? line->command->name : "") == c.command);
            const auto told = run(c.given);
            BOOST_TEST(told.code == 0);
            BOOST_TEST(told.err == "");
            BOOST_TEST(told.out.starts_with("usage: latchkey "));
        }
}

BOOST_AUTO_TEST_CASE(says_what_is_wrong) {
    struct {
        words given;
        std::string_view says;
    } const cases[] = {
        {{}, "a command is missing"},
        {{"sevre"}, R"(there is no command "sevre"; did you mean "serve"?)"},
        {{"xyzzyx"}, R"(there is no command "xyzzyx")"},
        {{"help", "sevre"}, R"(there is no command "sevre"; did you mean "serve"?)"},
        {{"kye", "create"}, R"(there is no command "kye create"; did you mean "key create"?)"},
        {{"key", "craete"}, R"(there is no command "key craete"; did you mean "key create"?)"},
        {{"keys", "list"}, R"(there is no command "keys list"; did you mean "key list"?)"},
        {{"key", "lst"}, R"(there is no command "key lst"; did you mean "key list"?)"},
        {{"key-create"}, R"(there is no command "key-create"; did you mean "key create"?)"},
        {{"key-create", "--name", "n"},
         R"(there is no command "key-create"; did you mean "key create"?)"},
        {{"keys"}, R"(there is no command "keys"; did you mean "key"?)"},
        {{"node", "destroy"}, R"(there is no command "node destroy"; there is: node list)"},
        {{"node"}, R"("node" needs one word more: node list)"},
        {{"node", "--json"}, R"("node" needs one word more: node list)"},
        {{"help", "keys"}, R"(there is no command "keys"; did you mean "key"?)"},
        {{"completion"}, R"("completion" needs bash|zsh)"},
        {{"completion", "fish"}, R"("completion" does not know "fish": expected bash or zsh)"},
        {{"man-page", "x"}, R"("man-page" does not know "x": expected commands or settings)"},
        {{"key", "list", "--state", "on"},
         R"(--state "on": expected active, disabled, expired or revoked)"},
        {{"key", "revoke", "k", "--wait=some"}, R"(--wait "some": expected all)"},
        {{"key", "list", "--url"}, "--url needs a value: --url https://HOST:PORT"},
        {{"serve", "--url", "x"}, R"("serve" has no option --url)"},
        {{"serve", "-f"}, R"("-f" is not expected after "serve", which takes options alone)"},
        {{"audit", "list", "-f", "--follow"}, "--follow is given twice"},
        {{"--config", "F", "serve"},
         R"(the command comes first, then its options: "--config" is no command)"},
        {{"serve", "--confg", "F"}, R"("serve" has no option --confg; did you mean "--config"?)"},
        {{"serve", "--hlep"}, R"("serve" has no option --hlep; did you mean "--help"?)"},
        {{"serve", "--xyzzyx"}, R"("serve" has no option --xyzzyx)"},
        {{"serve", "--config"}, "--config needs a value: --config FILE"},
        {{"serve", "--config", "--workers", "2"}, "--config needs a value: --config FILE"},
        {{"serve", "--config", "F", "--config", "G"}, "--config is given twice"},
        {{"version", "--json=yes"}, "--json takes no value"},
        {{"serve", "F"}, R"("F" is not expected after "serve", which takes options alone)"},
        {{"serve", "-c"}, R"("-c" is not expected after "serve", which takes options alone)"},
        {{"serve", "--"}, R"("--" is not expected after "serve", which takes options alone)"},
        {{"org", "create"}, R"("org create" needs --name NAME)"},
        {{"key", "create", "--name", "n"}, R"("key create" needs --organization ID)"},
        {{"key", "show"}, R"("key show" needs KEY_ID)"},
        {{"key", "revoke"}, R"("key revoke" needs KEY_ID, or a filter such as --unused 90d)"},
        {{"key", "revoke", "--reason", "x"},
         R"("key revoke" needs KEY_ID, or a filter such as --unused 90d)"},
        {{"key", "revoke", "k", "--name", "x"}, "give a KEY_ID or filters, not both"},
        {{"key", "revoke", "k", "--dry-run"}, "--dry-run goes with filters, such as --unused 90d"},
        {{"revocation", "create", "--subject", "s", "--dry-run"},
         "--dry-run goes with --organization"},
        {{"revocation", "create", "--organization", "o", "--issued-before", "2027-01-01T00:00:00Z"},
         "This ends all tokens of the organization \"o\" that were issued before "
         "2027-01-01T00:00:00Z; --dry-run counts their holders. Say --yes if it is meant."},
        {{"org", "disable", "o"},
         "This ends all keys, devices and tokens of the organization \"o\" until it is enabled "
         "again; --dry-run counts them. Say --yes if it is meant."},
        {{"signing-key", "rotate", "--now"},
         "This drops the current signing key, and ends every token that it signed. Say --yes if it "
         "is meant."},
        {{"key", "revoke", "--name", "x"},
         "This revokes all keys that these filters find for good; --dry-run lists them. Say --yes "
         "if it is meant."},
        {{"key", "revoke", ""}, R"(KEY_ID is empty: "key revoke" needs one)"},
        {{"key", "revoke", "a", "b"},
         R"("b" is not expected after "key revoke", which takes one KEY_ID and options)"},
        {{"key", "revoke", "-x"},
         R"("-x" is not expected after "key revoke", which takes one KEY_ID and options)"},
        {{"key", "revoke", "key_1", "--reason"}, "--reason needs a value: --reason TEXT"},
        {{"key", "revoke", "a b"}, R"("a b" is no KEY_ID)"},
        {{"key", "revoke", "a/b"}, R"("a/b" is no KEY_ID)"},
        {{"key", "revoke", "a%2fb"}, R"("a%2fb" is no KEY_ID)"},
        {{"key", "revoke", "a?b"}, R"("a?b" is no KEY_ID)"},
        {{"key", "revoke", "a#b"}, R"("a#b" is no KEY_ID)"},
        {{"node", "list", "x"},
         R"("x" is not expected after "node list", which takes options alone)"},
        {{"serve", "--set", "server.workers"}, "--set needs a value: --set section.key=value"},
        {{"key", "create", "--name=n", "--organization=o", "--expires-in=90"},
         "--expires-in \"90\" has no unit (ms, s, m, h or d); expected a duration such as 90d or "
         "12h"},
        {{"key", "create", "--name=n", "--organization=o", "--expires-in=1ms"},
         "--expires-in \"1ms\": expected whole seconds, at least 1s"},
        {{"key", "create", "--name=n", "--organization=o", "--scopes=a,,b"},
         "--scopes has an empty item; expected names with commas between them: a,b"},
        {{"key", "create", "--name=n", "--organization=o", "--metadata={},\"env\":\"test\""},
         "--metadata is no JSON object; expected for example --metadata '{\"team\":\"core\"}'"},
    };
    for (const auto& c : cases)
        BOOST_TEST_CONTEXT(c.says) {
            const auto told = run(c.given);
            BOOST_TEST(told.code == 64);
            BOOST_TEST(told.out == "");
            BOOST_TEST(told.err.substr(0, told.err.find('\n')) ==
                       "latchkey: " + std::string(c.says));
        }
}

BOOST_AUTO_TEST_CASE(every_command_is_in_the_overview_and_explained) {
    const auto overview = overview_text(commands());
    for (const auto& c : commands())
        BOOST_TEST_CONTEXT(c.name) {
            BOOST_REQUIRE(c.run);
            BOOST_TEST(overview.find("  " + std::string(c.name) + ' ') != std::string::npos);
            const auto help = help_text(c);
            BOOST_TEST(c.example.find("latchkey " + std::string(c.name)) != c.example.npos);
            BOOST_TEST(help.find("\nExample:\n  " + std::string(c.example) + '\n') !=
                       std::string::npos);
            BOOST_TEST(help.find(c.summary) != std::string::npos);
            BOOST_TEST(help.starts_with("usage: latchkey " + std::string(c.name) +
                                        (c.argument.empty() ? "" : ' ' + std::string(c.argument))));
            for (const auto* o : all_options(c))
                BOOST_TEST(help.find("--" + std::string(o->name)) != std::string::npos);
        }
}

BOOST_AUTO_TEST_CASE(quiet_speaks_of_a_secret_where_one_is_made) {
    const std::set<std::string_view> make_one = {"key create", "key rotate", "device register",
                                                 "device create", "device rotate"};
    for (const auto& c : commands())
        for (const auto& o : c.options)
            if (o.name == "quiet") BOOST_TEST_CONTEXT(c.name) {
                    BOOST_TEST((o.help.find("secret") != o.help.npos) == make_one.contains(c.name));
                }
}

BOOST_AUTO_TEST_CASE(a_group_is_explained_alone) {
    const auto told = run({"help", "key"}).out;
    BOOST_TEST(told.find("\n  key create ") != told.npos);
    BOOST_TEST(told.find("\n  key revoke ") != told.npos);
    BOOST_TEST(told.find("signing-key") == told.npos);
    BOOST_TEST(told.find("\n  org create ") == told.npos);
}

BOOST_AUTO_TEST_CASE(a_letter_is_an_option) {
    for (const auto* word : {"-f", "--follow"}) {
        const auto line = parse_command_line(words{"audit", "list", word}, commands());
        BOOST_REQUIRE(line.has_value());
        BOOST_TEST(line->has("follow"));
    }
}

BOOST_AUTO_TEST_CASE(a_key_given_for_its_id_is_not_repeated) {
    const auto key = latchkey::auth::generate_api_key("live").value();
    const auto told = run({"key", "revoke", key.reveal()});
    BOOST_TEST(told.code == 64);
    BOOST_TEST(told.err.find("name its KEY_ID") != std::string::npos);
    BOOST_TEST(told.err.find(key.reveal()) == std::string::npos);
}

BOOST_AUTO_TEST_CASE(splits_lists) {
    BOOST_TEST(*split_list("x", "a") == (std::vector<std::string>{"a"}),
               boost::test_tools::per_element());
    BOOST_TEST(*split_list("x", "a,b") == (std::vector<std::string>{"a", "b"}),
               boost::test_tools::per_element());
    for (const auto* list : {"", ",", "a,", ",a", "a,,b"})
        BOOST_TEST_CONTEXT(list) BOOST_TEST(!split_list("x", list).has_value());
}

BOOST_AUTO_TEST_CASE(prints_the_version) {
    const auto plain = run({"version"});
    BOOST_TEST(plain.out == "latchkey " + std::string(version()) + '\n');
    BOOST_TEST(run({"--version"}).out == plain.out);
    const auto data = boost::json::parse(run({"version", "--json"}).out);
    BOOST_TEST(data.at("version").as_string() == version());
}

BOOST_AUTO_TEST_CASE(prints_the_reference) {
    const auto printed = run({"reference-config"});
    BOOST_TEST(printed.code == 0);
    BOOST_TEST(printed.out == reference_configuration());
    BOOST_TEST(printed.err == "");
}

BOOST_AUTO_TEST_CASE(checks_the_configuration) {
    const std::string file = LATCHKEY_SOURCE_DIR "/etc/latchkey.toml";
    const auto good = run({"check-config", "--config", file});
    BOOST_TEST(good.code == 0);
    BOOST_TEST(good.out == "");
    BOOST_TEST(good.err == file + ": ok\n");

    const words wrong = {"check-config", "--config", file, "--set", "server.workers=x"};
    const auto bad = run(wrong, {{"LATCHKEY_LOG__X", "1"}});
    BOOST_TEST(bad.code == 78);
    BOOST_TEST(bad.out == "");
    BOOST_TEST(bad.err ==
               "LATCHKEY_LOG__X: no such setting; did you mean LATCHKEY_LOG__LEVEL?\n--set "
               "server.workers: \"x\" is no integer; "
               "expected an integer from 0 to 1024\n");

    words as_json = wrong;
    as_json.emplace_back("--json");
    const auto data = run(as_json, {{"LATCHKEY_LOG__X", "1"}});
    BOOST_TEST(data.code == 78);
    BOOST_TEST(data.err == "");
    const auto parsed = boost::json::parse(data.out);
    BOOST_TEST(!parsed.at("ok").as_bool());
    BOOST_TEST(parsed.at("file").as_string() == file);
    BOOST_TEST(parsed.at("mistakes").as_array().size() == 2u);
}

BOOST_AUTO_TEST_CASE(does_not_serve_with_a_wrong_configuration) {
    const auto told = run({"serve", "--config", LATCHKEY_SOURCE_DIR "/etc/latchkey.toml",
                           "--workers", "many", "--listen", "here"});
    BOOST_TEST(told.code == 78);
    BOOST_TEST(told.err ==
               "--listen: \"here\" is not well formed; expected host:port, "
               "[IPv6]:port or unix:/path, each once, separated by commas, such as "
               "\"127.0.0.1:8080, unix:/run/latchkey/api.sock\"\n--workers: \"many\" is no "
               "integer; expected an integer from 0 to 1024\n");
}

BOOST_AUTO_TEST_SUITE_END()
