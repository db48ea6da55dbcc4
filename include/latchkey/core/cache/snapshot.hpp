#pragma once
// An immutable value that one thread replaces and any worker reads, without a lock and without a
// reference count: an old value is freed once every reader that could have seen it is done
// (epochs.hpp).
//
//   const epochs::reader::pin pinned(readers.at(worker));
//   use(current.read());                        // valid until the pin ends; must not wait

#include <latchkey/core/cache/epochs.hpp>

#include <atomic>
#include <cstdint>
#include <memory>
#include <utility>
#include <vector>

namespace latchkey::core {

template <class T>
class snapshot {
  public:
    snapshot(std::shared_ptr<T> first, epochs& readers)
        : readers_(readers), owned_(std::move(first)), current_(owned_.get()) {}
    snapshot(const snapshot&) = delete;
    snapshot& operator=(const snapshot&) = delete;

    /// Any thread, while its reader is pinned.
    T& read() const noexcept { return *current_.load(); }

    // --- the writer ---
    void publish(std::shared_ptr<T> next) {
        current_.store(next.get());
        retired_.emplace_back(readers_.advance(), std::exchange(owned_, std::move(next)));
        reclaim();
    }
    const std::shared_ptr<T>& latest() const noexcept { return owned_; }
    /// Frees old values that no reader can see any more. The writer calls it now and then.
    void reclaim() {
        std::erase_if(retired_, [this](const auto& old) { return readers_.passed(old.first); });
    }

  private:
    epochs& readers_;
    std::shared_ptr<T> owned_;
    std::atomic<T*> current_;
    std::vector<std::pair<std::uint64_t, std::shared_ptr<T>>> retired_; ///< with the epoch to pass
};

} // namespace latchkey::core
