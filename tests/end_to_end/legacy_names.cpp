// An older service with tables as Supabase's users have them, from the first migration to an
// answer.
#include "cached_keys.hpp"

#include <latchkey/crypto/digest.hpp>

using namespace latchkey::test;

namespace {

constexpr const char* shape =
    "create table public.organizations (id uuid primary key default gen_random_uuid(), name text,"
    " api_keys jsonb);"
    "create table public.device_credentials (id uuid primary key, secret text,"
    " org_id uuid references public.organizations (id))";
constexpr const char* device = "aaaaaaaa-aaaa-4aaa-8aaa-aaaaaaaaaaaa";
const std::string key = "sk_first_0123456789abcdef0123456789";
const std::string secret = "a secret of the device";

std::string hex_of(const std::string& text) {
    return latchkey::crypto::to_hex(latchkey::crypto::sha256(text));
}
std::string authenticate() {
    return post("/api/v1/auth/authenticate-device", std::string(R"({"device_id":")") + device +
                                                        R"(","device_secret":")" + secret + "\"}");
}
bool holds(const std::string& text, std::string_view part) {
    return text.find(part) != text.npos;
}

} // namespace

BOOST_AUTO_TEST_SUITE(legacy_names)

BOOST_AUTO_TEST_CASE(a_key_and_a_device_are_verified_and_followed) {
    test_database database;
    database.exec(shape);
    server_process server(database.uri());
    const auto migrated = run({latchkey_binary(), "migrate", "--config", server.config()});
    BOOST_TEST_REQUIRE(migrated.exit_code == 0, migrated.err);
    BOOST_TEST(holds(migrated.err, "takes public.organizations.id as the organizations' id\n"));
    BOOST_TEST(holds(migrated.err, "takes public.device_credentials.secret as the devices' "
                                   "secret\n"));
    BOOST_REQUIRE(server.wait_for("/readyz", 200));

    database.exec(
        "insert into public.organizations (api_keys) values ('[{\"key_hash\": \"" + hex_of(key) +
        "\"}]');"
        "insert into public.device_credentials select '" +
        std::string(device) + "', 'sha256:" + hex_of(secret) + "', id from public.organizations");
    const auto becomes = [&](const std::string& request, std::string_view code) {
        return soon([&] { return code_of(server.ask(request)) == code; });
    };
    BOOST_TEST(becomes(verify(question_of(key)), "VALID"));
    BOOST_TEST(becomes(authenticate(), "VALID"));

    // Both are cached, and the feed brings the changes.
    database.exec("update public.device_credentials set status = 'off'");
    BOOST_TEST(becomes(authenticate(), "DISABLED"));
    database.exec("update public.device_credentials set status = 'active';"
                  "update public.organizations set status = 'off'");
    BOOST_TEST(becomes(authenticate(), "ORGANIZATION_DISABLED"));
    BOOST_TEST(becomes(verify(question_of(key)), "ORGANIZATION_DISABLED"));
    database.exec("update public.organizations set status = 'active', api_keys = '[]'");
    BOOST_TEST(becomes(verify(question_of(key)), "REVOKED"));
    BOOST_TEST(becomes(authenticate(), "VALID"));

    // An operator's change is written there.
    BOOST_TEST(server.command({"device", "rotate", device, "--overlap", "0s"}).exit_code == 0);
    BOOST_TEST(database.value("select secret like 'sha256:%' and previous_secret is null from"
                              " public.device_credentials") == "t");
    BOOST_TEST(becomes(authenticate(), "INVALID_CREDENTIALS"));
    const auto listed = server.command({"device", "list", "--json"});
    BOOST_TEST(holds(listed.out, device));
}

BOOST_AUTO_TEST_CASE(what_is_configured_otherwise_than_noted_ends_no_guess) {
    test_database database;
    database.exec(shape);
    server_process server(database.uri(), {}, "[database.legacy]\norganization_name = \"name\"\n");
    BOOST_TEST(run({latchkey_binary(), "migrate", "--config", server.config()}).exit_code == 0);
    BOOST_TEST(server.wait_for("/readyz", 200));

    server_process other(database.uri(), {}, "[database.legacy]\ndevice_id = \"serial\"\n");
    BOOST_TEST(other.says("database.legacy.device_id is"));
    const auto refused = run({latchkey_binary(), "migrate", "--config", other.config()});
    BOOST_TEST(refused.exit_code == 78);
    BOOST_TEST(holds(refused.err, "this database was migrated with \"id\" as the devices' id"));
}

BOOST_AUTO_TEST_SUITE_END()
