#pragma once
// Answers that may be compressed. An endpoint allows compression by answering through this class;
// exchange::answer never compresses. An answer with a token or a secret must not be compressed: if
// an attacker controls some text beside it, the compressed length leaks the secret (Y. Gluck, N.
// Harris, A. Prado, "BREACH: reviving the CRIME attack", 2013).

#include <latchkey/core/clock.hpp>
#include <latchkey/core/fair_queue.hpp>
#include <latchkey/core/metrics.hpp>
#include <latchkey/core/object_pool.hpp>
#include <latchkey/http/configuration.hpp>
#include <latchkey/http/exchange.hpp>
#include <latchkey/http/gzip_stream.hpp>

#include <cstddef>
#include <deque>
#include <string>
#include <string_view>

namespace latchkey::http {

class compression_job;

/// The compressed form of a body that seldom changes.
struct kept_gzip {
    std::string version; ///< version of the body
    std::string bytes;
};

/// One per worker, used on its thread. The gzip stream compresses one text at a time. A long body
/// is compressed in slices that alternate with the worker's other long work. A short body is
/// compressed at once, or sent uncompressed while a long one has the stream, since it would wait
/// longer than it gains. A long body is sent uncompressed too while `jobs_max` others are under way
/// or waiting, because each of them keeps its text in memory.
class compressor {
  public:
    static constexpr std::size_t at_once_max = 8192; ///< bytes; takes about 0.04 ms at level 6
    static constexpr std::size_t jobs_max = 4;       ///< long bodies, including the one that has
                                                     ///< the stream

    compressor(const compression_configuration&, core::fair_queue& shared_queue,
               core::nanoseconds slice);
    ~compressor();

    /// Answers 200. `extra_fields` are whole lines; Vary and Content-Encoding are added.
    void answer(exchange&, std::string_view content_type, std::string_view body,
                std::string_view extra_fields = {});

    /// A body as one client gets it.
    struct chosen {
        std::string_view bytes;
        std::string_view fields; ///< Vary and Content-Encoding if needed
        bool compressed;
    };
    /// Returns `plain`, or its compressed form if the client wants that and the stream is free or
    /// the form exists. It is made once for each `version` and stored in the kept_gzip.
    chosen choose(const exchange&, kept_gzip&, std::string_view version, std::string_view plain);
    /// Returns Vary if a body of `size` bytes may be compressed for some clients, else an empty
    /// text.
    std::string_view vary(std::size_t size) const noexcept;

    void collect(core::metric_sink&) const;

  private:
    friend class compression_job;
    bool is_wanted(const exchange&) const noexcept;
    std::string_view compress(std::string_view plain, std::string& to);
    void count(std::size_t plain, std::size_t compressed) noexcept;
    void ended(); ///< called when the first job has ended

    const compression_configuration settings_;
    core::fair_queue& queue_;
    const core::nanoseconds slice_;
    gzip_stream stream_;
    std::string scratch_;
    std::deque<compression_job*> jobs_; ///< the first one has the stream
    core::object_pool<compression_job, compressor> lent_;
    core::counter plain_bytes_;
    core::counter compressed_bytes_;
};

/// The compression of one long body. Owned by its worker's compressor, lent to one exchange at a
/// time.
class compression_job final : public pending, public core::queued_work {
  public:
    explicit compression_job(compressor& owner) : owner_(owner) {}

    void begin(exchange&, std::string_view content_type, std::string_view body,
               std::string_view extra_fields);
    /// The stream is free for this job from now on.
    void start();

  private:
    void go_on() override { asker_->resume(); }
    void finish(exchange&) override;
    bool compress_slice();

    compressor& owner_;
    exchange* asker_ = nullptr;
    std::string content_type_;
    std::string fields_;
    std::string body_;
    std::string out_;
    std::size_t done_ = 0; ///< bytes of body_
};

} // namespace latchkey::http
