#pragma once
// What an exchange needs beside it, for tests that do not look at it.

#include <latchkey/api/status_source.hpp>
#include <latchkey/http/exchange.hpp>

#include <string>
#include <string_view>

namespace latchkey::test {

struct no_status final : api::status_source {
    api::process_status status() const override { return {}; }
    std::string_view version() const override { return "0"; }
    std::string metrics(bool) const override { return "# EOF\n"; }
    std::string details() const override { return {}; }
};

struct awake final : http::waker {
    void wake() override {}
};

} // namespace latchkey::test
