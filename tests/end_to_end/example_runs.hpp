#pragma once
// Runs what is in etc/examples. What is not installed is left out, unless LATCHKEY_EVERY_BLOCK=yes
// says that everything must be there (.ci/run). Go and Java run only with
// LATCHKEY_LONG_EXAMPLES=yes (tests/long).

#include "issuing_nodes.hpp"

#include <cstdlib>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace latchkey::test {

inline bool is_set(const char* name) {
    const char* value = std::getenv(name);
    return value && std::string_view(value) == "yes";
}

/// Runs lines of a shell in etc/examples.
inline outcome run_in_examples(const std::string& lines,
                               std::vector<std::string> environment = {}) {
    environment.insert(environment.end(),
                       {"PYTHONDONTWRITEBYTECODE=yes", "NODE_PATH=/usr/share/nodejs"});
    return run({"/bin/bash", "-c", "cd '" LATCHKEY_SOURCE_DIR "/etc/examples'\n" + lines},
               environment);
}

/// `needs`: a command that succeeds where the example can run.
inline bool can_run(const char* name, const char* needs) {
    if (run_in_examples(needs).exit_code == 0) return true;
    if (is_set("LATCHKEY_EVERY_BLOCK")) BOOST_ERROR(name << " cannot run: this fails: " << needs);
    BOOST_TEST_MESSAGE("not run: " << name << ", since this fails: " << needs);
    return false;
}

/// A node with a good key, one without scopes, a revoked one, and a token.
struct known_credentials {
    issuing_nodes nodes;
    std::unique_ptr<server_process> node = nodes.start();
    std::string organization = node->create_organization();
    std::string good = node->create_key(organization, {"--scopes", "devices:read"});
    std::string poor = node->create_key(organization);
    std::string revoked = node->create_key(organization);
    std::string token = issuing_nodes::issue(*node, good);

    known_credentials() {
        const auto about = node->ask(verify(question_of(revoked))).json();
        const std::string id(about.at("key_id").as_string());
        BOOST_REQUIRE(node->command({"key", "revoke", id}).exit_code == 0);
        BOOST_REQUIRE(gets_cached(*node, good));
    }
    /// The variables that the examples read.
    std::vector<std::string> environment(const std::string& url, const std::string& key) const {
        return {"LATCHKEY_URL=" + url, "DEMO_API_KEY=" + key, "DEMO_TOKEN=" + token};
    }
};

} // namespace latchkey::test
