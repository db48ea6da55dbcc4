#pragma once
// What other threads see of one worker's pool.

#include <latchkey/pg/lookup/pool.hpp>

#include <array>
#include <cstddef>
#include <mutex>
#include <string>

namespace latchkey::pg {

class pool_status {
  public:
    // --- any thread ---
    /// No connection at all tells most; then what is refused, then a changed address.
    database_status latest() const;

    // --- the pool's thread ---
    void up();
    void down(database_problem what, const std::string& why);
    /// Why a changed database.uri does not work, while connections of before do; empty: it works.
    void set_address_problem(const std::string& why);
    /// Why the server refuses look-ups of this kind, though the connection is good.
    void refuses(std::size_t kind, database_problem what, std::string why);
    void answers(std::size_t kind);
    bool is_refused(std::size_t kind) const { return !refusals_[kind].why.empty(); }
    bool is_anything_refused() const { return is_refused(0) || is_refused(1); }

  private:
    struct reason {
        database_problem what = database_problem::none;
        std::string why;
    };
    mutable std::mutex mutex_; ///< for others' reading and the pool's writing
    bool contacted_ = false;
    bool reachable_ = false;
    reason down_{database_problem::unusable, "the database has not been reached yet"};
    std::array<reason, 2> refusals_;
    reason address_;
};

} // namespace latchkey::pg
