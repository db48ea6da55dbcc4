#pragma once
// The look-ups of one kind: those that wait for a connection, oldest first, and those in batches
// that are under way.

#include "pg/lookup/lookup_batch.hpp"
#include "pg/lookup/lookup_gate.hpp"
#include "pg/lookup/pool_status.hpp"
#include "pg/lookup/row_reader.hpp"

#include <latchkey/pg/metrics.hpp>

#include <cstddef>
#include <deque>
#include <memory>
#include <vector>

namespace latchkey::pg {

/// Lives on its pool's thread, and outlives the connections.
class lookup_queue {
  public:
    /// `status` is told whether the server refuses this `kind` of look-ups.
    lookup_queue(std::unique_ptr<row_reader> reader, metrics& cells, lookup_gate& gate,
                 pool_status& status, std::size_t kind)
        : reader_(std::move(reader)), metrics_(cells), gate_(gate), status_(status), kind_(kind) {}

    void push(auth::any_lookup&) noexcept;
    /// Puts the group before all others, to be sent in one query without them: part of their last
    /// batch made it fail.
    void push_apart(std::vector<auth::any_lookup*> group);
    std::size_t waiting() const noexcept { return waiting_ + waiting_apart_; }
    /// The next look-up to be sent; null if none waits.
    const auth::any_lookup* front() const noexcept {
        return apart_.empty() ? first_ : apart_.front().front();
    }
    auth::any_lookup& pop() noexcept;

    /// Takes the next look-ups, `size_max` at most, into one query, which must be sent.
    query& begin_batch(std::size_t size_max);
    /// Returns a query that asks for no credential and only tests the database. It must be sent.
    query& begin_probe(core::circuit_breaker::permit);
    std::size_t under_way() const noexcept { return batches_.size() - free_batches_.size(); }

    // --- for lookup_batch ---
    /// The batch's look-ups have their outcome; the batch may be used again.
    void batch_ended(lookup_batch&, bool answered);
    /// The server has rows for such look-ups.
    void is_answered() { status_.answers(kind_); }
    /// It refuses all of them: a right, or a table, is missing.
    void is_refused(const query_failure&);

  private:
    std::unique_ptr<row_reader> reader_;
    lookup_batch& free_batch();

    metrics& metrics_;
    lookup_gate& gate_;
    pool_status& status_;
    const std::size_t kind_;
    auth::any_lookup* first_ = nullptr;
    auth::any_lookup* last_ = nullptr;
    std::size_t waiting_ = 0;
    std::deque<std::vector<auth::any_lookup*>> apart_; ///< none of them empty
    std::size_t waiting_apart_ = 0;
    std::vector<std::unique_ptr<lookup_batch>> batches_;
    std::vector<lookup_batch*> free_batches_;
};

} // namespace latchkey::pg
