#pragma once
// The styles and scripts of this folder, which are part of the program (embed.cmake).

#include <span>
#include <string_view>

namespace latchkey::api::page {

struct file {
    std::string_view name; ///< such as page.css
    std::string_view text;
};

std::span<const file> files() noexcept;

} // namespace latchkey::api::page
