#pragma once
// What is asked about: credentials of every kind, each with its own question and its own way to
// change.

#include <map>
#include <string>
#include <vector>

namespace latchkey::history {

enum class kind {
    revoked,      ///< a key that is revoked
    deleted,      ///< a key whose row SQL deletes
    born,         ///< a key that SQL makes
    switched,     ///< a key that is disabled and enabled
    element,      ///< a key in an organization's array
    device,       ///< a device of the older service's table
    organization, ///< a key whose organization is disabled
    token,        ///< a token of a key that is revoked
};

struct subject {
    std::string name; ///< the key itself, or the device's id; for a token, its key's name
    kind what;
    std::string initial; ///< code
    std::string changed; ///< code
    /// True if it changes back and forth; otherwise it changes once.
    bool reverts = false;
    /// True if operators revoke or disable it by admin commands, which can wait until all nodes
    /// obey; otherwise SQL does.
    bool by_command = false;
};

/// All of them, in a fixed order.
const std::vector<subject>& subjects();
std::map<std::string, std::string> initial_codes();
/// Null if there is none of that name.
const subject* find_subject(const std::string& name);

/// Returns SQL that makes them in a migrated database.
std::string creation();
/// Returns SQL that changes the subject's code to `code`, one of its two. What makes it good
/// switches it off before: so it does in a database that has lost what made it bad, too, and
/// whatever was written back there ends.
std::string change(const subject&, const std::string& code);
/// Returns the bytes of the admin command that makes it bad. `fields`: further lines of the header.
/// `mark`, a name, makes sure that the command changes something.
std::string ending_command(const subject&, bool waits, const std::string& mark,
                           const std::string& fields);
/// Returns the bytes of the question. `tokens` are by the names of their subjects.
std::string question(const subject&, const std::map<std::string, std::string>& tokens);

} // namespace latchkey::history
