#include <latchkey/server/commands.hpp>

#include <latchkey/core/json_text.hpp>
#include <latchkey/server/loaded_configuration.hpp>
#include <latchkey/server/mistakes.hpp>

namespace latchkey::server {

namespace {

constexpr option options[] = {config_option, set_option, json_option};

// {"ok":…,"file":…,"mistakes":[…]}
std::string report(const configuration_sources& sources, const std::string& mistakes) {
    std::string out = mistakes.empty() ? R"({"ok":true,"file":)" : R"({"ok":false,"file":)";
    if (sources.file)
        core::append_json_string(out, *sources.file);
    else
        out += "null";
    return out + R"(,"mistakes":)" + mistakes_json(mistakes) + "}\n";
}

// Of the configuration, and of the files that it names.
std::string mistakes_of(const core::result<configuration>& settings) {
    if (!settings) return settings.error().message;
    const auto loaded = load_files(*settings);
    return loaded ? std::string() : loaded.error().message;
}

int run(const command_line& line, command_context& context) {
    const auto sources = sources_from(line, context);
    if (!sources) {
        context.err << "latchkey: " << sources.error().message << '\n';
        return exit_code::usage;
    }
    const auto loaded = load_configuration(*sources);
    const auto mistakes = mistakes_of(loaded);
    if (line.has("json"))
        context.out << report(*sources, mistakes);
    else if (!mistakes.empty())
        context.err << mistakes << '\n';
    else
        context.err << sources->file.value_or("defaults and environment") << ": ok\n";
    return mistakes.empty() ? exit_code::ok : exit_code::configuration;
}

} // namespace

const command check_config_command = {
    "check-config", "Says whether the configuration is good, or what is wrong with it", options,
    run};

} // namespace latchkey::server
