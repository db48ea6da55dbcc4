#pragma once
// The bytes that a connection has received and not yet answered, contiguous. Small while the
// connection is idle; grows to hold at most one header and one body.

#include <cstddef>
#include <cstring>
#include <memory>
#include <span>
#include <string_view>

namespace latchkey::http {

/// Lives on its connection's worker. Growing and compacting move the bytes and invalidate all
/// views.
class receive_buffer {
  public:
    static constexpr std::size_t capacity_initial = 4096;

    std::string_view bytes() const noexcept { return {data_.get() + begin_, end_ - begin_}; }
    bool empty() const noexcept { return begin_ == end_; }
    std::size_t capacity() const noexcept { return capacity_; }

    /// Returns the free space to receive into. It may be empty until `reserve()` makes room.
    std::span<char> room() noexcept { return {data_.get() + end_, capacity_ - end_}; }
    void received(std::size_t n) noexcept { end_ += n; }

    /// Drops the first `n` bytes. Moves nothing.
    void consume(std::size_t n) noexcept {
        begin_ += n;
        if (begin_ == end_) begin_ = end_ = 0;
    }

    /// Keeps the first `n` bytes and drops the rest.
    void truncate(std::size_t n) noexcept { end_ = begin_ + n; }

    /// Drops `n` bytes at offset `at`. The bytes after them move there; those before stay.
    void erase(std::size_t at, std::size_t n) noexcept {
        std::memmove(data_.get() + begin_ + at, data_.get() + begin_ + at + n,
                     end_ - begin_ - at - n);
        end_ -= n;
    }

    /// Moves the bytes to the front.
    void compact() noexcept {
        if (begin_ == 0) return;
        std::memmove(data_.get(), data_.get() + begin_, end_ - begin_);
        end_ -= begin_;
        begin_ = 0;
    }

    /// Makes room for `n` bytes in all.
    void reserve(std::size_t n) {
        compact();
        if (n > capacity_) reallocate(n);
    }

    /// Frees the memory that a large request needed. Has an effect only while empty.
    void shrink() {
        if (capacity_ > capacity_initial && empty()) reallocate(capacity_initial);
    }

  private:
    void reallocate(std::size_t capacity) {
        auto data = std::make_unique_for_overwrite<char[]>(capacity);
        std::memcpy(data.get(), data_.get() + begin_, end_ - begin_);
        data_ = std::move(data);
        capacity_ = capacity;
        end_ -= begin_;
        begin_ = 0;
    }

    std::size_t capacity_ = capacity_initial;
    std::unique_ptr<char[]> data_ = std::make_unique_for_overwrite<char[]>(capacity_initial);
    std::size_t begin_ = 0;
    std::size_t end_ = 0;
};

} // namespace latchkey::http
