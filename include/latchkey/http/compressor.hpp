#pragma once
// Answers that may be compressed. An endpoint says so by answering through this; exchange::answer
// never compresses, and what holds a token or a secret goes that way: beside text of an attacker's
// choice, the length of a compressed answer tells of it (Y. Gluck, N. Harris, A. Prado, "BREACH:
// reviving the CRIME attack", 2013).

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
    std::string version; ///< of the body
    std::string bytes;
};

/// One per worker; its gzip stream takes one text at a time. A long body is compressed in slices,
/// by turns with the other long work of the worker; a short one at once, or not at all while a long
/// one has the stream: it would wait longer than it gains. So is a long one behind several others:
/// they all keep their text until their turn comes.
class compressor {
  public:
    static constexpr std::size_t at_once_max = 8192; ///< bytes: some 0.04 ms at level 6
    static constexpr std::size_t jobs_max = 4;       ///< long bodies, the one with the stream too

    compressor(const compression_configuration&, core::fair_queue& shared_queue,
               core::nanoseconds slice);
    ~compressor();

    /// Answers 200. `extra_fields` are whole lines; Vary and Content-Encoding are added.
    void answer(exchange&, std::string_view content_type, std::string_view body,
                std::string_view extra_fields = {});

    /// `plain` of this `version` for this client: as it is, or compressed, which is done once.
    struct chosen {
        std::string_view bytes;
        std::string_view fields; ///< Vary and Content-Encoding, where they are due
        bool compressed;
    };
    chosen choose(const exchange&, kept_gzip&, std::string_view version, std::string_view plain);
    /// Vary, where a body of this size may be compressed for some clients.
    std::string_view vary(std::size_t size) const noexcept;

    void collect(core::metric_sink&) const;

  private:
    friend class compression_job;
    bool is_wanted(const exchange&) const noexcept;
    std::string_view compress(std::string_view plain, std::string& to);
    void count(std::size_t plain, std::size_t compressed) noexcept;
    void ended(); ///< the first job

    const compression_configuration settings_;
    core::fair_queue& queue_;
    const core::nanoseconds slice_;
    gzip_stream stream_;
    std::string scratch_;
    std::deque<compression_job*> jobs_; ///< the first has the stream
    core::object_pool<compression_job, compressor> lent_;
    core::counter plain_bytes_;
    core::counter compressed_bytes_;
};

/// One long body. Owned by its worker's compressor, lent to one exchange at a time.
class compression_job final : public pending, public core::queued_work {
  public:
    explicit compression_job(compressor& owner) : owner_(owner) {}

    void begin(exchange&, std::string_view content_type, std::string_view body,
               std::string_view extra_fields);
    /// The stream is its own now.
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
    std::size_t done_ = 0; ///< of body_
};

} // namespace latchkey::http
