#include "server/setup/unit_files.hpp"

#include "server/setup/new_file.hpp"

#include <algorithm>
#include <filesystem>
#include <fstream>

namespace latchkey::server {

namespace {

// Whether a line begins with the text, after blanks.
bool has_line(const std::string& path, std::string_view text) {
    std::ifstream in(path);
    for (std::string line; std::getline(in, line);) {
        const auto at = line.find_first_not_of(" \t");
        if (at != line.npos && line.compare(at, text.size(), text) == 0) return true;
    }
    return false;
}

} // namespace

bool is_file(const std::string& path) {
    std::error_code unseen;
    return std::filesystem::exists(path, unseen);
}

std::vector<std::string> files_in(const std::string& folder, std::string_view ending) {
    std::vector<std::string> out;
    std::error_code unseen;
    for (const auto& file : std::filesystem::directory_iterator(folder, unseen))
        if (file.path().extension() == ending) out.push_back(file.path().string());
    std::ranges::sort(out);
    return out;
}

void make_folders(const std::string& path) {
    std::error_code failed;
    std::filesystem::create_directories(path, failed);
}

std::string drop_in_path(const setup_terms& terms, std::string_view unit, std::string_view name) {
    return terms.path(units_folder) + std::string(unit) + ".d/" + std::string(name) + ".conf";
}

core::result<void> write_drop_in(const std::string& path, const std::string& lines) {
    return write_new_file(path, "# Written by latchkey setup.\n[Service]\n" + lines, 0644);
}

bool unit_names(const setup_terms& terms, std::string_view unit, std::string_view text) {
    const auto own = terms.path(units_folder) + std::string(unit);
    auto files = files_in(own + ".d", ".conf");
    files.push_back(own);
    return std::ranges::any_of(files, [&](const auto& file) { return has_line(file, text); });
}

std::string instance_setting(const setup_terms& terms, std::string_view key) {
    for (const auto& file : files_in(terms.path(settings_folder), ".toml"))
        if (!file.ends_with("/latchkey.toml") && has_line(file, key)) return file;
    return {};
}

} // namespace latchkey::server
