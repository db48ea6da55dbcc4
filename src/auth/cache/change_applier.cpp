#include <latchkey/auth/cache/change_applier.hpp>

#include <latchkey/auth/issuer/issuer.hpp>

#include <algorithm>
#include <atomic>
#include <memory>
#include <utility>

namespace latchkey::auth {

// One call of apply, until all parts are done. Returns to the applier's thread as mail.
struct change_applier::application final : core::mail {
    std::atomic<std::size_t> parts{0};
    std::function<void()> applied;

    void arrived() noexcept override {
        const std::unique_ptr<application> self(this);
        applied();
    }
};

// The part of one owner core. Each time it arrives, it does one slice and sends itself again.
struct change_applier::part final : core::mail {
    struct key {
        core::fingerprint value;
        std::uint64_t hash;
        bool device;
    };
    change_target* owner = nullptr;
    std::vector<key> keys;
    std::size_t done = 0;
    bool empty_all = false;
    application* whole = nullptr;
    core::mailbox* answer_box = nullptr;

    void arrived() noexcept override {
        const auto end = std::min(keys.size(), done + slice);
        for (; done < end; ++done)
            if (keys[done].device)
                owner->device_changed(keys[done].value, keys[done].hash);
            else
                owner->api_key_changed(keys[done].value, keys[done].hash);
        if (done < keys.size()) return owner->box().send(*this);
        // Erasing only frees memory: the stamp has already made the entries invalid.
        if (auto* w = std::exchange(whole, nullptr))
            if (w->parts.fetch_sub(1) == 1) answer_box->send(*w);
        if (empty_all && owner->erase_some(slice)) return owner->box().send(*this);
        delete this;
    }
};

void change_applier::apply(const change_set& changes, std::function<void()> applied) {
    if (changes.everything) known_.everything_changed();
    for (const auto& id : changes.organizations)
        known_.organization_changed(id);
    if (changes.forget_revocations) revocations_.forget();
    if (changes.organization_ids) {
        revocations_.set_organization_ids(*changes.organization_ids);
        if (issuers_) issuers_->set_organization_ids(*changes.organization_ids);
    }
    for (const auto& change : changes.revocations)
        revocations_.apply(change);
    if (changes.signing_keys && signing_keys_)
        signing_keys_->signing_keys_changed(*changes.signing_keys);

    std::vector<std::unique_ptr<part>> parts(owner_cores_.size());
    for (auto& p : parts)
        p = std::make_unique<part>();
    const auto divide = [&](const std::vector<core::fingerprint>& keys, bool device) {
        for (const auto& key : keys) {
            const auto hash = where_.hash(key);
            parts[where_.owner(hash)]->keys.push_back({key, hash, device});
        }
    };
    divide(changes.api_keys, false);
    divide(changes.devices, true);
    auto whole = std::make_unique<application>();
    whole->applied = std::move(applied);
    whole->parts = parts.size();
    auto* shared = whole.release();
    for (std::size_t i = 0; i < parts.size(); ++i) {
        auto& p = *parts[i].release();
        p.owner = owner_cores_[i];
        p.empty_all = changes.everything;
        p.whole = shared;
        p.answer_box = &own_box_;
        owner_cores_[i]->box().send(p);
    }
}

} // namespace latchkey::auth
