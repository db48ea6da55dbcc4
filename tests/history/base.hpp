#pragma once
// What all runs begin with, made once: the files of a migrated cluster with the subjects in it, and
// those of empty ones whose transaction ids are lower and higher.

#include <string>

namespace latchkey::history {

/// Makes them in the folder, which is there and may be entered by everybody.
void make_base(const std::string& folder);

struct base {
    std::string folder;
    std::string primary() const { return folder + "/primary/data"; }
    std::string empty() const { return folder + "/empty/data"; }
    std::string raised() const { return folder + "/raised/data"; }
    /// The key that the signing keys are sealed with.
    std::string sealing_key() const { return folder + "/sealing-key"; }
};

/// The configuration that lets a node issue tokens.
std::string tokens_of(const base&);

} // namespace latchkey::history
