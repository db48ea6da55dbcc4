#pragma once
// Why a request is refused: a status, a code for programs, and a sentence for people.

#include <string>
#include <string_view>

namespace latchkey::http {

struct refusal {
    int status = 400;
    std::string detail;
    std::string fields{}; ///< further header fields: whole lines, each with its CR LF
};

/// How the refusals of a path look, where whoever asks reads no problem document.
struct fixed_refusal {
    std::string_view content_type;
    std::string_view body;
    int status = 0; ///< of every refusal; 0: each keeps its own
};

/// Returns "Bad Request" and so on (RFC 9110, section 15); empty for statuses that are never sent.
std::string_view reason_phrase(int status) noexcept;

/// Returns the `code` member of a problem document: "BAD_REQUEST", "UNAVAILABLE" and so on.
std::string_view problem_code(int status) noexcept;

} // namespace latchkey::http
