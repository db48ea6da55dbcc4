#pragma once
// Which of several forms of an answer a client wants most (RFC 9110, section 12.5.1).

#include <string_view>

namespace latchkey::http {

/// One form of an answer, such as `text`, `plain` and `0.0.4`.
struct media_form {
    std::string_view type;
    std::string_view subtype;
    std::string_view version; ///< value of its parameter `version`
};

/// How much a form is wanted.
struct media_weight {
    /// The kind of range that set the weight. The most specific one counts.
    enum class range { none, any, type, subtype, version };
    int thousandths = 0; ///< 0 to 1000; 0: not at all
    range by = range::none;
};

/// Weighs a form by an Accept field. Of the parameters, only `version` distinguishes forms. A
/// malformed weight counts as 0. An empty field gives every form `range::none`.
media_weight weigh(std::string_view accept, const media_form&) noexcept;

/// Returns true if the client prefers OpenMetrics 1.0.0 to Prometheus's text format 0.0.4. If it
/// wants both equally, OpenMetrics is chosen only if the field names it. If it wants neither, or
/// says nothing, the answer is false.
bool prefers_openmetrics(std::string_view accept) noexcept;

/// Returns true if the client prefers HTML to JSON, as browsers do. If it wants both equally, HTML
/// is chosen only if the field names it more closely. If it wants neither, or says nothing, the
/// answer is false.
bool prefers_html(std::string_view accept) noexcept;

} // namespace latchkey::http
