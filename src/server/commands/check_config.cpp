#include <latchkey/server/commands.hpp>

#include <latchkey/core/json_text.hpp>

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
    out += R"(,"mistakes":[)";
    for (std::size_t begin = 0; begin < mistakes.size();) {
        const auto end = std::min(mistakes.find('\n', begin), mistakes.size());
        if (begin > 0) out += ',';
        core::append_json_string(out, std::string_view(mistakes).substr(begin, end - begin));
        begin = end + 1;
    }
    return out + "]}\n";
}

int run(const command_line& line, command_context& context) {
    const auto sources = sources_from(line, context);
    if (!sources) {
        context.err << "latchkey: " << sources.error().message << '\n';
        return exit_code::usage;
    }
    const auto loaded = load_configuration(*sources);
    const auto mistakes = loaded ? std::string() : loaded.error().message;
    if (line.has("json"))
        context.out << report(*sources, mistakes);
    else if (!loaded)
        context.err << mistakes << '\n';
    else
        context.err << sources->file.value_or("defaults and environment") << ": ok\n";
    return loaded ? exit_code::ok : exit_code::configuration;
}

} // namespace

const command check_config_command = {
    "check-config", "Says whether the configuration is good, or what is wrong with it", options,
    run};

} // namespace latchkey::server
