#include "server/settings/configuration_readers.hpp"

#include <latchkey/core/text/nearest_name.hpp>

namespace latchkey::server {

namespace {

// A shortcut names its setting; after `--set` the setting has to be added.
std::string place_of(const given_flag& flag) {
    return flag.flag == "--set" ? "--set " + flag.key : flag.flag;
}

} // namespace

given_settings read_flags(std::span<const given_flag> flags) {
    given_settings out;
    for (const auto& flag : flags) {
        const auto* key = find_setting(flag.key);
        const auto place = place_of(flag);
        if (!key)
            out.mistakes.push_back({place + ": no such setting" + suggest_setting(flag.key)});
        else if (key->type.kind == value_kind::secret)
            out.mistakes.push_back({place +
                                    ": every user of this machine sees a command line; "
                                    "expected the secret in the environment as " +
                                    variable_of(key->name) + "_FILE, or in the file"});
        else
            out.settings.push_back({key, {given_value::form::bare, flag.value}, place});
    }
    return out;
}

std::string suggest_setting(std::string_view name) {
    std::vector<std::string_view> names;
    const auto last = name.substr(name.rfind('.') + 1);
    for (const auto& key : all_settings()) {
        // The name is right, but the section is wrong or missing.
        if (key.name.substr(key.name.rfind('.') + 1) == last)
            return "; did you mean " + std::string(key.name) + "?";
        names.push_back(key.name);
    }
    const auto nearest = core::nearest_name(name, names);
    return nearest.empty() ? "" : "; did you mean " + std::string(nearest) + "?";
}

} // namespace latchkey::server
