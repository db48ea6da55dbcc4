#include "server/cli/confirm.hpp"

#include "server/cli/admin_client.hpp"
#include "server/cli/commands.hpp"

#include <istream>
#include <string>

namespace latchkey::server {

std::optional<int> unless_meant(const command_line& line, command_context& context,
                                std::string_view what) {
    if (line.has("yes")) return std::nullopt;
    if (!context.terminal.asks)
        return refuse(context, std::string(what) + " Say --yes if it is meant.");
    context.err << what << "\nIs it meant? Type yes: " << std::flush;
    std::string said;
    std::getline(context.in, said);
    if (said == "yes" || said == "y") return std::nullopt;
    return refuse(context, "nothing was done");
}

} // namespace latchkey::server
