#include "server/settings/secret_file.hpp"

#include "server/settings/configuration_readers.hpp"

#include <sys/stat.h>

#include <array>
#include <cstdio>
#include <filesystem>

namespace latchkey::server {

namespace {

// Quotes a path for a shell: 'it'\''s'.
std::string shell_word(std::string_view path) {
    std::string out = "'";
    for (const char c : path)
        out += c == '\'' ? std::string("'\\''") : std::string(1, c);
    return out + '\'';
}

std::string octal(unsigned mode) {
    std::array<char, 16> digits{};
    std::snprintf(digits.data(), digits.size(), "%04o", mode);
    return digits.data();
}

} // namespace

std::string complaint_about(const exposed_file& file) {
    const bool readable = (file.mode & S_IROTH) != 0;
    return file.setting + ": every user of this machine may " + (readable ? "read" : "change") +
           " the file \"" + file.path + "\" (mode " + octal(file.mode) + "), which holds a secret";
}

std::string mend_of(const exposed_file& file) {
    return "close it with: chmod o= " + shell_word(file.path);
}

std::string describe(const exposed_file& file) {
    return complaint_about(file) + "; " + mend_of(file);
}

bool is_exposed(unsigned mode) noexcept {
    return (mode & (S_IROTH | S_IWOTH)) != 0;
}

bool is_credential(std::string_view path, const char* directory) {
    if (!directory || *directory != '/') return false;
    const auto within = std::filesystem::path(path).lexically_normal().lexically_relative(
        std::filesystem::path(directory).lexically_normal());
    return !within.empty() && *within.begin() != ".." && *within.begin() != ".";
}

core::result<std::string> read_secret_file(std::string_view setting, const std::string& path,
                                           std::size_t bytes_max, const char* credentials,
                                           std::vector<exposed_file>& exposed) {
    auto file = read_small_file_with_mode(path, bytes_max);
    if (!file) return file.error();
    if (is_exposed(file->mode) && !is_credential(path, credentials))
        exposed.push_back({std::string(setting), path, file->mode});
    return std::move(file->text);
}

} // namespace latchkey::server
