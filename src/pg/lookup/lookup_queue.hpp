#pragma once
// The look-ups of one kind: those that wait for a connection, oldest first, and the batches that
// are under way with the others.

#include "pg/connection/row_reader.hpp"
#include "pg/lookup/lookup_batch.hpp"
#include "pg/lookup/lookup_gate.hpp"

#include <latchkey/pg/metrics.hpp>

#include <cstddef>
#include <deque>
#include <memory>
#include <vector>

namespace latchkey::pg {

/// Lives on its pool's thread, and longer than the connections.
class lookup_queue {
  public:
    lookup_queue(std::unique_ptr<row_reader> reader, metrics& cells, lookup_gate& gate)
        : reader_(std::move(reader)), metrics_(cells), gate_(gate) {}

    void push(auth::any_lookup&) noexcept;
    /// Before all others, and in one query without them: something of a batch made that fail.
    void push_apart(std::vector<auth::any_lookup*> group);
    std::size_t waiting() const noexcept { return waiting_ + waiting_apart_; }
    /// The oldest; null when none waits.
    const auth::any_lookup* front() const noexcept {
        return apart_.empty() ? first_ : apart_.front().front();
    }
    auth::any_lookup& pop() noexcept;

    /// The oldest ones, `size_max` at most, as one query. It has to be sent.
    query& begin_batch(std::size_t size_max);
    /// A query that asks for nothing: does the database answer? It has to be sent.
    query& begin_probe(core::circuit_breaker::permit);
    std::size_t under_way() const noexcept { return batches_.size() - free_batches_.size(); }

    // --- for lookup_batch ---
    /// Its look-ups have their outcome; the batch may be used again.
    void batch_ended(lookup_batch&, bool answered);

  private:
    std::unique_ptr<row_reader> reader_;
    lookup_batch& free_batch();

    metrics& metrics_;
    lookup_gate& gate_;
    auth::any_lookup* first_ = nullptr;
    auth::any_lookup* last_ = nullptr;
    std::size_t waiting_ = 0;
    std::deque<std::vector<auth::any_lookup*>> apart_; ///< none of them empty
    std::size_t waiting_apart_ = 0;
    std::vector<std::unique_ptr<lookup_batch>> batches_;
    std::vector<lookup_batch*> free_batches_;
};

} // namespace latchkey::pg
