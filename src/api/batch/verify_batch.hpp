#pragma once

#include "api/batch/batch_item.hpp"
#include "api/batch/batch_question.hpp"
#include "api/batch/batch_scanner.hpp"

#include <latchkey/auth/cache/clock_reading.hpp>
#include <latchkey/auth/cache/question.hpp>
#include <latchkey/core/fair_queue.hpp>
#include <latchkey/core/time_slice.hpp>
#include <latchkey/http/exchange.hpp>

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
class batch final : public http::pending, public core::queued_work, private batch_owner {
  public:
    explicit batch(public_api&);

    void begin(http::exchange&);

  private:
    enum class phase { idle, counting, reading, checking, asking, writing, over };

    void go_on() override { asker_->resume(); }
    void finish(http::exchange&) override;
    void item_decided() noexcept override;
    void keys_asked() noexcept override;
    bool admits(std::string_view organization) override;

    void step(http::exchange&, core::time_slice&);
    void count(http::exchange&, core::time_slice&);
    void read(core::time_slice&);
    void read_item(std::string_view, core::time_slice&);
    void read_key();
    void read_token();
    void read_device();
    void check(http::exchange&, core::time_slice&);
    void ask();
    void write();
    void answer(http::exchange&);
    void refuse(http::exchange&, const http::refusal&);
    void keep_waiting(batch_question&);
    void put(auth::verdict, const auth::key_limit* = nullptr);
    void put(batch_question&);
    void put_valid(std::string_view answer, const auth::key_limit* = nullptr);
    void put_undecided();
    bool may_wait_for_keys() noexcept;
    void done() noexcept;

    /// Where results are written now: after the first item that waits, if there is one.
    std::string& out() noexcept { return first_ ? behind_ : text_; }

    public_api& api_;
    http::exchange* asker_ = nullptr;
    phase phase_ = phase::idle;
    auth::cache_terms terms_;
    auth::clock_reading at_;
    batch_scanner scanner_;
    batch_item item_;
    std::vector<std::string_view> items_; ///< as they stand in the body
    std::size_t read_ = 0;                ///< items already read
    bool is_charged_ = false;             ///< the client pays for the items
    bool waits_for_keys_ = false;         ///< counted in batches_waiting_for_keys
    bool keys_asked_for_ = false;         ///< an issuer's keys are being fetched for later batches
    batch_counts counts_;

    // --- the answer: results, each followed by a comma ---
    std::string text_;                  ///< up to the first item that waits
    std::string behind_;                ///< what follows it
    batch_question* first_ = nullptr;   ///< first of the items that wait, in order
    batch_question* last_ = nullptr;    ///< last of the items that wait
    batch_question* unasked_ = nullptr; ///< first of those that were not asked about yet
    std::size_t undecided_ = 0;         ///< asked about, and not decided yet
};

} // namespace latchkey::api
