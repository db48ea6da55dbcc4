#pragma once
// What is asked about: credentials of every kind, each with its own question and its own way of
// changing.

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
    token,        ///< of a key that SQL revokes
};

struct subject {
    std::string name; ///< the key itself, the device's id; of a token, its key's
    kind what;
    std::string initial; ///< code
    std::string changed; ///< code
    /// Changes back and forth; else once and for ever.
    bool reverts = false;
};

/// All of them, in a fixed order.
const std::vector<subject>& subjects();
std::map<std::string, std::string> initial_codes();

/// SQL that makes them in a migrated database.
std::string creation();
/// SQL after which the code is `code`, one of the subject's two.
std::string change(const subject&, const std::string& code);
/// The bytes of the request. `tokens`: by the names of their subjects.
std::string question(const subject&, const std::map<std::string, std::string>& tokens);

} // namespace latchkey::history
