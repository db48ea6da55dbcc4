#pragma once
// An immutable value that one thread replaces and any worker reads, without a lock and without a
// count of users: an old value goes back once every reader that could have seen it is done
// (quiescence.hpp).
//
//   const quiescence::reader::pin pinned(readers.at(worker));
//   use(current.read());                        // valid until the pin ends; no waiting in between

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

    /// A pinned reader.
    T& read() const noexcept { return *current_.load(); }

    // --- the writer ---
    void publish(std::shared_ptr<T> next) {
        current_.store(next.get());
        retired_.emplace_back(readers_.advance(), std::exchange(owned_, std::move(next)));
        reclaim();
    }
    const std::shared_ptr<T>& latest() const noexcept { return owned_; }
    /// Now and then: values that no reader sees any more go back.
    void reclaim() {
        std::erase_if(retired_, [this](const auto& old) { return readers_.passed(old.first); });
    }

  private:
    epochs& readers_;
    std::shared_ptr<T> owned_;
    std::atomic<T*> current_;
    std::vector<std::pair<std::uint64_t, std::shared_ptr<T>>> retired_; ///< by the epoch to pass
};

} // namespace latchkey::core
