#include <latchkey/http/compressor.hpp>

#include <latchkey/core/release_excess.hpp>
#include <latchkey/http/field_values.hpp>

namespace latchkey::http {

namespace {

constexpr std::string_view vary_field = "Vary: Accept-Encoding\r\n";
constexpr std::string_view gzip_fields = "Content-Encoding: gzip\r\nVary: Accept-Encoding\r\n";
// Bytes between two readings of the clock: at worst 0.2 ms, when zlib ends a block.
constexpr std::size_t piece_bytes = 4096;
// The capacity that an idle job may keep in each of its texts.
constexpr std::size_t text_bytes_kept = 1 << 18;

} // namespace

compressor::compressor(const compression_configuration& settings, core::fair_queue& shared_queue,
                       core::nanoseconds slice)
    : settings_(settings),
      queue_(shared_queue),
      slice_(slice),
      stream_(settings.level),
      lent_(*this) {}

compressor::~compressor() = default;

std::string_view compressor::vary(std::size_t size) const noexcept {
    return settings_.enabled && size >= settings_.minimum_size ? vary_field : std::string_view();
}

bool compressor::is_wanted(const exchange& ex) const noexcept {
    return prefers_gzip(ex.request.get(field::accept_encoding));
}

void compressor::count(std::size_t plain, std::size_t compressed) noexcept {
    plain_bytes_.add(plain);
    compressed_bytes_.add(compressed);
}

std::string_view compressor::compress(std::string_view plain, std::string& to) {
    to.clear();
    stream_.begin();
    stream_.add(plain, to);
    stream_.finish(to);
    count(plain.size(), to.size());
    return to;
}

void compressor::answer(exchange& ex, std::string_view content_type, std::string_view body,
                        std::string_view extra_fields) {
    const auto varies = vary(body.size());
    if (varies.empty()) return ex.answer(200, content_type, body, extra_fields);
    const bool wanted = is_wanted(ex);
    if (wanted && body.size() > at_once_max && jobs_.size() < jobs_max)
        return lent_.take().begin(ex, content_type, body, extra_fields);
    std::string fields(extra_fields);
    if (wanted && jobs_.empty())
        return ex.answer(200, content_type, compress(body, scratch_), fields += gzip_fields);
    ex.answer(200, content_type, body, fields += varies);
}

compressor::chosen compressor::choose(const exchange& ex, kept_gzip& kept, std::string_view version,
                                      std::string_view plain) {
    const auto varies = vary(plain.size());
    if (varies.empty() || !is_wanted(ex)) return {plain, varies, false};
    if (kept.version != version) {
        if (!jobs_.empty()) return {plain, varies, false};
        compress(plain, kept.bytes);
        kept.version = version;
    }
    return {kept.bytes, gzip_fields, true};
}

void compressor::ended() {
    jobs_.pop_front();
    if (!jobs_.empty()) jobs_.front()->start();
}

void compressor::collect(core::metric_sink& sink) const {
    const auto add = [&](std::string_view form, const core::counter& c) {
        sink.add_counter("auth_compression_bytes_total",
                         "Bytes of answers' bodies that were compressed, before and after.",
                         {{"form", form}}, static_cast<double>(c.value()));
    };
    add("plain", plain_bytes_);
    add("compressed", compressed_bytes_);
}

void compression_job::begin(exchange& ex, std::string_view content_type, std::string_view body,
                            std::string_view extra_fields) {
    asker_ = &ex;
    content_type_ = content_type;
    fields_ = extra_fields;
    fields_ += gzip_fields;
    body_ = body;
    done_ = 0;
    ex.wait_for(*this);
    owner_.jobs_.push_back(this);
    if (owner_.jobs_.size() == 1) start();
}

void compression_job::start() {
    owner_.stream_.begin();
    owner_.queue_.add(*this);
}

// Returns true if all of it is compressed.
bool compression_job::compress_slice() {
    const auto end = core::boot_clock::now() + owner_.slice_;
    do {
        const auto piece = std::string_view(body_).substr(done_, piece_bytes);
        if (piece.empty()) {
            owner_.stream_.finish(out_);
            return true;
        }
        owner_.stream_.add(piece, out_);
        done_ += piece.size();
    } while (core::boot_clock::now() < end);
    return false;
}

void compression_job::finish(exchange& ex) {
    if (!compress_slice()) {
        ex.wait_for(*this);
        return owner_.queue_.add(*this);
    }
    owner_.count(body_.size(), out_.size());
    ex.answer(200, content_type_, out_, fields_);
    core::release_excess(body_, text_bytes_kept);
    core::release_excess(out_, text_bytes_kept);
    asker_ = nullptr;
    owner_.ended();
    owner_.lent_.give_back(*this);
}

} // namespace latchkey::http
