#pragma once
// The request of a write whose asker does not matter to the test.

#include <latchkey/auth/operator_request.hpp>

namespace latchkey::test {

inline auth::operator_request& by_nobody() {
    thread_local auth::operator_request nobody;
    nobody = {R"({"kind":"test"})", "", {}};
    return nobody;
}

} // namespace latchkey::test
