#include "server/settings/secret_path.hpp"

namespace latchkey::server {

core::result<std::string> secret_path(std::string_view value, const char* directory) {
    constexpr std::string_view prefix = "credential:";
    if (!value.starts_with(prefix)) return std::string(value);
    const auto wrong = [&](std::string_view why) {
        return core::failure{core::failure_kind::invalid,
                             '"' + std::string(value) + "\" " + std::string(why)};
    };
    const auto name = value.substr(prefix.size());
    if (name.empty() || name == "." || name == ".." || name.find('/') != name.npos)
        return wrong("names no credential; expected credential:NAME, without a slash");
    if (!directory || !*directory)
        return wrong(
            "cannot be found: CREDENTIALS_DIRECTORY is not set, as systemd does for a unit "
            "with LoadCredential=");
    return std::string(directory) + '/' + std::string(name);
}

} // namespace latchkey::server
