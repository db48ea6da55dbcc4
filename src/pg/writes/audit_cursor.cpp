#include "pg/writes/audit_cursor.hpp"

#include <latchkey/core/text/ascii.hpp>
#include <latchkey/core/text/rfc3339.hpp>
#include <latchkey/crypto/base64url.hpp>

#include <algorithm>
#include <charconv>
#include <cstdint>

namespace latchkey::pg {

namespace {

constexpr std::size_t snapshot_bytes_max = 4000;
constexpr std::uint64_t transactions_kept = 1000;

bool holds_only(std::string_view text, std::string_view characters) {
    return text.find_first_not_of(characters) == text.npos;
}

bool is_snapshot(std::string_view text) {
    return text.empty() || (holds_only(text, "0123456789:,") && std::ranges::count(text, ':') == 2);
}

bool is_id(std::string_view text) {
    return !text.empty() && text.size() <= 18 && holds_only(text, "0123456789");
}

// Transactions from this one on had not begun.
std::uint64_t end_of(std::string_view snapshot) {
    core::next_part(snapshot, ':');
    const auto end = core::next_part(snapshot, ':');
    std::uint64_t out = 0;
    std::from_chars(end.data(), end.data() + end.size(), out);
    return out;
}

} // namespace

std::string audit_cursor::text() const {
    return crypto::encode_base64url((after ? after->at + ' ' + after->event_id : " ") + ' ' +
                                    target + ' ' + seen);
}

std::optional<audit_cursor> audit_cursor::read(std::string_view text) {
    const auto decoded = crypto::decode_base64url(text);
    if (!decoded || std::ranges::count(*decoded, ' ') != 3) return std::nullopt;
    std::string_view rest = *decoded;
    const auto at = core::next_part(rest, ' ');
    const auto id = core::next_part(rest, ' ');
    audit_cursor out;
    out.target = core::next_part(rest, ' ');
    out.seen = rest;
    if (!is_snapshot(out.target) || !is_snapshot(out.seen)) return std::nullopt;
    if (at.empty() && id.empty()) return out;
    const bool is_place = out.seen.empty() ? core::parse_rfc3339(at).has_value() : is_id(at);
    if (!is_place || !is_id(id)) return std::nullopt;
    out.after = {std::string(at), std::string(id)};
    return out;
}

std::string bounded_snapshot(const std::string& snapshot) {
    if (snapshot.size() <= snapshot_bytes_max) return snapshot;
    const auto begin = snapshot.substr(0, snapshot.find(':') + 1);
    return begin + begin;
}

audit_cursor cursor_after_series(const audit_cursor& asked, const std::string& target,
                                 bool any_events) {
    const bool is_near = end_of(target) < end_of(asked.seen) + transactions_kept;
    if (!any_events && !asked.after && !asked.seen.empty() && is_near) return asked;
    return {std::nullopt, "", bounded_snapshot(target)};
}

} // namespace latchkey::pg
