#pragma once
// What is asked about: credentials of every kind, each with its own question and its own way to
// change.

#include <map>
#include <string>
#include <vector>

namespace latchkey::history {

enum class kind {
    admin,        ///< a key that admin commands revoke
    revoked,      ///< a key that SQL revokes
    born,         ///< a key that SQL makes
    switched,     ///< a key that SQL disables and enables
    element,      ///< a key in an organization's array
    device,       ///< a device of the older service's table
    organization, ///< a key whose organization is disabled
    token,        ///< a token of a key that SQL revokes
};

struct subject {
    std::string name; ///< the key itself, or the device's id; for a token, its key's name
    kind what;
    std::string initial; ///< code
    std::string changed; ///< code
    /// True if it changes back and forth; otherwise it changes once.
    bool reverts = false;
};

/// All of them, in a fixed order.
const std::vector<subject>& subjects();
std::map<std::string, std::string> initial_codes();

/// Returns SQL that makes them in a migrated database.
std::string creation();
/// Returns SQL that changes the subject's code to `code`, one of its two.
std::string change(const subject&, const std::string& code);
/// Returns the bytes of the request. `tokens` are by the names of their subjects.
std::string question(const subject&, const std::map<std::string, std::string>& tokens);

} // namespace latchkey::history
