#include "server/setup/socket_unit.hpp"

#include "server/settings/listen_places.hpp"
#include "server/setup/unit_files.hpp"

#include <algorithm>
#include <filesystem>
#include <fstream>

namespace latchkey::server {

namespace {

constexpr std::string_view shipped_folders[] = {"/usr/lib/systemd/system/",
                                                "/usr/local/lib/systemd/system/"};
constexpr std::string_view listens = "ListenStream=";

bool is_link(const std::string& path) {
    std::error_code unseen;
    return std::filesystem::is_symlink(path, unseen);
}

// An empty line takes back those before it.
void read_addresses(const std::string& path, std::vector<std::string>& out) {
    std::ifstream in(path);
    for (std::string line; std::getline(in, line);) {
        if (!line.starts_with(listens)) continue;
        const auto address = line.substr(listens.size());
        if (address.empty())
            out.clear();
        else
            out.push_back(address);
    }
}

} // namespace

bool is_socket_masked(const setup_terms& terms) {
    std::error_code unseen;
    return std::filesystem::read_symlink(terms.path(units_folder) + std::string(socket_unit),
                                         unseen) == "/dev/null";
}
bool is_socket_enabled(const setup_terms& terms) {
    return is_link(terms.path(units_folder) + "sockets.target.wants/" + std::string(socket_unit));
}
bool is_service_enabled(const setup_terms& terms) {
    return is_link(terms.path(units_folder) + "multi-user.target.wants/" + std::string(service));
}

std::vector<std::string> socket_addresses(const setup_terms& terms) {
    std::vector<std::string> out;
    const auto own = terms.path(units_folder) + std::string(socket_unit);
    if (is_file(own)) {
        read_addresses(own, out);
    } else {
        for (const auto folder : shipped_folders)
            if (out.empty()) read_addresses(terms.path(folder) + std::string(socket_unit), out);
    }
    for (const auto& file : files_in(own + ".d", ".conf"))
        read_addresses(file, out);
    return out;
}

std::string not_at_socket(std::string_view listen, const std::vector<std::string>& addresses) {
    for (const auto& place : parse_listen_places(listen).value_or(std::vector<listen_place>{}))
        if (std::ranges::find(addresses, place.is_unix() ? place.path : place.text) ==
            addresses.end())
            return place.text;
    return {};
}

} // namespace latchkey::server
