#pragma once
// The items of a batch that wait. Each kind of credential has its own question. Questions come from
// the worker's object pools and are lent to one batch at a time. Worker's thread.

#include "api/batch/batch_item.hpp"

#include <latchkey/api/rate_gate.hpp>
#include <latchkey/auth/api_key/judge.hpp>
#include <latchkey/auth/api_key/verify_api_key.hpp>
#include <latchkey/auth/device/verify_device.hpp>
#include <latchkey/auth/issuer/issuer.hpp>
#include <latchkey/auth/token/check_memo.hpp>
#include <latchkey/auth/token/judge_token.hpp>
#include <latchkey/core/clock.hpp>
#include <latchkey/crypto/secret.hpp>

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace latchkey::api {

class public_api;

struct batch_counts {
    std::size_t valid = 0;
    std::size_t invalid = 0;
    std::size_t undecided = 0;
};

/// Which item of a batch a question is.
struct asked_item {
    std::size_t number = 0;  ///< from 1
    std::string_view kind{}; ///< one of item_types; empty: the item is malformed
};

/// What the log tells of an item that is not good, as far as it is known. The texts belong to
/// somebody else.
struct item_facts {
    std::string_view credential{};
    std::string_view organization{};
    std::optional<auth::answer_source> how{};
    std::string_view reason{}; ///< why it is malformed, or cannot be decided
};

inline item_facts facts_of(const auth::refused_token& token) {
    return {token.subject, token.organization, token.how};
}

/// Whether a limit refuses an item.
struct item_refusal {
    item_standing how = item_standing::admitted;

    explicit operator bool() const noexcept { return how != item_standing::admitted; }
    bool leaves_open() const noexcept { return how == item_standing::undecided; }
};

/// The batch, as its questions see it.
class batch_owner {
  public:
    /// Called when a look-up that a question asked for is decided.
    virtual void item_decided() noexcept = 0;
    /// Called when a question that is not a look-up is decided.
    virtual void keys_asked() noexcept = 0;
    /// Asks the organization's limit whether it admits one more valid credential. Takes its cost.
    virtual item_refusal unless_admitted(std::string_view organization, const item_turn&) = 0;

    // --- of the item that is read or written now ---
    core::charged_limits charged;
    std::optional<auth::lease_wanted> wanted; ///< a lease that it needs
    item_turn turn_at(core::boot_time now) { return {charged, now, wanted}; }

    /// The only organization whose credentials its asker may know of. Set while it is asked.
    std::optional<std::string_view> only;
    std::size_t passwords_left = 0; ///< scrypt computations that it may still cause
    bool holds_token = false;       ///< its answer has a token in it
    auth::check_memo checks;        ///< of its tokens so far

  protected:
    ~batch_owner() = default;
};

/// One item that waits.
class batch_question {
  public:
    /// Begins to wait. Returns true if `item_decided` or `keys_asked` will be called on this
    /// worker, never from within `ask`. False: `conclude` may be called now.
    virtual bool ask() = 0;
    /// Returns true if the database is asked. Then `item_decided` is called, else `keys_asked`.
    virtual bool is_look_up() const noexcept { return true; }
    /// Call it once the question is decided. Returns nullopt if it cannot be decided (UNAVAILABLE).
    virtual std::optional<auth::verdict> conclude(const core::moment& now) = 0;
    /// Appends the whole result if the verdict is VALID.
    virtual void append_answer(std::string& out) const = 0;
    /// Returns the API key's own limit, as last concluded; null if it has none.
    virtual const auth::key_limit* limit() const noexcept { return nullptr; }
    /// About what is left of its account; nullopt if it has none.
    virtual std::optional<std::uint64_t> credits() const noexcept { return std::nullopt; }
    /// For the log, once the verdict is known and not VALID. Valid until give_back().
    virtual item_facts facts() const = 0;
    /// Forgets everything and returns itself to its pool.
    virtual void give_back() noexcept = 0;

    // --- for the batch ---
    batch_question* next = nullptr;
    std::size_t behind = 0; ///< offset of the results that follow it
    asked_item place;
    bool was_looked_up = false;

  protected:
    ~batch_question() = default;
};

/// Copies of texts, for when the item can no longer be read.
class kept_texts {
  public:
    std::span<const std::string_view> keep(std::span<const std::string_view> texts);

  private:
    std::string bytes_;
    std::vector<std::string_view> views_;
};

/// An API key.
class batch_key final : public batch_question, public auth::api_key_inquiry {
  public:
    explicit batch_key(public_api& api) : api_(api) {}

    /// Prepares it to wait. Its `key` and its place (api_key_verifier::place) must be set.
    void prepare(batch_owner&, const auth::api_key_request&);

    bool ask() override;
    std::optional<auth::verdict> conclude(const core::moment& now) override;
    void append_answer(std::string& out) const override { record->append_answer(out); }
    const auth::key_limit* limit() const noexcept override { return limit_ ? &*limit_ : nullptr; }
    std::optional<std::uint64_t> credits() const noexcept override { return credits_; }
    item_facts facts() const override;
    void give_back() noexcept override;

  private:
    void decided() noexcept override { owner_->item_decided(); }

    public_api& api_;
    batch_owner* owner_ = nullptr;
    kept_texts scopes_;
    auth::api_key_request request_;
    std::optional<auth::key_limit> limit_;
    std::optional<std::uint64_t> credits_;
};

/// A token whose issuer's keys must be fetched first.
class batch_token final : public batch_question, public auth::jwks_inquiry {
  public:
    explicit batch_token(public_api& api) : api_(api) {}

    /// Prepares it to wait, since `asked_at`, for the keys of that issuer.
    void prepare(batch_owner&, const batch_item&, const auth::cache_terms&, std::string issuer_name,
                 const core::moment& asked_at);

    bool ask() override;
    bool is_look_up() const noexcept override { return false; }
    std::optional<auth::verdict> conclude(const core::moment& now) override;
    void append_answer(std::string& out) const override { out += result_; }
    item_facts facts() const override;
    void give_back() noexcept override;

  private:
    void decided() noexcept override { owner_->keys_asked(); }

    public_api& api_;
    batch_owner* owner_ = nullptr;
    auth::cache_terms terms_;
    core::moment asked_at_;
    std::string text_;
    std::string audience_;
    std::string certificate_;
    kept_texts scopes_;
    auth::token_request request_;
    std::string result_; ///< set if the verdict is VALID
    auth::refused_token whose_;
    const char* reason_ = ""; ///< why it cannot be decided
};

/// A device.
class batch_device final : public batch_question, private auth::device_verification {
  public:
    explicit batch_device(public_api&);

    /// Returns false if it need not wait and `conclude` can decide now.
    bool begin(batch_owner&, const batch_item&, const auth::cache_terms&);

    bool ask() override;
    std::optional<auth::verdict> conclude(const core::moment& now) override;
    void append_answer(std::string& out) const override { out += result_; }
    item_facts facts() const override;
    void give_back() noexcept override;

  private:
    void woken() noexcept override;
    bool waits_for_lease();
    item_turn turn_at(core::boot_time now) { return {charged_, now, wanted_}; }
    bool ask_for_more(const core::moment& now);
    bool decide(const core::moment& now);
    void write(const auth::device_record&, const core::moment& now);

    // The lease that its decision waits for.
    struct lease final : core::lease_inquiry {
        explicit lease(batch_device& d) : owner(d) {}
        void decided() noexcept override;
        batch_device& owner;
    };

    public_api& api_;
    lease lease_{*this};
    batch_owner* owner_ = nullptr;
    kept_texts scopes_;
    auth::device_request request_;
    crypto::secret secret_;
    bool names_scopes_ = false;
    bool issue_token_ = false;
    auth::device_decision<item_refusal> decision_;
    std::optional<auth::lease_wanted> wanted_; ///< by the last decision
    core::charged_limits charged_;             ///< while it waits beside others
    bool is_cached_ = false;                   ///< the cache decided
    std::string cached_id_; ///< of the device that the cache knows, if it is not good
    std::string cached_organization_;
    std::string result_; ///< set if the verdict is VALID
};

} // namespace latchkey::api
