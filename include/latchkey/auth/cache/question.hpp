#pragma once
// "Which facts are known about this credential?", asked by one request.

#include <latchkey/auth/store.hpp>
#include <latchkey/core/cache/fingerprint.hpp>
#include <latchkey/core/clock.hpp>
#include <latchkey/core/flow/single_flight.hpp>
#include <latchkey/core/mailbox.hpp>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>

namespace latchkey::auth {

/// How an answer was found; X-Auth-Cache spells it.
enum class answer_source {
    hit,       ///< from the cache
    miss,      ///< by a look-up that this question began
    coalesced, ///< by a look-up that another question had begun
};

constexpr std::string_view name_of(answer_source how) noexcept {
    return how == answer_source::hit ? "hit" : how == answer_source::miss ? "miss" : "coalesced";
}

/// What the caller allows (Cache-Control in the request).
struct cache_terms {
    bool read = true; ///< false for no-cache and no-store: the cache is not read
    bool keep = true; ///< false for no-store: the answer is not cached
};

template <class Record>
class credential_owner;

/// Travels from the worker that asks to the owner core of its credential, and back. The asker owns
/// it and keeps it until `decided`.
template <class Record>
class question : public core::mail, public core::flight_waiter {
  public:
    // --- set by the asker ---
    core::fingerprint key{};
    std::uint64_t hash = 0;
    cache_terms terms;
    /// The only organization of whose credentials the asker may know; the text must live until
    /// `decided`. What belongs to another is as if it did not exist.
    std::optional<std::string_view> organization{};

    // --- the outcome ---
    lookup_status status = lookup_status::unavailable;
    std::shared_ptr<const Record> record; ///< if found
    const char* reason = "";              ///< if unavailable: static text
    core::moment asked_at{};              ///< when the database was asked for the fact
    answer_source source = answer_source::miss;

    bool hides(const Record& found) const noexcept {
        return organization && *organization != found.organization_id();
    }

    /// Called on the asker's worker, never from within `ask`.
    virtual void decided() noexcept = 0;

    void arrived() noexcept final {
        if (auto* h = std::exchange(owner, nullptr)) return h->ask(*this);
        decided();
    }

    // --- for the owner cores ---
    credential_owner<Record>* owner = nullptr; ///< on the way there
    core::mailbox* answer_box = nullptr;       ///< on the way back

  protected:
    ~question() = default;
};

} // namespace latchkey::auth
