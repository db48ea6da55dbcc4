#pragma once
// The items of a batch that wait. Each kind of credential has its own question; they are lent by
// the worker to the batch that they belong to.

#include <latchkey/auth/judge.hpp>
#include <latchkey/auth/verify_api_key.hpp>
#include <latchkey/core/clock.hpp>

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace latchkey::http {

class public_api;

struct batch_counts {
    std::size_t valid = 0;
    std::size_t invalid = 0;
    std::size_t undecided = 0;
};

class batch_owner {
  public:
    /// One of the questions that were asked is decided.
    virtual void item_decided() noexcept = 0;

  protected:
    ~batch_owner() = default;
};

class batch_question {
  public:
    /// `item_decided` will be called on this worker, never from within `ask`.
    virtual void ask() = 0;
    /// Once it is decided. Nothing: it cannot be (UNAVAILABLE).
    virtual std::optional<auth::verdict> conclude(const core::moment& now) = 0;
    /// The whole result, when the verdict is VALID.
    virtual std::string_view answer() const = 0;
    /// Keeps nothing, and may be lent again.
    virtual void give_back() noexcept = 0;

    // --- for the batch ---
    batch_question* next = nullptr;
    std::size_t behind = 0; ///< where the results that follow it begin

  protected:
    ~batch_question() = default;
};

/// Copies of texts: the item is read no more when they are needed.
class kept_texts {
  public:
    std::span<const std::string_view> keep(std::span<const std::string_view> texts);

  private:
    std::string bytes_;
    std::vector<std::string_view> views_;
};

/// Of an API key.
class batch_key final : public batch_question, public auth::api_key_inquiry {
  public:
    explicit batch_key(public_api& api) : api_(api) {}

    /// It waits; its key and place are set.
    void prepare(batch_owner&, const auth::api_key_request&);

    void ask() override;
    std::optional<auth::verdict> conclude(const core::moment& now) override;
    std::string_view answer() const override { return record->answer(); }
    void give_back() noexcept override;

  private:
    void decided() noexcept override { owner_->item_decided(); }

    public_api& api_;
    batch_owner* owner_ = nullptr;
    kept_texts scopes_;
    auth::api_key_request request_;
};

} // namespace latchkey::http
