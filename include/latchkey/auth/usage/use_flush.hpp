#pragma once
// Writes the uses that the workers have counted to the store, in the background. In each interval,
// the workers' tables are swapped for empty ones by mail, merged, and written in batches. Uses that
// could not be written wait for the next time; a row that the store will never accept is found by
// halving, and dropped.

#include <latchkey/auth/configuration.hpp>
#include <latchkey/auth/usage/use_counts.hpp>
#include <latchkey/auth/usage/use_store.hpp>
#include <latchkey/core/log.hpp>
#include <latchkey/core/mailbox.hpp>
#include <latchkey/core/metrics.hpp>

#include <cstddef>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

namespace latchkey::auth {

/// Lives on the control thread, which owns `box`.
class use_flush {
  public:
    static constexpr std::size_t rows_per_write = 5000;

    use_flush(const use_configuration&, use_store&, core::mailbox& box, core::logger&);
    ~use_flush();
    use_flush(const use_flush&) = delete;
    use_flush& operator=(const use_flush&) = delete;

    /// Must be called for every worker before the first tick. `counts` and `worker_box` belong to
    /// one worker.
    void watch(use_counts& counts, core::mailbox& worker_box);

    /// Applies from now on. What was counted before counting was disabled is still written: the
    /// workers' tables are collected all the same.
    void configure(const use_configuration&);
    /// Called now and then.
    void tick(core::steady_time now);
    /// Call repeatedly at the end, until it returns true: then all is written, or cannot be.
    bool finish();
    /// Number of credentials whose uses have left their worker and are not in the store yet.
    std::size_t unwritten() const noexcept { return unwritten_.size() + under_way_; }

    void collect(core::metric_sink&) const;

  private:
    class collector;
    enum class stage { resting, collecting, writing };

    void begin();
    void collected(collector&);
    void merge(credential_use&&);
    core::detached write();
    bool take_back(std::vector<credential_use>, const core::failure&);

    use_configuration settings_;
    use_store& store_;
    core::mailbox& box_;
    core::logger& log_;
    std::vector<std::unique_ptr<collector>> collectors_;
    std::unordered_map<std::string, credential_use> unwritten_; ///< by kind and id
    std::size_t under_way_ = 0;            ///< credentials whose uses are being written
    std::size_t portion_ = rows_per_write; ///< how many are written at once
    stage stage_ = stage::resting;
    std::size_t away_ = 0; ///< number of collectors on their way
    core::steady_time due_{};
    bool failing_ = false;
    bool finishing_ = false;
    core::counter written_;
    core::counter failures_;
    core::counter lost_;
    core::counter refused_;
};

} // namespace latchkey::auth
