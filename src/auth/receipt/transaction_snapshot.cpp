#include <latchkey/auth/receipt/transaction_snapshot.hpp>

#include <latchkey/core/text/ascii.hpp>

#include <algorithm>
#include <charconv>

namespace latchkey::auth {

std::optional<std::uint64_t> parse_transaction(std::string_view text) noexcept {
    std::uint64_t number = 0;
    const auto* end = text.data() + text.size();
    const auto read = std::from_chars(text.data(), end, number);
    if (read.ec != std::errc() || read.ptr != end) return std::nullopt;
    return number;
}

std::optional<transaction_snapshot> transaction_snapshot::parse(std::string_view text) {
    const auto first = text.find(':');
    const auto second = first == text.npos ? first : text.find(':', first + 1);
    if (second == text.npos) return std::nullopt;
    const auto end = parse_transaction(text.substr(first + 1, second - first - 1));
    if (!parse_transaction(text.substr(0, first)) || !end) return std::nullopt;
    transaction_snapshot out;
    out.end_ = *end;
    auto rest = text.substr(second + 1);
    while (!rest.empty()) {
        const auto one = parse_transaction(core::next_part(rest, ','));
        if (!one) return std::nullopt;
        out.under_way_.push_back(*one);
    }
    std::ranges::sort(out.under_way_);
    return out;
}

bool transaction_snapshot::covers(std::uint64_t transaction) const noexcept {
    return transaction < end_ && !std::ranges::binary_search(under_way_, transaction);
}

} // namespace latchkey::auth
