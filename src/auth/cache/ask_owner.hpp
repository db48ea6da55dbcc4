#pragma once
// Sends questions and refreshes from a worker to the owner core of a credential of any kind.

#include <latchkey/auth/cache/node_state.hpp>

#include <memory>

namespace latchkey::auth {

/// Has the question answered; its key, hash and terms must be set. `decided` is called later, on
/// this worker.
template <class Record>
void ask_owner(const node_state& all, std::size_t worker, question<Record>& q) {
    const auto owner = all.where.owner(q.hash);
    auto& there = *all.owner_cores[owner];
    q.answer_box = &all.owner_cores[worker]->box();
    if (owner == worker) return there.template of<Record>().ask(q);
    q.owner = &there.template of<Record>();
    there.box().send(q);
}

/// The same for a thread that is no worker: the answer comes to its mailbox.
template <class Record>
void ask_owner(const node_state& all, core::mailbox& answer_box, question<Record>& q) {
    auto& there = *all.owner_cores[all.where.owner(q.hash)];
    q.answer_box = &answer_box;
    q.owner = &there.template of<Record>();
    there.box().send(q);
}

/// A request to refresh an entry, on its way to the owner core.
template <class Record>
class refresh_request final : public core::mail {
  public:
    refresh_request(const question<Record>& q, credential_owner<Record>& there)
        : key_(q.key), hash_(q.hash), owner_(there) {}
    void arrived() noexcept override {
        const std::unique_ptr<refresh_request> self(this);
        owner_.refresh(key_, hash_);
    }

  private:
    const core::fingerprint key_;
    const std::uint64_t hash_;
    credential_owner<Record>& owner_;
};

/// Has the entry that the question found looked up again, in the background.
template <class Record>
void refresh_at_owner(const node_state& all, const question<Record>& q) {
    auto& there = *all.owner_cores[all.where.owner(q.hash)];
    auto request = std::make_unique<refresh_request<Record>>(q, there.template of<Record>());
    there.box().send(*request.release());
}

} // namespace latchkey::auth
