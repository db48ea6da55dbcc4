#pragma once
// Many look-ups of one kind in one query. Answers are matched by the returned hash, never by order.

#include "pg/connection/query.hpp"

#include <latchkey/auth/store.hpp>
#include <latchkey/core/flow/circuit_breaker.hpp>

#include <string>
#include <vector>

namespace latchkey::pg {

class lookup_queue;
class row_reader;

class lookup_batch final : public query {
  public:
    lookup_batch(lookup_queue& queue, row_reader& reader) : queue_(queue), reader_(reader) {}

    void add(auth::any_lookup& lookup) { lookups_.push_back(&lookup); }
    std::size_t size() const noexcept { return lookups_.size(); }
    /// The number of look-ups that it had, once it has ended.
    std::size_t ended_size() const noexcept { return ended_size_; }
    core::circuit_breaker::permit permit = 0; ///< shared by all its look-ups
    /// Encodes the parameter. No look-up may be added afterwards.
    void seal();

    void succeeded(const pg_result&) override;
    void failed(const query_failure&) override;

  private:
    bool read(const pg_result&);
    void ask_again_in_halves();
    void ask_again();
    void end(bool answered);

    lookup_queue& queue_;
    row_reader& reader_;
    std::vector<auth::any_lookup*> lookups_;
    std::string keys_;
    std::size_t ended_size_ = 0;
};

} // namespace latchkey::pg
