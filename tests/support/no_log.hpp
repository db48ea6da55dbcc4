#pragma once
// A logger that drops all lines.

#include <latchkey/core/log.hpp>

#include <span>
#include <string_view>

namespace latchkey::test {

struct no_log final : core::logger {
    void write(core::log_level, std::string_view,
               std::span<const core::log_field>) noexcept override {}
};

} // namespace latchkey::test
