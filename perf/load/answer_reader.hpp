#pragma once
#include <cstddef>
#include <string>
#include <string_view>

namespace load {

/// Reads answers (RFC 9112) from a kept connection, however the bytes are split. Interim answers
/// (1xx) are passed over. An answer that arrives whole is not copied.
///
///   reader.begin(false);
///   while (reader.take(received) == answer_reader::state::partial) ...   // body() lives until the
///   bytes go
class answer_reader {
  public:
    enum class state { partial, whole, broken };

    /// Before each request. without_body: it is HEAD.
    void begin(bool without_body);

    state take(std::string_view bytes);

    /// The server has closed the connection: that ends an answer without a length.
    state closed();

    int status() const { return status_; }
    std::string_view body() const { return body_; }
    bool keeps_alive() const { return keeps_alive_; }
    bool has_begun() const { return has_begun_; }

    /// Why it is broken.
    const char* fault() const { return fault_; }

  private:
    enum class framing { length, chunked, until_closed };
    enum class step { size, data, end_of_data, trailer, done, broken };

    state read(std::string_view all);
    bool read_head(std::string_view all);
    bool read_status_line(std::string_view line);
    bool read_field(std::string_view line);
    bool read_length(std::string_view value);
    bool read_coding(std::string_view value);
    bool choose_framing();
    state read_body(std::string_view all);
    state read_chunks(std::string_view all);
    bool next_line(std::string_view all, std::string_view& line);
    step read_size(std::string_view line);
    step chunk_step(std::string_view all, bool& waits);
    state ends_at(std::size_t end, std::size_t size);
    state broken(const char* why);

    std::string pending_; // what came of an answer that is not whole
    std::string decoded_; // the data of chunks
    std::string_view body_;
    std::size_t at_ = 0; // how far the answer is read
    std::size_t length_ = 0;
    const char* fault_ = "";
    int status_ = 0;
    framing framing_ = framing::until_closed;
    step step_ = step::size;
    bool has_head_ = false;
    bool has_begun_ = false;
    bool has_length_ = false;
    bool is_chunked_ = false;
    bool without_body_ = false;
    bool keeps_alive_ = true;
};

} // namespace load
