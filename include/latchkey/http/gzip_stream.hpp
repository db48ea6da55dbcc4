#pragma once
// The gzip format (RFC 1952), written by one zlib state that is made once and used again.

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>

namespace latchkey::http {

/// One text at a time. Takes its memory, about 260 KiB, at the first text. Not for several threads.
class gzip_stream {
  public:
    /// `level`: 1 (fast) to 9 (small).
    explicit gzip_stream(int level);
    ~gzip_stream();

    /// A new text. Throws std::bad_alloc.
    void begin();
    /// Compresses on; appends to `out` what is done.
    void add(std::string_view piece, std::string& out);
    /// Appends the rest. Then `begin` again.
    void finish(std::string& out);

  private:
    struct state;
    void run(int flush, std::string& out);

    const int level_;
    std::unique_ptr<state> state_;
};

} // namespace latchkey::http
