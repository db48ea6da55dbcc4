#pragma once
// What may have been true of one subject at a time: by what was written, by what the database lost
// of it, and by what the nodes remembered and wrote back.
//
// A revocation that the database has lost may hold nevertheless, because some node had applied it:
// then the credential is refused by that. If all nodes had applied it and one of them lived on, it
// holds for certain, until something restores, disables or revokes it in the database that goes on,
// or an operator accepts that database as it is.

#include "history.hpp"

#include <set>
#include <string>
#include <vector>

namespace latchkey::history {

/// True of what revokes, disables or deletes.
bool refuses(const write&);
/// The code of a subject that is refused by a lost write alone.
std::string held_as(const std::string& code);
/// Whether a node that had applied this lost write lived on until the database had it again.
bool is_remembered(const write&, const history&, moment recovery);

class truth_of_one {
  public:
    /// `all` and the writes must outlive it. `recovery` is that of the rules.
    truth_of_one(std::string initial, const history& all, moment recovery);
    /// In the order of their begin.
    void add(const write&);

    /// The codes that may have been true at some time in the span, both ends included.
    std::set<std::string> possible(span) const;
    /// The time that an answer to a question at `begin` must not be older than.
    moment oldest(moment begin, moment bound) const;

  private:
    std::set<std::string> possible_at(moment) const;
    std::vector<moment> turning_points() const;
    bool may_hold(const write&, moment) const;
    bool holds_for_certain(const write&, moment) const;
    bool may_be_restored(const write&, moment) const;
    moment replaced_at(const write&) const;

    std::string initial_;
    const history& all_;
    moment recovery_;
    std::vector<const write*> writes_;
};

} // namespace latchkey::history
