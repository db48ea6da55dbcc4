#include "server/settings/configuration_readers.hpp"

#include <latchkey/core/text/nearest_name.hpp>

namespace latchkey::server {

namespace {

// A shortcut names its setting; after `--set` the setting has to be added.
std::string place_of(const given_flag& flag) {
    return flag.flag == "--set" ? "--set " + flag.setting : flag.flag;
}

} // namespace

given_settings read_flags(std::span<const given_flag> flags) {
    given_settings out;
    for (const auto& flag : flags) {
        const auto* entry = find_setting(flag.setting);
        const auto place = place_of(flag);
        if (!entry)
            out.mistakes.push_back({place + ": no such setting" + suggest_setting(flag.setting)});
        else if (entry->type.kind == value_kind::secret)
            out.mistakes.push_back({place +
                                    ": every user of this machine sees a command line; "
                                    "expected the secret in the environment as " +
                                    variable_of(entry->name) + "_FILE, or in the file"});
        else
            out.settings.push_back({entry, {given_value::form::bare, flag.value}, place});
    }
    return out;
}

std::string suggest_setting(std::string_view name) {
    std::vector<std::string_view> names;
    const auto last = name.substr(name.rfind('.') + 1);
    for (const auto& entry : all_settings()) {
        // The name is right, but the section is wrong or missing.
        if (entry.name.substr(entry.name.rfind('.') + 1) == last)
            return "; did you mean " + std::string(entry.name) + "?";
        names.push_back(entry.name);
    }
    const auto nearest = core::nearest_name(name, names);
    return nearest.empty() ? "" : "; did you mean " + std::string(nearest) + "?";
}

} // namespace latchkey::server
