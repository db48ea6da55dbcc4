#pragma once
// Nodes that issue tokens, and questions about tokens.

#include "cached_keys.hpp"

#include <fstream>
#include <memory>
#include <string>

namespace latchkey::test {

inline std::string ask_for_token(std::string_view key, std::string_view more = {}) {
    return post("/api/v1/auth/generate-token", question_of(key, more));
}
inline std::string ask_about(std::string_view token, std::string_view more = {}) {
    return post("/api/v1/auth/verify-token",
                R"({"token":")" + std::string(token) + "\"" + std::string(more) + "}");
}
inline std::string token_of(const answer& a) {
    return a.status == 200 && a.json().contains("access_token")
               ? std::string(a.json().at("access_token").as_string())
               : std::string();
}

/// Starts a node that issues tokens, and waits until it is ready. `program`: empty for the one
/// under test.
inline std::unique_ptr<server_process> issuing_node(const std::string& database_uri,
                                                    const std::string& key_encryption_key_file,
                                                    const std::string& program) {
    auto node = std::make_unique<server_process>(
        database_uri, "",
        "[tokens]\nkey_encryption_key_file = \"" + key_encryption_key_file + "\"\n",
        std::vector<std::string>{}, "", surroundings{0, "", program});
    BOOST_REQUIRE(node->wait_for("/readyz", 200));
    return node;
}

/// Nodes on one database with one key-encryption key.
class issuing_nodes {
  public:
    explicit issuing_nodes(std::string more_of_tokens = {})
        : more_of_tokens_(std::move(more_of_tokens)) {
        std::ofstream(folder.file("kek")) << std::string(64, 'a') << '\n';
    }

    /// Starts a node and waits until it is ready. `toml`: further sections.
    std::unique_ptr<server_process> start(bool with_kek = true, const std::string& toml = {}) {
        std::string tokens = "[tokens]\n" + more_of_tokens_;
        if (with_kek) tokens += "key_encryption_key_file = \"" + folder.file("kek") + "\"\n";
        auto node = std::make_unique<server_process>(database.uri(), "", tokens + toml);
        BOOST_REQUIRE(node->wait_for("/readyz", 200));
        return node;
    }
    /// Returns a token, as soon as there is a signing key.
    static std::string issue(const server_process& node, std::string_view key,
                             std::string_view more = {}) {
        std::string token;
        answer last;
        soon([&] {
            last = node.ask(ask_for_token(key, more));
            token = token_of(last);
            return !token.empty();
        });
        BOOST_REQUIRE_MESSAGE(!token.empty(), last.body);
        return token;
    }
    /// Asks until the code is `code`.
    static bool becomes(const server_process& node, std::string_view token, std::string_view code,
                        std::chrono::nanoseconds within = patience) {
        return soon([&] { return code_of(node.ask(ask_about(token))) == code; }, within);
    }

    const temporary_folder folder;
    migrated_database database;

  private:
    std::string more_of_tokens_;
};

} // namespace latchkey::test
