#pragma once
// The starting point of all runs, made once: the files of a migrated cluster with the subjects in
// it, and those of empty clusters whose transaction ids are lower and higher.

#include <string>

namespace latchkey::history {

/// Makes them in `folder`, which must exist and be accessible to every user.
void make_base(const std::string& folder);

struct base {
    std::string folder;
    std::string primary() const { return folder + "/primary/data"; }
    std::string empty() const { return folder + "/empty/data"; }
    std::string raised() const { return folder + "/raised/data"; }
    /// The file with the key-encryption key that seals the signing keys.
    std::string sealing_key() const { return folder + "/sealing-key"; }
};

/// The configuration that lets a node issue tokens.
std::string tokens_of(const base&);

} // namespace latchkey::history
