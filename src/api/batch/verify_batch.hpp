#pragma once

#include "api/batch/batch_item.hpp"
#include "api/batch/batch_question.hpp"
#include "api/batch/batch_scanner.hpp"

#include <latchkey/api/held_answers.hpp>
#include <latchkey/auth/cache/clock_reading.hpp>
#include <latchkey/auth/cache/question.hpp>
#include <latchkey/core/fair_queue.hpp>
#include <latchkey/core/flow/task.hpp>
#include <latchkey/core/time_slice.hpp>
#include <latchkey/http/exchange.hpp>

#include <coroutine>
#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace latchkey::api {

class public_api;

/// POST /api/v1/auth/verify-batch
void verify_batch(http::exchange&, public_api&);

/// One request to verify-batch. Owned by its worker's public_api, lent to one exchange at a time.
///
/// It works through its items in slices and takes turns with the other batches of its worker. First
/// it counts them, then it reads them one after the other. What the caches decide is written at
/// once. The other items are asked about when all have been read, so that their look-ups share
/// queries, and are written when all are decided.
class batch final : public http::pending,
                    public core::queued_work,
                    private batch_owner,
                    private held_answers::held {
  public:
    explicit batch(public_api&);

    void begin(http::exchange&);

  private:
    // The exchange waits while the batch is suspended.
    struct suspension {
        batch* who; // null: goes on
        bool await_ready() const noexcept { return !who; }
        void await_suspend(std::coroutine_handle<>) const noexcept { who->asker_->wait_for(*who); }
        void await_resume() const noexcept {}
    };
    suspension next_step();
    suspension room_for_look_up();
    suspension all_decisions();
    suspension tick_if_unknown();
    suspension lease_for_item();

    void go_on() override { asker_->resume(); }
    void tick_came() noexcept override { asker_->resume(); }
    void finish(http::exchange&) override;
    // It also waits for its turn, which is no span.
    std::string_view awaited() const noexcept override {
        return awaits_decisions_ ? look_up : std::string_view();
    }
    void item_decided() noexcept override;
    void keys_asked() noexcept override;
    item_refusal unless_admitted(std::string_view organization, const item_turn&) override;

    core::task<bool> serve();
    bool find_item();
    bool accept(http::exchange&);
    void read(std::string_view item);
    void check(http::exchange&, std::size_t item);
    void read_key();
    void read_token();
    void read_device();
    void keep_waiting(batch_question&);
    void ask(batch_question&);
    bool write();
    bool goes_without_lease();
    bool admits(counted, std::string_view subject);
    void answer(http::exchange&);
    void put(auth::verdict, const item_facts& = {}, const auth::key_limit* = nullptr);
    /// An INVALID_FORMAT. The log is told why, and so is the asker if it may know.
    void put_malformed(std::string_view why);
    void put(batch_question&, std::string_view why_malformed = {});
    /// `append(out)` appends the answer.
    template <class Append>
    void put_valid(Append append, const auth::key_limit* = nullptr,
                   std::optional<std::uint64_t> credits = std::nullopt);
    void put_undecided(const item_facts&);
    /// For the log.
    void note(std::string_view verdict, const item_facts&, bool is_undecided = false);
    bool may_wait_for_keys() noexcept;
    void done() noexcept;

    /// Where results are written now: after the first item that waits, if there is one.
    std::string& out() noexcept { return first_ ? behind_ : text_; }

    public_api& api_;
    http::exchange* asker_ = nullptr;
    auth::cache_terms terms_;
    auth::clock_reading at_;
    core::time_slice slice_{{}, {}}; ///< the turn that it has now
    batch_scanner scanner_;
    batch_item item_;
    std::vector<std::string_view> items_; ///< as they stand in the body
    asked_item current_;                  ///< that is read, or whose result is written
    bool is_charged_ = false;             ///< the client pays for the items
    bool waits_for_keys_ = false;         ///< counted in batches.waiting_for_keys
    bool keys_asked_for_ = false;         ///< an issuer's keys are being fetched for later batches
    bool awaits_decisions_ = false;       ///< the last decision wakes it
    bool goes_without_ = false;           ///< its present item has waited often enough
    bool found_unknown_ = false;          ///< a look-up for a caller of one organization did
    batch_counts counts_;

    // --- the answer: results, each followed by a comma ---
    std::string text_;                ///< up to the first item that waits
    std::string behind_;              ///< what follows it
    batch_question* first_ = nullptr; ///< first of the items that wait, in order
    batch_question* last_ = nullptr;  ///< last of the items that wait
    std::size_t undecided_ = 0;       ///< asked about, and not decided yet

    // The lease that its present item waits for.
    struct item_lease final : core::lease_inquiry {
        explicit item_lease(batch& b) : owner(b) {}
        void decided() noexcept override;
        batch& owner;
    };
    item_lease lease_{*this};

    core::task<bool> work_;
};

} // namespace latchkey::api
