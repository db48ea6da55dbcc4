#include "server/settings/sections/table.hpp"

namespace latchkey::server::settings {

namespace {

using section = http::compression_configuration;

template <auto Field>
constexpr field_access compression_at = {
    [](const configuration& c) { return plain(c.http.compression.*Field); },
    [](configuration& c, plain_value value) { set(c.http.compression.*Field, std::move(value)); }};

constexpr setting rows[] = {
    {"compression.enabled", flag(), compression_at<&section::enabled>,
     "Whether answers are compressed with gzip for clients that ask for it (Accept-Encoding).\n"
     "Answers that hold a token or a secret are never compressed."},
    {"compression.minimum_size", bytes(0, 16 * MiB), compression_at<&section::minimum_size>,
     "Answers with a body of at least this size are compressed. Smaller ones gain nothing."},
    {"compression.level", count(1, 9), compression_at<&section::level>,
     "From 1 (fast) to 9 (small). Compression takes about 260 KiB of memory in each worker, which\n"
     "also keeps up to four long answers that wait for it."},
};

} // namespace

std::span<const setting> compression_section() {
    return rows;
}

} // namespace latchkey::server::settings
