// Devices from elsewhere: imported from lines of JSON, and rehashed if the older service stored
// bare secrets.
#include "device_server.hpp"

using namespace latchkey::test;

namespace {

// sha256("s")
const std::string hash_of_s =
    "sha256:043a718774c572bd8a25adbeb1bfcd5c0256ae11cecf9f9c3f925d0e52beaf89";

} // namespace

BOOST_AUTO_TEST_SUITE(device_import)

BOOST_AUTO_TEST_CASE(imports_lines_and_names_the_bad_ones) {
    device_server r;
    const temporary_folder folder;
    std::string lines;
    for (int i = 0; i < 1200; ++i)
        lines += R"({"device_id":"d)" + std::to_string(i) +
                 R"(","organization_id":"org","device_secret":")" + hash_of_s + "\"}\n";
    lines += "nonsense\n";
    lines += R"({"device_id":"d7","organization_id":"org","device_secret":")" + hash_of_s + "\"}\n";
    lines += R"({"device_id":"x","organization_id":"none","device_secret":")" + hash_of_s + "\"}\n";
    lines += R"({"device_id":"y","organization_id":"org","device_secret":"bare"})"
             "\n";
    const auto path = r.write_file(folder, lines);
    const auto done = r.server.command({"device", "import", path});
    BOOST_TEST(done.exit_code == 64);
    BOOST_TEST(done.out == "imported  1200\nrefused   4\n");
    for (const char* line : {"line 1201: ", "line 1202: ", "line 1203: ", "line 1204: "})
        BOOST_TEST(done.err.find(line) != std::string::npos);
    BOOST_TEST(r.code("d0", "s") == "VALID");
    BOOST_TEST(r.code("d1199", "s") == "VALID");
    // A second import adds nothing.
    BOOST_TEST(r.server.command({"device", "import", path}).out == "imported  0\nrefused   1204\n");
}

// A line that the server or the database cannot read keeps no other line out.
BOOST_AUTO_TEST_CASE(a_line_that_cannot_be_read_spoils_only_itself) {
    device_server r;
    const temporary_folder folder;
    const auto line = [](const std::string& id, const std::string& metadata) {
        return R"({"device_id":")" + id + R"(","organization_id":"org","metadata":{"a":)" +
               metadata + R"(},"device_secret":")" + hash_of_s + "\"}\n";
    };
    std::string deep;
    for (int i = 0; i < 20; ++i)
        deep = "[" + deep + "]";
    const auto path =
        r.write_file(folder, line("d1", "1") + line("d2", R"("\u0000")") + line("d3", deep) +
                                 line("d4", "1e400000") + line("d5", "5"));
    const auto done = r.server.command({"device", "import", path});
    BOOST_TEST(done.exit_code == 64);
    BOOST_TEST(done.out == "imported  2\nrefused   3\n", done.err);
    for (const char* n : {"line 2: ", "line 3: ", "line 4: "})
        BOOST_TEST(done.err.find(n) != std::string::npos);
    BOOST_TEST(r.code("d1", "s") == "VALID");
    BOOST_TEST(r.code("d5", "s") == "VALID");
}

BOOST_AUTO_TEST_CASE(bare_secrets_are_rehashed_and_stay_what_they_are) {
    device_server r("[auth]\nlegacy_device_secret = \"plaintext\"\n");
    r.database.exec("insert into public.device_credentials (device_id, device_secret, "
                    "organization_id, status) select 'd' || n, 'secret' || n, 'org', 'active' "
                    "from generate_series(1, 1100) n");
    BOOST_TEST(r.code("d7", "secret7") == "VALID");
    BOOST_TEST(r.code("d7", "secret8") == "INVALID_CREDENTIALS");
    const auto bare = [&] {
        return r.database.value("select count(*) from public.device_credentials "
                                "where device_secret not like 'sha256:%'");
    };
    BOOST_TEST(bare() == "1100");
    const auto done = r.command({"device", "rehash", "--generated"});
    BOOST_TEST(done.at("rehashed").as_int64() == 1100);
    BOOST_TEST(bare() == "0");
    BOOST_TEST(r.command({"device", "rehash", "--generated"}).at("rehashed").as_int64() == 0);
    for (const char* n : {"1", "7", "1100"})
        BOOST_TEST(r.code("d" + std::string(n), "secret" + std::string(n)) == "VALID");

    r.database.exec("update public.device_credentials set device_secret = 'chosen' "
                    "where device_id = 'd1'");
    BOOST_TEST(r.becomes({"d1", "chosen"}, "VALID"));
    BOOST_TEST(r.command({"device", "rehash"}).at("rehashed").as_int64() == 1);
    BOOST_TEST(r.database
                   .value("select device_secret from public.device_credentials "
                          "where device_id = 'd1'")
                   .starts_with("scrypt:"));
    BOOST_TEST(r.code("d1", "chosen") == "VALID");
}

BOOST_AUTO_TEST_SUITE_END()
