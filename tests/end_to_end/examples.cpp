// Every example in the commands' help is run by a shell, against a real server.
#include "../integration/support.hpp"
#include "issuing_nodes.hpp"
#include "server/cli/commands.hpp"
#include "support.hpp"

#include <boost/json/array.hpp>
#include <boost/json/serialize.hpp>
#include <boost/test/unit_test.hpp>

#include <filesystem>
#include <fstream>

using namespace latchkey::test;

namespace {

/// What an example needs besides the organization acme, the device door-7, the key that $KEY_ID and
/// $API_KEY name, and $TOKEN. Shell lines, in the folder where the example runs.
struct preparation {
    const char* command;
    const char* before;
    const char* after = "";
};

constexpr preparation preparations[] = {
    // A second node, which is stopped as soon as it answers. It counts as live until its heartbeat
    // is old, so whoever waits for all nodes would miss it: its row is deleted.
    {"serve", "export LATCHKEY_SERVER__LISTEN=127.0.0.1:0 LATCHKEY_ADMIN__SOCKET=$PWD/second.sock",
     "& node=$!\n"
     "for i in $(seq 200); do\n"
     "    latchkey status --socket second.sock >/dev/null 2>&1 && break\n"
     "    sleep 0.05\n"
     "done\n"
     "latchkey status --socket second.sock >/dev/null && kill $node && wait $node &&\n"
     "psql -X -q \"$DATABASE_URL\" -c \"delete from latchkey.nodes where node like '%:0'\""},
    // The example's id must be free.
    {"org create", "psql -X -q \"$DATABASE_URL\" -c \"delete from public.organizations\""},
    {"org disable", "", "&& latchkey org enable acme"},
    {"key import", "printf '{\"key_hash\":\"%064d\",\"name\":\"theirs\"}\\n' 7 >keys.jsonl"},
    {"credits show", "latchkey credits set \"$KEY_ID\" --remaining 10"},
    {"credits add", "latchkey credits set \"$KEY_ID\" --remaining 10"},
    {"credits remove", "latchkey credits set \"$KEY_ID\" --remaining 10"},
    {"device import",
     "printf '{\"device_id\":\"door-10\",\"organization_id\":\"acme\",\"device_secret\":"
     "\"sha256:%064d\"}\\n' 0 >devices.jsonl"},
    {"revocation delete",
     "REVOCATION_ID=$(latchkey revocation create --subject \"$KEY_ID\" --quiet)"},
    {"role create", "psql -X -q \"$DATABASE_URL\" -c \"delete from latchkey.roles\""},
    {"role show", "ROLE_ID=$(latchkey role create --organization acme --name shown --quiet)"},
    {"role update", "ROLE_ID=$(latchkey role create --organization acme --name updated --quiet)"},
    {"role delete", "ROLE_ID=$(latchkey role create --organization acme --name deleted --quiet)"},
    {"role grant", "ROLE_ID=$(latchkey role create --organization acme --name granted --quiet)"},
    {"role ungrant", "ROLE_ID=$(latchkey role create --organization acme --name taken --quiet)"},
    {"role grants", "ROLE_ID=$(latchkey role create --organization acme --name held --quiet)"},
    {"verify-jws", "cp \"$JWK_FILE\" key.json"},
};

const preparation* preparation_of(std::string_view command) {
    for (const auto& one : preparations)
        if (one.command == command) return &one;
    return nullptr;
}

// Where the examples are run: a node that issues tokens, and a folder with a `latchkey` on its
// PATH.
class scene {
  public:
    scene() {
        std::filesystem::create_directory(folder_.file("bin"));
        std::filesystem::create_symlink(latchkey_binary(), folder_.file("bin/latchkey"));
        std::filesystem::create_directory(folder_.file("etc"));
        std::filesystem::copy_file(node_->config(), folder_.file("etc/latchkey.toml"));
    }
    outcome run_example(const latchkey::server::command& c) {
        make_again();
        const auto* prepared = preparation_of(c.name);
        std::string example(c.example);
        const std::string standard = "/etc/latchkey/";
        for (auto at = example.find(standard); at != example.npos; at = example.find(standard))
            example.replace(at, standard.size(), folder_.file("etc/"));
        const auto script = "set -eu\ncd '" + folder_.file(".") + "'\n" +
                            (prepared ? prepared->before : "") + '\n' + example + ' ' +
                            (prepared ? prepared->after : "") + '\n';
        return run({"/bin/sh", "-c", script},
                   {"LATCHKEY_ADMIN_SOCKET=" + node_->admin_socket(),
                    "PATH=" + folder_.file("bin") + ":/usr/bin:/bin",
                    "DATABASE_URL=" + nodes_.database.uri(), "KEY_ID=" + key_id_,
                    "API_KEY=" + api_key_, "TOKEN=" + token_, "JWK_FILE=" + folder_.file("jwk")});
    }

  private:
    // Each example finds everything as if it were the first.
    void make_again() {
        nodes_.database.exec("delete from public.device_credentials");
        nodes_.database.exec("insert into public.organizations (organization_id, name)"
                             " values ('acme', 'Acme') on conflict do nothing");
        BOOST_REQUIRE(node_
                          ->command({"device", "register", "--organization", "acme", "--name", "d",
                                     "--id", "door-7"})
                          .exit_code == 0);
        api_key_ = node_->create_key("acme");
        token_ = issuing_nodes::issue(*node_, api_key_);
        const auto about = node_->ask(verify(question_of(api_key_))).json();
        key_id_ = about.at("key_id").as_string().c_str();
        const auto keys = node_->ask(get("/.well-known/jwks.json")).json();
        for (const auto& key : keys.at("keys").as_array())
            if (latchkey::test::run({latchkey_binary(), "verify-jws", "--compact", token_, "--jwk",
                                     written(boost::json::serialize(key))})
                    .exit_code == 0)
                return;
        BOOST_FAIL("no key of the server has signed its token");
    }
    std::string written(const std::string& jwk) const {
        std::ofstream(folder_.file("jwk"), std::ios::trunc) << jwk;
        return folder_.file("jwk");
    }

    const temporary_folder folder_;
    issuing_nodes nodes_;
    std::unique_ptr<server_process> node_ = nodes_.start();
    std::string key_id_, api_key_, token_;
};

} // namespace

BOOST_AUTO_TEST_SUITE(examples)

BOOST_AUTO_TEST_CASE(every_command_has_one_that_works) {
    scene here;
    for (const auto& c : latchkey::server::commands())
        BOOST_TEST_CONTEXT(c.name << ": " << c.example) {
            BOOST_TEST(c.example.find("latchkey " + std::string(c.name)) != c.example.npos);
            const auto done = here.run_example(c);
            BOOST_TEST_INFO(done.out);
            BOOST_TEST_INFO(done.err);
            BOOST_TEST(done.exit_code == 0);
        }
}

BOOST_AUTO_TEST_CASE(every_preparation_is_for_a_command) {
    for (const auto& one : preparations) {
        bool known = false;
        for (const auto& c : latchkey::server::commands())
            known |= c.name == one.command;
        BOOST_TEST_CONTEXT(one.command) {
            BOOST_TEST(known);
        }
    }
}

BOOST_AUTO_TEST_SUITE_END()
