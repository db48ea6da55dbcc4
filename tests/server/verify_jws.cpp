#include "../support/temporary_folder.hpp"
#include "server/cli/commands.hpp"

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <boost/test/unit_test.hpp>

#include <fstream>
#include <sstream>
#include <string>
#include <vector>

using namespace latchkey;

namespace {

struct ended {
    int exit_code;
    std::string err;
};

ended run_verify_jws(const std::vector<std::string_view>& options) {
    std::vector<std::string_view> words = {"verify-jws"};
    words.insert(words.end(), options.begin(), options.end());
    std::ostringstream out, err;
    server::command_context context{out, err, {}};
    const int code = server::run_latchkey(words, context);
    BOOST_TEST(out.str().empty());
    return {code, err.str()};
}

// RFC 8037, appendix A: the key in a file, and its token.
struct example {
    example() {
        std::ifstream file(LATCHKEY_SOURCE_DIR "/tests/vectors/cookbook/curve25519/jws.json");
        const auto all = boost::json::parse(std::string(std::istreambuf_iterator<char>(file), {}));
        token = all.at("output").at("compact").as_string().c_str();
        write(boost::json::serialize(all.at("input").at("key")));
    }
    void write(const std::string& text) const { std::ofstream(path) << text; }

    const test::temporary_folder folder;
    const std::string path = folder.file("jwk.json");
    std::string token;
};

} // namespace

BOOST_FIXTURE_TEST_SUITE(verify_jws, example)

BOOST_AUTO_TEST_CASE(says_by_its_exit_whether_the_token_is_valid) {
    const auto good = run_verify_jws({"--jwk", path, "--compact", token});
    BOOST_TEST(good.exit_code == 0);
    BOOST_TEST(good.err == "valid: signed with EdDSA\n");
    auto other = token;
    other[other.size() - 10] = other[other.size() - 10] == 'A' ? 'B' : 'A';
    const auto bad = run_verify_jws({"--jwk", path, "--compact", other});
    BOOST_TEST(bad.exit_code == 1);
    BOOST_TEST(bad.err == "invalid: the signature is not the key's\n");
}

BOOST_AUTO_TEST_CASE(an_empty_token_or_an_unusable_key_is_invalid) {
    for (const char* text : {"", ".", "..", "-.-.-", "a"}) {
        const auto end = run_verify_jws({"--jwk", path, "--compact", text});
        BOOST_TEST(end.exit_code == 1);
        BOOST_TEST(end.err.starts_with("invalid: "));
    }
    for (const char* key : {"", "{}", "[]", R"({"kty":"oct","k":"AAAA"})"}) {
        write(key);
        const auto end = run_verify_jws({"--jwk", path, "--compact", token});
        BOOST_TEST(end.exit_code == 1);
        BOOST_TEST(end.err.find("JWK is unusable") != std::string::npos);
    }
    const auto missing = run_verify_jws({"--jwk", "/nonexistent", "--compact", token});
    BOOST_TEST(missing.exit_code == 1);
    BOOST_TEST(missing.err.find("/nonexistent") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(a_missing_option_is_a_mistake_of_the_command_line) {
    BOOST_TEST(run_verify_jws({"--jwk", path}).exit_code == 64);
    BOOST_TEST(run_verify_jws({"--compact", token}).exit_code == 64);
    BOOST_TEST(run_verify_jws({}).exit_code == 64);
}

BOOST_AUTO_TEST_SUITE_END()
