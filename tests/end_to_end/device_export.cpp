// Devices that leave one database and come into another.
#include "device_server.hpp"

#include <algorithm>

using namespace latchkey::test;

namespace {

// sha256("s")
const std::string hash_of_s =
    "sha256:043a718774c572bd8a25adbeb1bfcd5c0256ae11cecf9f9c3f925d0e52beaf89";

std::size_t lines_in(const std::string& text) {
    return static_cast<std::size_t>(std::count(text.begin(), text.end(), '\n'));
}

} // namespace

BOOST_AUTO_TEST_SUITE(device_export)

BOOST_AUTO_TEST_CASE(what_leaves_is_as_good_elsewhere_and_no_better) {
    device_server r;
    const temporary_folder folder;
    const auto plain = r.make({"--scopes", "open,close"});
    const auto disabled = r.make();
    r.command({"device", "disable", disabled.id});
    const auto revoked = r.make();
    r.command({"device", "revoke", revoked.id, "--reason", "lost"});
    const auto old = r.make();
    const auto rotated = r.command({"device", "rotate", old.id, "--overlap", "1h"});
    const device renewed{old.id, std::string(rotated.at("device_secret").as_string())};
    const auto ended = r.make();
    r.command({"device", "rotate", ended.id});
    r.command({"device", "rotate", ended.id, "--finish"});
    r.server.create_organization("other");
    r.command({"device", "register", "--organization", "other", "--name", "n", "--id", "theirs"});

    const auto told = r.server.command({"device", "export"});
    BOOST_TEST(told.exit_code == 0, told.err);
    BOOST_TEST(lines_in(told.out) == 6u);
    for (const auto& d : {plain, old, renewed})
        BOOST_TEST(told.out.find(d.secret) == std::string::npos);
    const auto of_org = r.server.command({"device", "export", "--organization", "org"});
    BOOST_TEST(lines_in(of_org.out) == 5u);
    BOOST_TEST(of_org.out.find("theirs") == std::string::npos);
    BOOST_TEST(r.server.command({"device", "export", "--organization", "none"}).out.empty());

    device_server elsewhere;
    const auto path = elsewhere.write_file(folder, of_org.out);
    const auto done = elsewhere.server.command({"device", "import", path});
    BOOST_TEST(done.out == "imported  5\nrefused   0\n", done.err);
    for (const auto& d : {plain, disabled, revoked, old, renewed, ended})
        BOOST_TEST(elsewhere.code(d.id, d.secret) == r.code(d.id, d.secret), d.id);
    BOOST_TEST(elsewhere.code(plain.id, plain.secret) == "VALID");
    BOOST_TEST(elsewhere.code(old.id, old.secret) == "VALID");
    BOOST_TEST(elsewhere.code(old.id, "wrong") == "INVALID_CREDENTIALS");
    BOOST_TEST(elsewhere.code(ended.id, ended.secret) == "INVALID_CREDENTIALS");
    BOOST_TEST(elsewhere.code(disabled.id, disabled.secret) == "DISABLED");
    BOOST_TEST(elsewhere.code(revoked.id, revoked.secret) == "REVOKED");
    // Nothing was lost on the way, the reason and the end of the old secret neither.
    BOOST_TEST(elsewhere.server.command({"device", "export"}).out == of_org.out);
    // What was disabled is enabled as any device.
    elsewhere.command({"device", "enable", disabled.id});
    BOOST_TEST(elsewhere.code(disabled.id, disabled.secret) == "VALID");
}

// A bare text may be the secret itself.
BOOST_AUTO_TEST_CASE(a_bare_secret_never_leaves) {
    device_server r("[auth]\nlegacy_device_secret = \"plaintext\"\n");
    const auto add = [&](const std::string& id, const std::string& secret) {
        r.database.exec("insert into public.device_credentials (device_id, device_secret, "
                        "organization_id, status) values ('" +
                        id + "', " + secret + ", 'org', 'active')");
    };
    add("bare", "'in-the-clear-1'");
    add("good", "'" + hash_of_s + "'");
    add("half", "'in-the-clear-2'");
    add("like", "'sha256:in-the-clear-3'");
    add("none", "''");
    add("türe", "'" + hash_of_s + "'");
    r.command({"device", "rotate", "half"});
    BOOST_TEST(r.code("half", "in-the-clear-2") == "VALID");

    const auto told = r.server.command({"device", "export"});
    BOOST_TEST(told.exit_code == 64);
    BOOST_TEST(lines_in(told.out) == 1u, told.out);
    BOOST_TEST(told.out.find(R"("device_id":"good")") != std::string::npos);
    BOOST_TEST((told.out + told.err).find("in-the-clear") == std::string::npos);
    for (const char* line :
         {"device \"bare\" is not exported: its secret is stored as it is",
          "device \"half\" is not exported: its secret from before the last rotation is stored",
          "device \"like\" is not exported: field \"device_secret\" must",
          "device \"none\" is not exported: it has no secret",
          "device \"türe\" is not exported: field \"device_id\" must"})
        BOOST_TEST(told.err.find(line) != std::string::npos, line << " in " << told.err);

    r.command({"device", "rehash", "--generated"});
    const auto after = r.server.command({"device", "export"});
    BOOST_TEST(lines_in(after.out) == 3u, after.err);
    BOOST_TEST((after.out + after.err).find("in-the-clear") == std::string::npos);
}

BOOST_AUTO_TEST_CASE(pages_of_a_thousand_leave_none_out_and_none_twice) {
    device_server r;
    r.database.exec("insert into public.device_credentials (device_id, device_secret, "
                    "organization_id, status) select 'd' || n, '" +
                    hash_of_s +
                    "', 'org', 'active' "
                    "from generate_series(1, 2100) n");
    const auto told = r.server.command({"device", "export"});
    BOOST_TEST(told.exit_code == 0, told.err);
    std::vector<std::string> lines;
    for (std::size_t at = 0; at < told.out.size();) {
        const auto end = told.out.find('\n', at);
        lines.push_back(told.out.substr(at, end - at));
        at = end + 1;
    }
    BOOST_TEST(lines.size() == 2100u);
    std::ranges::sort(lines);
    BOOST_TEST((std::ranges::adjacent_find(lines) == lines.end()));
}

BOOST_AUTO_TEST_SUITE_END()
