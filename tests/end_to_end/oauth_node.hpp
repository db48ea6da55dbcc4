#pragma once
// A node whose issuer is the URL that it is asked at, and forms for it.

#include "issuing_nodes.hpp"

#include <latchkey/crypto/base64url.hpp>

#include <memory>
#include <string>
#include <string_view>

namespace latchkey::test {

inline std::string post_form(std::string_view path, std::string_view form,
                             std::string_view fields = {}) {
    return "POST " + std::string(path) +
           " HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/x-www-form-urlencoded\r\n"
           "Content-Length: " +
           std::to_string(form.size()) + "\r\n" + std::string(fields) + "\r\n" + std::string(form);
}

/// Authorization with a client's id and secret, which need no escapes.
inline std::string as_client(const std::string& id, const std::string& secret) {
    auto text = crypto::encode_base64url(id + ':' + secret);
    for (auto& c : text)
        c = c == '-' ? '+' : c == '_' ? '/' : c;
    while (text.size() % 4 != 0)
        text += '=';
    return "Authorization: Basic " + text + "\r\n";
}

/// A key with its id.
struct known_key {
    std::string key;
    std::string id;
    std::string as_client() const { return test::as_client(id, key); }
};

class oauth_node {
  public:
    /// `path`: of the issuer's URL. `toml`: further sections. `of_server`: lines of [server].
    explicit oauth_node(const std::string& path = {}, const std::string& toml = {},
                        const std::string& of_server = {}) {
        std::ofstream(folder.file("kek")) << std::string(64, 'a') << '\n';
        issuer = "http://127.0.0.1:" + std::to_string(port.number()) + path;
        toml_ = "[tokens]\nissuer = \"" + issuer + "\"\nkey_encryption_key_file = \"" +
                folder.file("kek") + "\"\n" + toml;
        node = std::make_unique<server_process>(
            database.uri(), of_server, toml_, std::vector<std::string>{}, "",
            surroundings{.more_places = ", 127.0.0.1:" + std::to_string(port.number())});
        BOOST_REQUIRE(node->wait_for("/readyz", 200));
        organization = node->create_organization();
        client = create({"--scopes", "devices:read,devices:write"});
        asker = create({"--scopes", "latchkey:introspect"});
        issuing_nodes::issue(*node, client.key); // there is a signing key
    }
    /// A second node on the same database, which is not asked at the issuer's URL.
    std::unique_ptr<server_process> another() const {
        auto out = std::make_unique<server_process>(database.uri(), "", toml_);
        BOOST_REQUIRE(out->wait_for("/readyz", 200));
        return out;
    }
    known_key create(const std::vector<std::string>& options) const {
        known_key out{node->create_key(organization, options), {}};
        out.id = node->ask(verify(question_of(out.key))).json().at("key_id").as_string();
        return out;
    }
    answer ask(std::string_view path, std::string_view form, std::string_view fields = {}) const {
        return node->ask(post_form(path, form, fields));
    }
    std::string token(std::string_view more = {}) const {
        const auto a = ask("/oauth2/token", "grant_type=client_credentials" + std::string(more),
                           client.as_client());
        BOOST_REQUIRE_MESSAGE(a.status == 200, a.head + a.body);
        return std::string(a.json().at("access_token").as_string());
    }
    std::string introspect(std::string_view what) const {
        return ask("/oauth2/introspect", "token=" + std::string(what), asker.as_client()).body;
    }

    const temporary_folder folder;
    migrated_database database;
    const reserved_port port;
    std::string issuer;
    std::unique_ptr<server_process> node;
    std::string organization;
    known_key client;
    known_key asker;

  private:
    std::string toml_;
};

} // namespace latchkey::test
