// The key-encryption key: which one `latchkey setup` hands to the units, and when it makes one.
#include "setup_machine.hpp"

#include <thread>

using namespace latchkey::test;

namespace {

const std::string of_another_node(64, 'a');

struct key_machine : machine {
    key_machine() { std::filesystem::create_directories(folder.file("etc/latchkey")); }
    void write(const std::string& path, const std::string& text, int mode = 0600) const {
        std::ofstream(path) << text;
        std::filesystem::permissions(path, static_cast<std::filesystem::perms>(mode));
    }
    // The database, with a signing key that this key-encryption key has sealed.
    void seal_by(const std::string& kek) const {
        for (const auto* part : {"database", "schema"}) {
            const auto done = set_up({part, "--yes"});
            BOOST_REQUIRE_MESSAGE(done.exit_code == 0, done.out << done.err);
        }
        const auto path = folder.file("kek");
        write(path, kek);
        server_process server(uri(), "", "[tokens]\nkey_encryption_key_file = \"" + path + "\"\n");
        BOOST_REQUIRE(server.wait_for("/readyz", 200));
        session owner(superuser_uri());
        for (int i = 0; i < 100 && owner.value("select count(*) from latchkey.signing_keys") == "0";
             ++i)
            std::this_thread::sleep_for(std::chrono::milliseconds(100));
        BOOST_REQUIRE(owner.value("select count(*) from latchkey.signing_keys") != "0");
    }
    outcome set_up_key() const { return set_up({"key", "--yes", "--json"}); }
};

bool says(const outcome& done, std::string_view text) {
    return (done.out + done.err).find(text) != std::string::npos;
}

} // namespace

BOOST_AUTO_TEST_SUITE(setup_key)

BOOST_FIXTURE_TEST_CASE(a_key_that_is_there_already_is_used, key_machine) {
    write(key(), of_another_node);
    BOOST_TEST(states_of(set_up_key()) == "key:changed");
    BOOST_TEST(contents(key()) == of_another_node);
    BOOST_TEST(std::filesystem::exists(drop_in("latchkey.service")));
    BOOST_TEST(states_of(set_up_key()) == "key:done");
}

BOOST_FIXTURE_TEST_CASE(a_file_that_no_server_would_take_is_not_handed_on, key_machine) {
    struct {
        std::string text;
        int mode;
        const char* says;
    } const cases[] = {{"of another node", 0600, "openssl"},
                       {"", 0600, "openssl"},
                       {of_another_node, 0644, "chmod"}};
    for (const auto& c : cases)
        BOOST_TEST_CONTEXT(c.text << ' ' << c.mode) {
            write(key(), c.text, c.mode);
            const auto left = set_up_key();
            BOOST_TEST(states_of(left) == "key:left");
            BOOST_TEST(says(left, c.says), left.out);
            BOOST_TEST(contents(key()) == c.text);
            BOOST_TEST(!std::filesystem::exists(drop_in("latchkey.service")));
        }
}

BOOST_FIXTURE_TEST_CASE(a_key_that_went_is_told, key_machine) {
    BOOST_TEST(states_of(set_up_key()) == "key:changed");
    std::filesystem::remove(key());
    BOOST_TEST(states_of(set_up_key()) == "key:left");
    std::filesystem::remove(drop_in("latchkey.service"));
    BOOST_TEST(states_of(set_up_key()) == "key:left");
    std::filesystem::remove(drop_in("latchkey@.service"));
    const auto made = set_up_key();
    BOOST_TEST(states_of(made) == "key:changed");
    BOOST_TEST(says(made, "keep a copy"), made.err);
    BOOST_TEST(!std::filesystem::exists(key() + ".new"));
}

// A second machine, or one that was purged: the database's signing keys need the same key.
BOOST_FIXTURE_TEST_CASE(no_key_is_made_for_keys_that_another_sealed, key_machine) {
    seal_by(of_another_node);
    const auto left = set_up_key();
    BOOST_TEST(left.exit_code == 0, left.err);
    BOOST_TEST(states_of(left) == "key:left");
    BOOST_TEST(says(left, "signing-key rotate --now"));
    BOOST_TEST(!std::filesystem::exists(key()));
    BOOST_TEST(!std::filesystem::exists(drop_in("latchkey.service")));
    write(key(), std::string(64, 'b'));
    const auto another = set_up_key();
    BOOST_TEST(states_of(another) == "key:left");
    BOOST_TEST(says(another, "is not the key"), another.out);
    write(key(), of_another_node);
    BOOST_TEST(states_of(set_up_key()) == "key:changed");
}

BOOST_FIXTURE_TEST_CASE(a_database_that_cannot_be_asked_gets_no_new_key, key_machine) {
    const auto left =
        run({latchkey_binary(), "setup", "key", "--yes", "--json", "--root", folder.file(""),
             "--key", "file", "--admin-uri", "postgresql://x@/x?host=/nowhere"},
            {"LATCHKEY_DATABASE__URI=" + uri(), "PATH=/usr/bin:/bin"});
    BOOST_TEST(states_of(left) == "key:left", left.err);
    BOOST_TEST(!std::filesystem::exists(key()));
}

BOOST_FIXTURE_TEST_CASE(an_instances_own_key_is_not_overridden, key_machine) {
    const auto instance = folder.file("etc/latchkey/b.toml");
    write(instance, "[tokens]\nkey_encryption_key_file = \"/etc/latchkey/of-b\"\n", 0644);
    BOOST_TEST(states_of(set_up_key()) == "key:changed");
    BOOST_TEST(std::filesystem::exists(drop_in("latchkey.service")));
    BOOST_TEST(!std::filesystem::exists(drop_in("latchkey@.service")));
    BOOST_TEST(states_of(set_up_key()) == "key:done");
    std::filesystem::remove(instance);
    BOOST_TEST(states_of(set_up_key()) == "key:changed");
    write(instance, "[tokens]\nkey_encryption_key_file = \"/etc/latchkey/of-b\"\n", 0644);
    const auto both = set_up_key();
    BOOST_TEST(states_of(both) == "key:left");
    BOOST_TEST(says(both, "b.toml"));
}

BOOST_AUTO_TEST_SUITE_END()
