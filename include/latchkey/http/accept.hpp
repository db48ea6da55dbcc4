#pragma once
// Which of several forms of an answer a client wants most (RFC 9110, section 12.5.1).

#include <string_view>

namespace latchkey::http {

/// One form of an answer: `text`, `plain` and `0.0.4`, say.
struct media_form {
    std::string_view type;
    std::string_view subtype;
    std::string_view version; ///< its parameter `version`
};

/// How much a form is wanted.
struct media_weight {
    /// Which range has spoken: the closest one counts.
    enum class range { none, any, type, subtype, version };
    int thousandths = 0; ///< 0: not at all
    range by = range::none;
};

/// By an Accept field. Of parameters only `version` tells forms apart; a malformed weight is 0. A
/// field that is empty says nothing about any form.
media_weight weigh(std::string_view accept, const media_form&) noexcept;

/// OpenMetrics 1.0.0 rather than Prometheus's text format 0.0.4? Who wants both as much gets the
/// first when it is named; and who wants neither, or says nothing, the second.
bool prefers_openmetrics(std::string_view accept) noexcept;

} // namespace latchkey::http
