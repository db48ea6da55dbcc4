#pragma once
// Unpacks one whole gzip stream with zlib. The test fails if the stream is cut short or bytes
// follow it.

#include <boost/test/unit_test.hpp>

#include <zlib.h>

#include <string>
#include <string_view>

namespace latchkey::test {

inline std::string unpacked(std::string_view gzip) {
    z_stream z{};
    BOOST_REQUIRE(inflateInit2(&z, 15 + 16) == Z_OK);
    std::string out(4 << 20, '\0');
    z.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(gzip.data()));
    z.avail_in = static_cast<uInt>(gzip.size());
    z.next_out = reinterpret_cast<Bytef*>(out.data());
    z.avail_out = static_cast<uInt>(out.size());
    const int result = inflate(&z, Z_FINISH);
    out.resize(z.total_out);
    inflateEnd(&z);
    BOOST_REQUIRE(result == Z_STREAM_END);
    BOOST_REQUIRE(z.avail_in == 0u);
    return out;
}

} // namespace latchkey::test
