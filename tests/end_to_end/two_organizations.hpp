#pragma once
// Two organizations on one server, and what a caller of one asks about credentials of the other.

#include "device_server.hpp"
#include "issuing_nodes.hpp"

#include <boost/json/parse.hpp>

#include <fstream>
#include <string>
#include <vector>

namespace latchkey::test {

inline std::string by(const std::string& key) {
    return "X-Latchkey-Key: " + key + "\r\n";
}
inline std::string token_field(const std::string& token) {
    return R"({"token":")" + token + "\"}";
}

/// A question about a credential of somebody else, and the same about one that does not exist.
struct foreign_question {
    std::string name, path, foreign, unknown;
};

struct two_organizations {
    temporary_folder folder;
    migrated_database database;
    server_process server;
    std::string ours, theirs; ///< callers
    std::string their_key, our_key;
    std::string gone_key;     ///< of the same shape as the others, and in no table
    std::string their_secret; ///< of the device "device-known"
    std::string their_device_id = "device-known";

    /// `toml`: further sections of the configuration.
    explicit two_organizations(const std::string& toml = {})
        : server(database.uri(), "workers = 1\n", sections() + toml) {
        BOOST_REQUIRE(server.wait_for("/readyz", 200));
        for (const auto* id : {"ours", "theirs"})
            server.create_organization(id);
        const std::vector<std::string> scopes = {"--scopes",
                                                 "latchkey:verify,latchkey:issue,latchkey:revoke"};
        ours = server.create_key("ours", scopes);
        theirs = server.create_key("theirs", scopes);
        their_key = server.create_key("theirs");
        our_key = server.create_key("ours");
        gone_key = server.create_key("theirs");
        database.exec("delete from latchkey.api_keys" + whose_hash_is_of(gone_key));
        their_secret = register_device(their_device_id);
    }
    /// Returns the device's secret.
    std::string register_device(const std::string& id) const {
        const auto done = server.command({"device", "register", "--organization", "theirs",
                                          "--name", "D", "--id", id, "--json"});
        BOOST_REQUIRE_MESSAGE(done.exit_code == 0, done.err);
        return std::string(boost::json::parse(done.out).at("device_secret").as_string());
    }
    /// Asks until the status is `status`.
    bool becomes(const std::string& question, int status) const {
        return soon([&] { return server.ask(question).status == status; });
    }

    /// Every endpoint that judges a key, asked about this one of theirs.
    std::vector<foreign_question> about_key(const std::string& key) const {
        const auto known = question_of(key), none = question_of(gone_key);
        return {{"verify-api-key", "/api/v1/auth/verify-api-key", known, none},
                {"generate-token", "/api/v1/auth/generate-token", known, none},
                {"verify-batch", "/api/v1/auth/verify-batch", batch("api_key", known),
                 batch("api_key", none)},
                {"revoke", "/api/v1/auth/revoke", known, none}};
    }
    /// Every endpoint that judges a device, asked about this one of theirs.
    static std::vector<foreign_question> about_device(const std::string& id,
                                                      const std::string& secret) {
        auto other = id;
        other.back() = other.back() == 'x' ? 'y' : 'x';
        const auto known = claim(id, secret), none = claim(other, secret);
        return {{"authenticate-device", "/api/v1/auth/authenticate-device", known, none},
                {"generate-token", "/api/v1/auth/generate-token", known, none},
                {"verify-batch", "/api/v1/auth/verify-batch", batch("device", known),
                 batch("device", none)},
                {"verify-batch with a token", "/api/v1/auth/verify-batch",
                 batch("device", with_token(known)), batch("device", with_token(none))}};
    }
    /// Every endpoint that judges a token.
    static std::vector<foreign_question> about_token(const std::string& token,
                                                     const std::string& other) {
        const auto known = token_field(token), none = token_field(other);
        return {{"verify-token", "/api/v1/auth/verify-token", known, none},
                {"verify-batch", "/api/v1/auth/verify-batch", batch("token", known),
                 batch("token", none)},
                {"revoke", "/api/v1/auth/revoke", known, none}};
    }
    /// A batch of one item: `fields` is a JSON object.
    static std::string batch(const std::string& type, const std::string& fields) {
        return R"({"items":[{"type":")" + type + "\"," + fields.substr(1) + "]}";
    }

  private:
    static std::string with_token(const std::string& fields) {
        return fields.substr(0, fields.size() - 1) + R"(,"issue_token":true})";
    }
    // Callers are required, and the server can issue tokens.
    std::string sections() const {
        std::ofstream(folder.file("kek")) << std::string(64, 'a') << '\n';
        return "[auth]\ncallers = \"required\"\n[tokens]\nkey_encryption_key_file = \"" +
               folder.file("kek") + "\"\n";
    }
};

} // namespace latchkey::test
