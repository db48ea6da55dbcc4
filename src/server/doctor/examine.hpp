#pragma once
// Gathers the facts about a node: by the `doctor` command, with the configuration alone, and by the
// running server each minute.

#include "server/doctor/node_facts.hpp"
#include "server/process/issuers.hpp"
#include "server/settings/configuration.hpp"

#include <functional>
#include <string>
#include <vector>

namespace latchkey::server {

/// What is known of issuers' published keys.
struct issuer_news {
    std::vector<std::string> unreachable;  ///< sentences
    std::vector<std::string> without_keys; ///< sentences
};

struct examination {
    pg::examination database{};
    std::string listening; ///< addresses; the value of server.listen
    std::string feed_warning{};
    std::function<issuer_news(const loaded_issuers&)> ask_issuers;
};

/// Reads files and asks the database. Blocks, for seconds if something is away.
node_facts examine(const configuration&, const examination&);

/// Fetches each issuer's JWK set once. Blocks, for the longest jwks_timeout at most.
issuer_news fetch_from_issuers(const loaded_issuers&);

} // namespace latchkey::server
