#include <latchkey/http/gzip_stream.hpp>

#include <new>

#define ZLIB_CONST
#include <zlib.h>

namespace latchkey::http {

namespace {

constexpr int window_bits = 15 + 16; // the largest window; 16 adds gzip's header and trailer
constexpr int memory_level = 8;
constexpr std::size_t room_step = 4096;

} // namespace

struct gzip_stream::state {
    explicit state(int level) {
        if (deflateInit2(&z, level, Z_DEFLATED, window_bits, memory_level, Z_DEFAULT_STRATEGY) !=
            Z_OK)
            throw std::bad_alloc();
    }
    ~state() { deflateEnd(&z); }
    state(const state&) = delete;
    state& operator=(const state&) = delete;

    z_stream z{};
};

gzip_stream::gzip_stream(int level) : level_(level) {}
gzip_stream::~gzip_stream() = default;

void gzip_stream::begin() {
    if (state_)
        deflateReset(&state_->z);
    else
        state_ = std::make_unique<state>(level_);
}

void gzip_stream::run(int flush, std::string& out) {
    auto& z = state_->z;
    do {
        const auto used = out.size();
        out.resize(used + room_step);
        z.next_out = reinterpret_cast<Bytef*>(out.data() + used);
        z.avail_out = static_cast<uInt>(room_step);
        deflate(&z, flush);
        out.resize(used + room_step - z.avail_out);
    } while (z.avail_out == 0);
}

void gzip_stream::add(std::string_view piece, std::string& out) {
    state_->z.next_in = reinterpret_cast<const Bytef*>(piece.data());
    state_->z.avail_in = static_cast<uInt>(piece.size());
    run(Z_NO_FLUSH, out);
}

void gzip_stream::finish(std::string& out) {
    state_->z.avail_in = 0;
    run(Z_FINISH, out);
}

} // namespace latchkey::http
