#pragma once
// A server with devices, and questions about them.

#include "cached_keys.hpp"

#include <boost/json/parse.hpp>

#include <fstream>
#include <string>
#include <string_view>
#include <vector>

namespace latchkey::test {

struct device {
    std::string id;
    std::string secret;
};

inline std::string claim(std::string_view id, std::string_view secret, std::string_view more = {}) {
    return R"({"device_id":")" + std::string(id) + R"(","device_secret":")" + std::string(secret) +
           "\"" + std::string(more) + "}";
}
inline std::string authenticate(std::string_view id, std::string_view secret,
                                std::string_view more = {}, std::string_view fields = {}) {
    return post("/api/v1/auth/authenticate-device", claim(id, secret, more), fields);
}

struct device_server {
    migrated_database database;
    server_process server;
    explicit device_server(const std::string& toml = {}) : server(database.uri(), "", toml) {
        BOOST_REQUIRE(server.wait_for("/readyz", 200));
        server.create_organization("org");
    }
    boost::json::object command(std::vector<std::string> words) {
        words.push_back("--json");
        const auto done = server.command(words);
        BOOST_REQUIRE_MESSAGE(done.exit_code == 0, done.err);
        return boost::json::parse(done.out).as_object();
    }
    device make(std::vector<std::string> options = {}) {
        std::vector<std::string> words = {"device", "register", "--organization",
                                          "org",    "--name",   "Door"};
        words.insert(words.end(), options.begin(), options.end());
        const auto made = command(words);
        return {std::string(made.at("device_id").as_string()),
                std::string(made.at("device_secret").as_string())};
    }
    std::string code(std::string_view id, std::string_view secret, std::string_view more = {}) {
        return code_of(server.ask(authenticate(id, secret, more)));
    }
    bool gets_cached(const device& d) {
        return soon([&] {
            return server.ask(authenticate(d.id, d.secret)).field("X-Auth-Cache") == "hit";
        });
    }
    /// Waits until an authentication of the device has this code.
    bool becomes(const device& d, std::string_view expected) {
        return soon([&] { return code(d.id, d.secret) == expected; });
    }
    /// Adds a device with id "d" and a password that nobody knows.
    void add_password_device() {
        database.exec("insert into public.device_credentials (device_id, device_secret, "
                      "organization_id, status) values ('d', 'scrypt:ln=15,r=8,p=1$" +
                      std::string(22, 'A') + "$" + std::string(43, 'A') + "', 'org', 'active')");
    }
    std::string write_file(const temporary_folder& folder, const std::string& text) {
        const auto path = folder.file("devices.jsonl");
        std::ofstream(path) << text;
        return path;
    }
};

} // namespace latchkey::test
