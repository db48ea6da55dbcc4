#pragma once
// How often credentials were found VALID since the table was last taken. Plain data: counting costs
// one look-up by the fingerprint that the cache uses, and the id is copied only once.

#include <latchkey/auth/credential_kind.hpp>
#include <latchkey/auth/usage/use_store.hpp>
#include <latchkey/core/cache/fingerprint.hpp>
#include <latchkey/core/clock.hpp>

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace latchkey::auth {

/// On one thread at a time.
class use_table {
  public:
    explicit use_table(std::size_t credentials_max);

    /// Calls `id()` if the credential is new here. `by_previous`: it was used by the secret from
    /// before its last rotation. Returns false if there is no room for it.
    template <class Id>
    bool add(credential_kind kind, const core::fingerprint& key, std::uint64_t hash,
             core::real_time now, Id&& id, bool by_previous = false, std::uint64_t cost = 1) {
        const auto place = find(kind, by_previous, key, hash);
        if (slots_[place] == 0)
            return insert(place, {key, hash, kind, by_previous, 1, cost, now, std::string(id())});
        auto& found = uses_[slots_[place] - 1];
        ++found.count;
        found.cost += cost;
        found.last = now;
        return true;
    }

    /// Sets how many credentials it accepts from now on; those that it has stay.
    void bound(std::size_t credentials_max) noexcept { credentials_max_ = credentials_max; }

    bool empty() const noexcept { return uses_.empty(); }
    std::size_t size() const noexcept { return uses_.size(); }

    /// Calls `take(credential_use&&)` for each, and empties the table. A use by a previous secret
    /// is a use of the credential, and is told once more by itself.
    template <class Take>
    void drain(Take&& take) {
        for (auto& u : uses_) {
            const std::string kind(name_of(u.kind));
            if (u.by_previous)
                take(credential_use{std::string(previous_use) + kind, u.id, u.count, u.last,
                                    u.cost});
            take(credential_use{kind, std::move(u.id), u.count, u.last, u.cost});
        }
        clear();
    }
    /// Swaps the counts; each table keeps its bound.
    void swap(use_table& other) noexcept;

  private:
    struct use {
        core::fingerprint key;
        std::uint64_t hash;
        credential_kind kind;
        bool by_previous;
        std::uint64_t count;
        std::uint64_t cost;
        core::real_time last;
        std::string id;
    };

    /// The credential's slot, or the free one where it belongs.
    std::size_t find(credential_kind kind, bool by_previous, const core::fingerprint& key,
                     std::uint64_t hash) const noexcept {
        for (auto place = hash & mask_;; place = (place + 1) & mask_) {
            if (slots_[place] == 0) return place;
            const auto& u = uses_[slots_[place] - 1];
            if (u.hash == hash && u.kind == kind && u.by_previous == by_previous &&
                core::is_same(u.key, key))
                return place;
        }
    }
    bool insert(std::size_t place, use);
    void grow();
    void clear();

    std::size_t credentials_max_;
    std::size_t mask_;
    std::vector<std::uint32_t> slots_; ///< linear probing; each holds an index of `uses_` plus one
    std::vector<use> uses_;
};

} // namespace latchkey::auth
