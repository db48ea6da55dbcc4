#pragma once
// Shared by the tests of the configuration.

#include "server/settings/setting.hpp"

#include <boost/test/unit_test.hpp>

#include <cstdlib>
#include <filesystem>
#include <fstream>

namespace latchkey::server_tests {

// A temporary folder that is removed at the end.
class folder {
  public:
    folder() {
        auto pattern =
            (std::filesystem::temp_directory_path() / "latchkey-configuration-XXXXXX").string();
        path_ = ::mkdtemp(pattern.data());
    }
    ~folder() { std::filesystem::remove_all(path_); }
    std::string write(const std::string& name, std::string_view content) const {
        const auto path = (path_ / name).string();
        std::ofstream(path, std::ios::binary) << content;
        return path;
    }
    std::string path() const { return path_.string(); }

  private:
    std::filesystem::path path_;
};

// Returns the mistakes, with "FILE" in place of the file's path.
inline std::string mistakes_in(const server::configuration_sources& sources) {
    const auto loaded = server::load_configuration(sources);
    if (loaded) return "";
    auto text = loaded.error().message;
    for (auto at = text.npos; sources.file && (at = text.find(*sources.file)) != text.npos;)
        text.replace(at, sources.file->size(), "FILE");
    return text;
}

inline std::string mistakes_in(std::string_view toml) {
    const folder here;
    server::configuration_sources sources;
    sources.file = here.write("latchkey.toml", toml);
    return mistakes_in(sources);
}

inline server::configuration load(const server::configuration_sources& sources) {
    auto loaded = server::load_configuration(sources);
    BOOST_REQUIRE_MESSAGE(loaded.has_value(), loaded.error().message);
    return *loaded;
}

} // namespace latchkey::server_tests
