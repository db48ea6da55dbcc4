#pragma once
// One worker that verifies tokens, and tokens for it.

#include "../crypto/support.hpp"
#include "../support/one_worker.hpp"

#include <latchkey/auth/token/verify_token.hpp>

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace latchkey::test {

using auth::answer_source;
using auth::verdict;
using crypto::jws_algorithm;

inline constexpr auto unlimited = [](const auto&) { return false; };
inline constexpr const char* issuer_name = "https://issuer.example";

inline auth::issuer_rules usual_rules() {
    auth::issuer_rules rules;
    rules.issuer = issuer_name;
    rules.algorithms = {jws_algorithm::rs256, jws_algorithm::es512, jws_algorithm::eddsa};
    rules.token_types = {"jwt", "at+jwt"};
    rules.audiences = {"api"};
    return rules;
}

inline std::shared_ptr<const auth::issuer_set>
trusting(auth::issuer_rules rules, const std::vector<boost::json::object>& keys) {
    std::vector<crypto::jwk> ring;
    for (const auto& key : keys)
        ring.push_back(parsed(key));
    auth::issuer one;
    one.rules = std::move(rules);
    one.keys = std::make_shared<auth::key_ring>(std::move(ring));
    return std::make_shared<auth::issuer_set>(std::vector<auth::issuer>{one});
}

inline boost::json::object named(boost::json::object key, const char* id) {
    key["kid"] = id;
    return key;
}

inline std::string claims_text(const std::string& more = "") {
    const auto now = std::chrono::duration_cast<core::seconds>(
                         std::chrono::system_clock::now().time_since_epoch())
                         .count();
    return R"({"iss":")" + std::string(issuer_name) + R"(","aud":"api","iat":)" +
           std::to_string(now) + R"(,"exp":)" + std::to_string(now + 600) + more + "}";
}

inline std::string rsa_token(const std::string& header, const std::string& payload) {
    return signed_token(header, payload, parsed(rsa_private_key()), jws_algorithm::rs256);
}

// One worker that trusts one issuer with the RSA key "r1".
struct token_worker : one_worker {
    token_worker() : verifier(state, 0, {.length_max = 4096}, cells, &uses) {
        state.issuers.publish(trusting(usual_rules(), {named(rsa_public_key(), "r1")}));
    }
    auth::limited_token_decision<bool> decide(const std::string& token,
                                              const auth::token_request& request = {},
                                              const auth::cache_terms& terms = {}) {
        found.reset();
        return verifier.verify(
            token, request, terms, auth::clock_reading::read(state.known),
            [this](const auth::token_record&) { return !admits; },
            [&](const auth::token_record& r, answer_source how, const auto&, const auto&) {
                found = how;
                answer = r.answer();
            });
    }
    verdict ask(const std::string& token, const auth::token_request& request = {},
                const auth::cache_terms& terms = {}) {
        return decide(token, request, terms).what.value();
    }

    auth::verification_cells cells;
    auth::use_counts uses{{}};
    auth::token_verifier verifier;
    bool admits = true;
    std::optional<answer_source> found;
    std::string answer;
};

inline const std::string good_header = R"({"alg":"RS256","typ":"at+jwt","kid":"r1"})";

} // namespace latchkey::test
