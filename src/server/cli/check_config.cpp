#include "server/cli/commands.hpp"
#include "server/cli/mistakes.hpp"
#include "server/settings/exposure.hpp"
#include "server/settings/loaded_configuration.hpp"

#include <latchkey/core/text/json_text.hpp>

#include <span>
#include <utility>
#include <vector>

namespace latchkey::server {

namespace {

constexpr option options[] = {config_option, set_option, json_option};

struct findings {
    std::string mistakes; ///< one line for each
    std::vector<std::string> warnings;
    int exit_code = exit_code::ok;
};

std::string lines_of(const std::vector<std::string>& sentences) {
    std::string out;
    for (const auto& one : sentences)
        out += (out.empty() ? "" : "\n") + one;
    return out;
}

// {"ok":…,"file":…,"mistakes":[…],"warnings":[…]}
std::string report(const configuration_sources& sources, const findings& found) {
    std::string out = found.mistakes.empty() ? R"({"ok":true,"file":)" : R"({"ok":false,"file":)";
    if (sources.file)
        core::append_json_string(out, *sources.file);
    else
        out += "null";
    out += R"(,"mistakes":)" + mistakes_json(found.mistakes);
    return out + R"(,"warnings":)" + mistakes_json(lines_of(found.warnings)) + "}\n";
}

// Checks the configuration and the files that it names.
findings look_at(core::result<configuration> settings) {
    if (!settings) return {settings.error().message, {}, exit_code::configuration};
    const auto loaded = load_files(std::move(*settings));
    if (!loaded) return {loaded.error().message, {}, exit_code::configuration};
    findings out;
    out.mistakes = lines_of(refused_files(loaded->settings, loaded->exposed));
    if (!out.mistakes.empty()) out.exit_code = exit_code::permission;
    const auto told = out.mistakes.empty() ? std::span<const exposed_file>(loaded->exposed)
                                           : std::span<const exposed_file>();
    out.warnings =
        sentences_of(find_exposures(loaded->settings, loaded->settings.server.listen, told));
    return out;
}

int run(const command_line& line, command_context& context) {
    const auto sources = sources_from(line, context);
    if (!sources) {
        context.err << "latchkey: " << sources.error().message << '\n';
        return exit_code::usage;
    }
    const auto found = look_at(load_configuration(*sources));
    if (line.has("json")) {
        context.out << report(*sources, found);
        return found.exit_code;
    }
    for (const auto& one : found.warnings)
        context.err << "warning: " << one << '\n';
    if (!found.mistakes.empty())
        context.err << found.mistakes << '\n';
    else
        context.err << sources->file.value_or("defaults and environment") << ": ok\n";
    return found.exit_code;
}

} // namespace

const command check_config_command = {"check-config",
                                      "Checks the configuration, and prints what is wrong with it",
                                      options,
                                      run,
                                      {},
                                      "latchkey check-config --config /etc/latchkey/latchkey.toml"};

} // namespace latchkey::server
