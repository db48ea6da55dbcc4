#pragma once
// Made-up answers of the server, in binary format.

#include <latchkey/core/clock.hpp>

#include <libpq-fe.h>

#include <cstdint>
#include <memory>
#include <new>
#include <optional>
#include <string>
#include <vector>

namespace latchkey::test {

inline std::string big_endian(std::uint64_t n, int bytes) {
    std::string out;
    for (int shift = (bytes - 1) * 8; shift >= 0; shift -= 8)
        out += static_cast<char>(n >> shift);
    return out;
}
inline std::string int8(std::int64_t n) {
    return big_endian(static_cast<std::uint64_t>(n), 8);
}
inline std::string timestamptz(core::real_time t) {
    const auto us = std::chrono::duration_cast<core::microseconds>(t.time_since_epoch()).count();
    return int8(us - 946'684'800'000'000);
}
inline std::string array_of(std::uint64_t element_type, const std::vector<std::string>& elements) {
    std::string out;
    for (const std::uint64_t n :
         {std::uint64_t{1}, std::uint64_t{0}, element_type, elements.size(), std::uint64_t{1}})
        out += big_endian(n, 4);
    for (const auto& e : elements)
        out += big_endian(e.size(), 4) + e;
    return out;
}
inline std::string text_array(const std::vector<std::string>& elements) {
    return array_of(25, elements);
}
inline std::string bytea_array(const std::vector<std::string>& elements) {
    return array_of(17, elements);
}

class fake_rows {
  public:
    using row = std::vector<std::optional<std::string>>;

    explicit fake_rows(const std::vector<row>& rows, std::size_t columns = 0) {
        if (!rows.empty()) columns = rows[0].size();
        std::vector<PGresAttDesc> names(columns);
        for (auto& n : names)
            n.name = const_cast<char*>("column");
        check(rows_ && PQsetResultAttrs(rows_.get(), static_cast<int>(columns), names.data()));
        for (std::size_t r = 0; r < rows.size(); ++r)
            for (std::size_t c = 0; c < columns; ++c) {
                const auto& value = rows[r][c];
                check(PQsetvalue(rows_.get(), static_cast<int>(r), static_cast<int>(c),
                                 value ? const_cast<char*>(value->data()) : nullptr,
                                 value ? static_cast<int>(value->size()) : -1));
            }
    }
    operator const PGresult&() const { return *rows_; }

  private:
    static void check(int done) {
        if (!done) throw std::bad_alloc();
    }
    struct clear {
        void operator()(PGresult* r) const noexcept { PQclear(r); }
    };
    std::unique_ptr<PGresult, clear> rows_{PQmakeEmptyPGresult(nullptr, PGRES_TUPLES_OK)};
};

} // namespace latchkey::test
