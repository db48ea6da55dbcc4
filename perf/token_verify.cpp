// Times verifications of a token by the library, without HTTP and without the cache.
//
//   token_verify ALGORITHM SECONDS    nanoseconds of CPU per verification
//   token_verify ALGORITHM mint       the JWK set that verifies, and a token, a line each
//
// ALGORITHM is RS256, ES256 or EdDSA; the published keys of tests/vectors sign.
#include "../tests/crypto/support.hpp"

#include <latchkey/auth/token/verify_token.hpp>

#include <boost/json/serialize.hpp>

#include <chrono>
#include <cstdio>
#include <ctime>
#include <iostream>

using namespace latchkey;

namespace {

constexpr std::size_t token_bytes = 700;

struct no_store final : auth::store {
    void find_api_key(auth::api_key_lookup&) override {}
    void find_device(auth::device_lookup&) override {}
};

boost::json::object key_for(const std::string& algorithm) {
    const auto vectors = test::vectors();
    boost::json::object key;
    if (algorithm == "RS256") {
        key = test::rsa_private_key();
    } else if (algorithm == "EdDSA") {
        const auto example = test::read_json(vectors / "cookbook/curve25519/jws.json");
        key = example.at("input").at("key").as_object();
    } else {
        const auto all = test::read_json(vectors / "json_web_signature_test.json");
        for (const auto& group : all.at("testGroups").as_array())
            if (group.at("comment").as_string() == "es256") key = group.at("private").as_object();
    }
    key["alg"] = algorithm;
    key["kid"] = "perf";
    return key;
}

std::string make_token(const crypto::jwk& key) {
    const auto now = std::chrono::duration_cast<std::chrono::seconds>(
                         std::chrono::system_clock::now().time_since_epoch())
                         .count();
    const auto& ready = key.ready().front();
    for (std::string filling;; filling += 'x') {
        const boost::json::object claims = {{"iss", "https://issuer.example"},
                                            {"aud", "api"},
                                            {"sub", "5f0c8f3a-user"},
                                            {"client_id", "backend"},
                                            {"scope", "devices:read devices:write"},
                                            {"jti", "0123456789abcdef"},
                                            {"iat", now},
                                            {"exp", now + 3600},
                                            {"note", filling}};
        const std::string header = R"({"alg":")" +
                                   std::string(crypto::traits_of(ready.algorithm()).name) +
                                   R"(","typ":"at+jwt","kid":"perf"})";
        auto token =
            test::signed_token(header, boost::json::serialize(claims), key, ready.algorithm());
        if (token.size() >= token_bytes) return token;
    }
}

double cpu_seconds() {
    timespec t{};
    ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_nsec) / 1e9;
}

int measure(const crypto::jwk& key, const std::string& token, double seconds) {
    no_store store;
    auth::node_state state({}, 1, 7);
    auth::verification_cells cells;
    auth::token_verifier verifier(state, 0, {}, cells);
    auth::issuer issuer;
    issuer.rules.issuer = "https://issuer.example";
    issuer.rules.algorithms = {key.ready().front().algorithm()};
    issuer.rules.token_types = {"at+jwt"};
    issuer.rules.audiences = {"api"};
    std::vector<crypto::jwk> keys;
    keys.push_back(crypto::jwk::parse(*key.public_members()).value());
    issuer.keys = std::make_shared<auth::key_ring>(std::move(keys));
    state.issuers.publish(
        std::make_shared<const auth::issuer_set>(std::vector<auth::issuer>{std::move(issuer)}));
    state.known.publish(core::moment::now());
    const auto unlimited = [](const auto&) { return false; };
    const auto valid = [](const auto&, auto, const auto&, const auto&) {};
    std::size_t done = 0;
    const auto begun = cpu_seconds();
    double took = 0;
    for (; took < seconds; took = cpu_seconds() - begun)
        for (int i = 0; i < 64; ++i, ++done)
            if (verifier
                    .verify(token, {}, {.read = false, .keep = false},
                            auth::clock_reading::read(state.known), unlimited, valid)
                    .what != auth::verdict::valid)
                return 1;
    std::printf("%.1f\n", took / static_cast<double>(done) * 1e9);
    return 0;
}

} // namespace

int main(int argc, char** argv) {
    if (argc != 3) return 64;
    const auto key = test::parsed(key_for(argv[1]));
    const auto token = make_token(key);
    if (std::string(argv[2]) != "mint") return measure(key, token, std::stod(argv[2]));
    const boost::json::object set = {{"keys", boost::json::array{*key.public_members()}}};
    std::cout << boost::json::serialize(set) << '\n' << token << '\n';
    return 0;
}
