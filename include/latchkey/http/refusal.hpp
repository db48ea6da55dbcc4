#pragma once
// Why a request is refused: a status, a code for programs, and a sentence for people.

#include <string>
#include <string_view>

namespace latchkey::http {

struct refusal {
    int status = 400;
    std::string detail;
    std::string fields{}; ///< further header fields: whole lines, each with its CR LF

    /// None: the exchange waits for something, after which its request is handled from the start.
    static refusal come_again() { return {0, {}}; }
    bool comes_again() const noexcept { return status == 0; }
    /// It decides nothing about what was asked.
    bool leaves_open() const noexcept { return status == 0 || status == 503; }
};

/// The words of every refusal of a path, for programs that read nothing else. The code stands in
/// X-Latchkey-Code.
struct fixed_refusal {
    std::string_view content_type;
    std::string_view body;
    int status = 0; ///< of every refusal; 0: each keeps its own
};

/// How an exchange says why it is refused.
struct refusal_form {
    enum kind {
        problem, ///< a problem document (RFC 9457)
        bare,  ///< no body: the code stands in X-Latchkey-Code. For gateways, which pass a body on
               ///< or lose a connection over it
        oauth, ///< {"error","error_description"} (RFC 6749, section 5.2)
        fixed, ///< always the same words
    };

    constexpr refusal_form(kind k) : is(k) {}
    constexpr refusal_form(const fixed_refusal& said) : is(fixed), words(&said) {}

    kind is;
    const fixed_refusal* words = nullptr; ///< of a fixed one
};

/// Returns "Bad Request" and so on (RFC 9110, section 15); empty for statuses that are never sent.
std::string_view reason_phrase(int status) noexcept;

/// Returns the `code` member of a problem document: "BAD_REQUEST", "UNAVAILABLE" and so on.
std::string_view problem_code(int status) noexcept;

/// Returns the `error` of OAuth that says what a status says: "invalid_request",
/// "temporarily_unavailable" and so on.
std::string_view oauth_error(int status) noexcept;

} // namespace latchkey::http
