#pragma once
// Writes the gzip format (RFC 1952) with one zlib state that is created once and reused.

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>

namespace latchkey::http {

/// Compresses one text at a time. Allocates about 260 KiB at the first text. Not thread-safe.
class gzip_stream {
  public:
    /// `level`: 1 (fast) to 9 (small).
    explicit gzip_stream(int level);
    ~gzip_stream();

    /// Begins a new text. Throws std::bad_alloc.
    void begin();
    /// Compresses a further piece and appends the output that is ready to `out`.
    void add(std::string_view piece, std::string& out);
    /// Appends the rest. Call `begin` before the next text.
    void finish(std::string& out);

  private:
    struct state;
    void run(int flush, std::string& out);

    const int level_;
    std::unique_ptr<state> state_;
};

} // namespace latchkey::http
