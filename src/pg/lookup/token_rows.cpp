#include "pg/lookup/token_rows.hpp"

#include "pg/connection/result_text.hpp"
#include "pg/connection/wire.hpp"

#include <charconv>
#include <string_view>
#include <utility>

namespace latchkey::pg {

namespace {

constexpr std::size_t texts_per_revocation = 6;

// A time that may be NULL. The readers below return false if it is malformed.
using maybe_time = std::optional<core::real_time>;

bool read_time_text(std::string_view text, maybe_time& out) {
    out.reset();
    if (text.empty()) return true;
    std::int64_t microseconds = 0;
    const auto* end = text.data() + text.size();
    const auto read = std::from_chars(text.data(), end, microseconds);
    if (text == "infinity")
        out = core::real_time::max();
    else if (text == "-infinity")
        out = core::real_time::min();
    else if (read.ec == std::errc() && read.ptr == end)
        out = held_real_time(core::microseconds(microseconds));
    return out.has_value();
}

bool read_time(const PGresult& rows, int row, int column, maybe_time& out) {
    out.reset();
    if (PQgetisnull(&rows, row, column)) return true;
    out = decode_timestamptz(text_at(rows, row, column));
    return out.has_value();
}

// Removes the sign: '+' means revoked, '-' means no longer revoked (returns true).
std::optional<bool> take_withdrawn(std::string_view& text) {
    if (text.empty() || (text[0] != '+' && text[0] != '-')) return std::nullopt;
    const bool withdrawn = text[0] == '-';
    text.remove_prefix(1);
    return withdrawn;
}

void obey(const credential_news& news, auth::revocation_change& change) {
    if (change.withdrawn) return;
    change.what.of = news.of;
    change.withdrawn = news.withdrawn;
}

std::optional<auth::revocation_change> read_texts(std::span<const std::string> texts,
                                                  const credential_news& news) {
    std::string_view kind_name = texts[0];
    const auto withdrawn = take_withdrawn(kind_name);
    const auto kind = auth::revocation_kind_named(kind_name);
    if (!withdrawn || !kind) return std::nullopt;
    auth::revocation_change out{{*kind, texts[1], texts[2], {}, {}, {}}, *withdrawn};
    if (*kind == auth::revocation_kind::credential) obey(news, out);
    maybe_time created;
    if (!read_time_text(texts[3], out.what.issued_before) ||
        !read_time_text(texts[4], out.what.expires_at) || !read_time_text(texts[5], created) ||
        !created)
        return std::nullopt;
    out.what.created_at = *created;
    return out;
}

std::optional<auth::signing_key> decode_signing_key(const PGresult& rows, int row) {
    const auto algorithm = crypto::jws_algorithm_named(text_at(rows, row, 1));
    const auto state = auth::signing_key_state_named(text_at(rows, row, 2));
    const auto published = decode_timestamptz(text_at(rows, row, 3));
    if (!algorithm || !state || !published) return std::nullopt;
    auth::signing_key key{
        {std::string(text_at(rows, row, 0)), *algorithm, *state, *published, {}, {}, {}},
        std::string(text_at(rows, row, 7)),
        std::string(text_at(rows, row, 9)),
        std::string(text_at(rows, row, 8))};
    if (!read_time(rows, row, 4, key.times.activates_at) ||
        !read_time(rows, row, 5, key.times.activated_at) ||
        !read_time(rows, row, 6, key.times.retired_at))
        return std::nullopt;
    return key;
}

} // namespace

credential_news read_credential_news(std::string_view text) noexcept {
    const auto withdrawn = take_withdrawn(text);
    const auto kind = auth::source_kind_named(text);
    return withdrawn && kind ? credential_news{kind, *withdrawn} : credential_news{};
}

bool append_revocations(std::span<const std::string> names, const credential_news& news,
                        std::vector<auth::revocation_change>& out) {
    if (names.size() % texts_per_revocation != 0) return false;
    for (; !names.empty(); names = names.subspan(texts_per_revocation)) {
        auto change = read_texts(names.first(texts_per_revocation), news);
        if (!change) return false;
        out.push_back(std::move(*change));
    }
    return true;
}

bool append_credentials(std::span<const std::string> names, const credential_news& news,
                        core::real_time at, std::vector<auth::revocation_change>& out) {
    for (const std::string_view name : names) {
        auto id = name;
        const auto withdrawn = take_withdrawn(id);
        if (!withdrawn) return false;
        out.push_back(
            {{auth::revocation_kind::credential, {}, std::string(id), {}, {}, at}, *withdrawn});
        obey(news, out.back());
    }
    return true;
}

bool append_generations(std::span<const std::string> names, core::real_time at,
                        std::vector<auth::revocation_change>& out) {
    for (const std::string_view name : names) {
        const auto first = name.find(' ');
        const auto second = name.find(' ', first + 1);
        if (first == name.npos || second == name.npos) return false;
        const auto kind = auth::source_kind_named(name.substr(0, first));
        const auto* end = name.data() + second;
        std::uint32_t below = 0;
        const auto read = std::from_chars(name.data() + first + 1, end, below);
        if (!kind || read.ec != std::errc() || read.ptr != end) return false;
        out.push_back({{auth::revocation_kind::credential,
                        {},
                        std::string(name.substr(second + 1)),
                        {},
                        {},
                        at,
                        kind,
                        below},
                       false});
    }
    return true;
}

std::optional<revocation_row> decode_revocation_row(const pg_result& rows, int row) {
    const auto id = decode_int8(text_at(rows, row, 0));
    const auto kind = auth::revocation_kind_named(text_at(rows, row, 1));
    const auto created = decode_timestamptz(text_at(rows, row, 6));
    if (!id || !kind || !created) return std::nullopt;
    revocation_row out{*id,
                       {*kind,
                        std::string(text_at(rows, row, 2)),
                        std::string(text_at(rows, row, 3)),
                        {},
                        {},
                        *created,
                        auth::source_kind_named(text_at(rows, row, 7))}};
    if (!read_time(rows, row, 4, out.what.issued_before) ||
        !read_time(rows, row, 5, out.what.expires_at))
        return std::nullopt;
    return out;
}

std::optional<std::vector<revocation_row>> decode_revocation_rows(const pg_result& rows) {
    constexpr int below_generation = 8;
    if (PQnfields(&rows) != 9) return std::nullopt;
    std::vector<revocation_row> out;
    for (int row = 0; row < PQntuples(&rows); ++row) {
        auto one = decode_revocation_row(rows, row);
        if (!one) return std::nullopt;
        if (!PQgetisnull(&rows, row, below_generation)) {
            const auto below = decode_int4(text_at(rows, row, below_generation));
            if (!below || *below < 0) return std::nullopt;
            one->what.below_generation = static_cast<std::uint32_t>(*below);
        }
        out.push_back(std::move(*one));
    }
    return out;
}

std::optional<std::vector<auth::signing_key>> decode_signing_key_rows(const pg_result& rows) {
    if (PQnfields(&rows) != 10) return std::nullopt;
    std::vector<auth::signing_key> out;
    for (int row = 0; row < PQntuples(&rows); ++row) {
        auto key = decode_signing_key(rows, row);
        if (!key) return std::nullopt;
        out.push_back(std::move(*key));
    }
    return out;
}

} // namespace latchkey::pg
