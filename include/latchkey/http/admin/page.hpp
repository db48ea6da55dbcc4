#pragma once
// The query of a list: ?limit=100&cursor=…

#include <latchkey/core/result.hpp>

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace latchkey::http {

inline constexpr std::size_t page_limit_max = 1000;

struct page_request {
    std::size_t limit = 100;
    std::optional<std::string> cursor; ///< as the page before told it
};

/// Fails with a sentence for a name that is not known, a repeated one, and a limit out of range.
core::result<page_request> read_page(std::string_view query);

} // namespace latchkey::http
