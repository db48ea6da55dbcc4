#pragma once
// Many look-ups in one query. Answers are matched by the returned hash, never by order.

#include <latchkey/auth/store.hpp>
#include <latchkey/pg/query.hpp>

#include <string>
#include <vector>

namespace latchkey::pg {

class pool;

class api_key_batch final : public query {
  public:
    explicit api_key_batch(pool& p) : pool_(p) {}

    void add(auth::api_key_lookup& lookup) { lookups_.push_back(&lookup); }
    std::size_t size() const noexcept { return lookups_.size(); }
    /// Encodes the parameter. Nothing is added afterwards.
    void seal();

    void succeeded(const pg_result&) override;
    void failed(const query_failure&) override;

  private:
    void end();

    pool& pool_;
    std::vector<auth::api_key_lookup*> lookups_;
    std::string keys_;
};

} // namespace latchkey::pg
