#pragma once
// A machine with the package's units, for `latchkey setup`, and names that nobody else in the
// cluster has.
#include "../integration/support.hpp"
#include "cached_keys.hpp"

#include <boost/json/parse.hpp>

#include <filesystem>
#include <fstream>
#include <sstream>
#include <unistd.h>

namespace latchkey::test {

inline std::string in_uri(const std::string& name) {
    std::string out;
    for (const unsigned char c : name)
        if (std::isalnum(c) || c == '_')
            out += static_cast<char>(c);
        else
            out += {'%', "0123456789ABCDEF"[c >> 4], "0123456789ABCDEF"[c & 15]};
    return out;
}
inline std::string in_sql(const std::string& name) {
    std::string out = "\"";
    for (const char c : name)
        out += c == '"' ? "\"\"" : std::string(1, c);
    return out + '"';
}

inline std::string contents(const std::string& path) {
    std::ifstream in(path);
    std::ostringstream out;
    out << in.rdbuf();
    return out.str();
}

inline int mode_of(const std::string& path) {
    return static_cast<int>(std::filesystem::status(path).permissions());
}

inline std::string with_name(const std::string& uri, const std::string& role,
                             const std::string& name) {
    return "postgresql://" + in_uri(role) + "@/" + in_uri(name) + uri.substr(uri.find('?'));
}

inline std::string unused_name() {
    static int made = 0;
    return "setup_" + std::to_string(::getpid()) + '_' + std::to_string(++made);
}

struct machine {
    explicit machine(const std::string& ends = "") : name(unused_name() + ends) {
        const auto units = folder.file("usr/lib/systemd/system");
        std::filesystem::create_directories(units);
        for (const auto* unit : {"latchkey.service", "latchkey@.service", "latchkey.socket"})
            std::filesystem::copy_file(std::string(LATCHKEY_SOURCE_DIR "/systemd/") + unit,
                                       units + '/' + unit);
    }
    ~machine() {
        session server(server_uri());
        server.exec("drop database if exists " + in_sql(name) + " with (force)");
        for (const auto* of : {"", "_owner", "_app", "_admin"})
            server.exec("drop role if exists " + in_sql(name + of));
    }
    outcome set_up(std::vector<std::string> words) const {
        return set_up_by(server_uri(), std::move(words));
    }
    outcome set_up_by(const std::string& administrator, std::vector<std::string> words) const {
        std::vector<std::string> all = {latchkey_binary(), "setup"};
        all.insert(all.end(), words.begin(), words.end());
        all.insert(all.end(), {"--root", folder.file(""), "--admin-uri", administrator, "--key",
                               "file", "--set", "admin.socket=/none"});
        return run(all, {"LATCHKEY_DATABASE__URI=" + uri(), "PATH=/usr/bin:/bin"});
    }
    std::string uri() const { return with_name(server_uri(), name, name); }
    std::string superuser_uri() const {
        const auto with = server_uri();
        return with.substr(0, with.find('/', with.find("//") + 2) + 1) + in_uri(name) +
               with.substr(with.find('?'));
    }
    std::string drop_in(const std::string& unit) const {
        return folder.file("etc/systemd/system/" + unit + ".d/key-encryption-key.conf");
    }
    std::string key() const { return folder.file("etc/latchkey/key-encryption-key"); }
    bool has_database() const {
        return session(server_uri())
                   .value("select count(*) from pg_database where datname = '" + name + "'") == "1";
    }

    const temporary_folder folder;
    const std::string name;
};

inline boost::json::array steps_of(const outcome& done) {
    return boost::json::parse(done.out).as_object().at("steps").as_array();
}

inline std::string states_of(const outcome& done) {
    std::string out;
    for (const auto& step : steps_of(done))
        out += (out.empty() ? "" : " ") + std::string(step.as_object().at("step").as_string()) +
               ':' + std::string(step.as_object().at("state").as_string());
    return out;
}

} // namespace latchkey::test
