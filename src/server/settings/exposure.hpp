#pragma once
// Finds what a configuration leaves open to people other than the operator, and variables of the
// environment that were meant for it and have no effect. The warnings stop no
// server; they are given at the start, by `check-config`, after a reload, and in the status.

#include "server/settings/configuration.hpp"
#include "server/settings/secret_file.hpp"

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace latchkey::server {

struct exposure {
    std::string what;                                          ///< what is so; names the setting
    std::string mend;                                          ///< what to do
    std::string_view name = "exposed";                         ///< of the doctor's finding
    std::string_view headline = "something is open to others"; ///< of the log's line
};

/// `listening`: addresses (host:port, [v6]:port, unix:/path), separated by commas. `exposed`: files
/// with secrets that every user may open. Pure, except that libpq's environment counts.
std::vector<exposure> find_exposures(const configuration&, std::string_view listening,
                                     std::span<const exposed_file> exposed);
/// Returns one sentence for each.
std::vector<std::string> sentences_of(const std::vector<exposure>&);

/// Returns what is missing if other machines reach a listener and `auth.callers` is not set: a
/// sentence, and below it the two lines that mend it; otherwise nothing. Pure.
std::string unsaid_callers(const configuration&, std::string_view listening);
/// Returns a sentence if other machines would reach the admin listener in plain HTTP; otherwise
/// nothing. Pure.
std::string plain_admin(const configuration&);

/// Returns a sentence for each file that keeps a server from starting; none if
/// server.world_readable_secrets allows them.
std::vector<std::string> refused_files(const configuration&, std::span<const exposed_file>);

} // namespace latchkey::server
