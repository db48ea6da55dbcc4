#pragma once
// From a worker to the home core of a key, whatever its kind.

#include <latchkey/auth/cache/beliefs.hpp>

#include <memory>

namespace latchkey::auth {

/// Has the question answered: its key, hash and terms are set. Afterwards `decided` is called, on
/// this worker.
template <class Record>
void ask_home(const beliefs& all, std::size_t worker, question<Record>& q) {
    const auto home = all.where.home(q.hash);
    auto& there = *all.homes[home];
    q.answer_box = &all.homes[worker]->box();
    if (home == worker) return there.template of<Record>().ask(q);
    q.home = &there.template of<Record>();
    there.box().send(q);
}

/// On its way to the key's home core.
template <class Record>
class refresh_request final : public core::mail {
  public:
    refresh_request(const question<Record>& q, credential_home<Record>& there)
        : key_(q.key), hash_(q.hash), home_(there) {}
    void arrived() noexcept override {
        const std::unique_ptr<refresh_request> self(this);
        home_.refresh(key_, hash_);
    }

  private:
    const core::fingerprint key_;
    const std::uint64_t hash_;
    credential_home<Record>& home_;
};

/// Has the entry that the question found asked for again, in the background.
template <class Record>
void refresh_at_home(const beliefs& all, const question<Record>& q) {
    auto& there = *all.homes[all.where.home(q.hash)];
    auto request = std::make_unique<refresh_request<Record>>(q, there.template of<Record>());
    there.box().send(*request.release());
}

} // namespace latchkey::auth
