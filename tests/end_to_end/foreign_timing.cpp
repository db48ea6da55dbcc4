// What time tells a caller of one organization about another's credentials: nothing, where both the
// foreign and the unknown are in the cache.
#include "../crypto/support.hpp"
#include "cpu_timing.hpp"
#include "two_organizations.hpp"

#include <boost/json/array.hpp>
#include <boost/json/serialize.hpp>

#include <chrono>
#include <cmath>
#include <cstdlib>
#include <fstream>

using namespace latchkey::test;

namespace {

// How many samples of a pair are taken. More of them show smaller differences.
unsigned rounds() {
    const char* given = std::getenv("LATCHKEY_TIMING_ROUNDS");
    return given ? static_cast<unsigned>(std::stoul(given)) : 300;
}

double t_of(const two_organizations& w, const foreign_question& q) {
    BOOST_TEST_MESSAGE(q.name);
    return welch_t(w.server, post(q.path, q.foreign, by(w.ours)),
                   post(q.path, q.unknown, by(w.ours)), rounds());
}

// Programs beside it may disturb a run, so three are tried; a difference in the code shows in each.
bool is_even(const two_organizations& w, const foreign_question& q) {
    const auto ask = [&](const std::string& body) {
        return w.server.ask(post(q.path, body, by(w.ours)));
    };
    // Then both are in the cache.
    for (int i = 0; i < 3; ++i)
        BOOST_TEST(ask(q.foreign).body == ask(q.unknown).body);
    bool even = false;
    for (int i = 0; i < 3 && !even; ++i)
        even = std::abs(t_of(w, q)) < 4.5;
    return even;
}

// Another program's tokens, of whatever organization.
class issuer {
  public:
    issuer() {
        auto key = rsa_public_key();
        key["kid"] = "r1";
        std::ofstream(folder_.file("jwks.json"))
            << boost::json::serialize(boost::json::object{{"keys", boost::json::array{key}}});
    }
    std::string section() const {
        return "[[issuers]]\nissuer = \"other\"\njwks_file = \"" + folder_.file("jwks.json") +
               "\"\nany_audience = true\norganization_claim = \"org\"\n";
    }
    std::string token_of(const std::string& organization) const {
        return signed_token(R"({"alg":"RS256","kid":"r1"})",
                            R"({"iss":"other","iat":)" + std::to_string(now_) + R"(,"exp":)" +
                                std::to_string(now_ + 3600) + R"(,"org":")" + organization + "\"}",
                            parsed(rsa_private_key()), latchkey::crypto::jws_algorithm::rs256);
    }

  private:
    temporary_folder folder_;
    const std::int64_t now_ = std::chrono::duration_cast<std::chrono::seconds>(
                                  std::chrono::system_clock::now().time_since_epoch())
                                  .count();
};

} // namespace

BOOST_AUTO_TEST_SUITE(foreign_timing)

BOOST_AUTO_TEST_CASE(keys_and_devices_in_the_cache) {
    const two_organizations w("[cache]\nnegative_ttl = \"10m\"\n");
    issuing_nodes::issue(w.server, w.their_key);
    for (const auto& all :
         {w.about_key(w.their_key), w.about_device(w.their_device_id, w.their_secret)})
        for (const auto& q : all)
            // Whether a key ends is told at a tick, which says nothing.
            if (q.name.find("revoke") == std::string::npos) BOOST_TEST(is_even(w, q), q.name);
}

// Both have a good signature, whose check is what costs time. Only of one is there an organization.
BOOST_AUTO_TEST_CASE(tokens_in_the_cache) {
    const issuer other;
    const two_organizations w(other.section());
    const auto theirs = other.token_of("theirs"), nobodys = other.token_of("nobody");
    BOOST_TEST(w.server.ask(post("/api/v1/auth/verify-token", token_field(theirs), by(w.theirs)))
                   .json()
                   .at("valid")
                   .as_bool());
    for (const auto& q : w.about_token(theirs, nobodys))
        BOOST_TEST(is_even(w, q), q.name);
}

// A difference would be seen: to read this question takes a few microseconds longer.
BOOST_AUTO_TEST_CASE(a_difference_is_seen) {
    const two_organizations w;
    auto q = w.about_key(w.their_key).front();
    std::string scopes = "\"s\"";
    for (int i = 0; i < 400; ++i)
        scopes += ",\"s\"";
    q.unknown = question_of("lk_live_no", ",\"scopes\":[" + scopes + "]");
    BOOST_TEST(is_told_apart([&] { return t_of(w, q); }));
}

BOOST_AUTO_TEST_SUITE_END()
