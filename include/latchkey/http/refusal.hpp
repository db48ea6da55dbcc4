#pragma once
// Why a request is not answered: a status, a code for programs, a sentence for people.

#include <string>
#include <string_view>

namespace latchkey::http {

struct refusal {
    int status = 400;
    std::string detail;
    std::string fields{}; ///< that its answer has besides: whole lines, each with its CR LF
};

/// "Bad Request" and so on (RFC 9110, section 15); empty for statuses that are never sent.
std::string_view reason_phrase(int status) noexcept;

/// The `code` member of a problem document: "BAD_REQUEST", "UNAVAILABLE" and so on.
std::string_view problem_code(int status) noexcept;

} // namespace latchkey::http
