#pragma once
// Reads one row of an answer, column after column.
//
//   column_reader row(**answer, 0);
//   const auto id = row.text();
//   const auto at = row.time();
//   if (!row.is_good()) co_return unreadable;

#include "pg/connection/result_text.hpp"
#include "pg/connection/wire.hpp"
#include "pg/writes/write.hpp"

#include <latchkey/auth/objects/object_list.hpp>
#include <latchkey/core/giving_way.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace latchkey::pg {

/// The answer must outlive it. A value that is malformed, or NULL where it must not be, becomes a
/// default one, and the row is then not good.
class column_reader {
  public:
    explicit column_reader(const PGresult& rows, int row, int first = 0)
        : rows_(rows), row_(row), column_(first) {}

    bool is_good() const noexcept { return good_; }
    bool is_null() const { return PQgetisnull(&rows_, row_, column_); }

    std::string text() { return must(text_or_null()); }
    std::optional<std::string> text_or_null() { return pg::text_or_null(rows_, row_, column_++); }
    std::vector<std::string> texts() { return must(decode_text_array(next())); }
    bool boolean() { return must(decode_bool(next())); }
    std::int32_t int4() { return must(decode_int4(next())); }
    std::int64_t int8() { return must(decode_int8(next())); }
    core::real_time time() { return must(decode_timestamptz(next())); }
    core::fingerprint hash() { return must(decode_fingerprint(next())); }

    std::optional<core::real_time> time_or_null() { return unless_null(&column_reader::time); }
    std::optional<core::fingerprint> hash_or_null() { return unless_null(&column_reader::hash); }
    std::optional<std::int32_t> int4_or_null() { return unless_null(&column_reader::int4); }
    std::optional<std::int64_t> int8_or_null() { return unless_null(&column_reader::int8); }

  private:
    std::string_view next() { return text_at(rows_, row_, column_++); }

    template <class T>
    T must(std::optional<T> value) {
        if (value) return *std::move(value);
        good_ = false;
        return {};
    }
    template <class T>
    std::optional<T> unless_null(T (column_reader::*read)()) {
        if (!is_null()) return (this->*read)();
        ++column_;
        return std::nullopt;
    }

    const PGresult& rows_;
    int row_;
    int column_;
    bool good_ = true;
};

/// Decodes the page of a list (object_statements.hpp) by `decode(rows, row, first column)`, which
/// returns nullopt for a malformed row.
template <class Decode>
auto decode_page(const PGresult& rows, Decode decode)
    -> core::result<auth::found_page<typename decltype(decode(rows, 0, 1))::value_type>> {
    auth::found_page<typename decltype(decode(rows, 0, 1))::value_type> page;
    if (PQntuples(&rows) == 0) return unreadable;
    page.next = text_or_null(rows, 0, 0);
    core::giving_way others;
    for (int row = 0; row < PQntuples(&rows); ++row) {
        others.step();
        if (PQgetisnull(&rows, row, 1)) continue; // nothing was found
        auto one = decode(rows, row, 1);
        if (!one) return unreadable;
        page.objects.push_back(*std::move(one));
    }
    return page;
}

} // namespace latchkey::pg
