#pragma once
// Sentences of the description: `code` stands between backticks, and an empty line parts
// paragraphs.

#include "api/page/html_writer.hpp"

#include <string_view>

namespace latchkey::api::page {

/// The text within a paragraph or another element.
void write_sentence(html_writer&, std::string_view text);
/// Each paragraph as one.
void write_paragraphs(html_writer&, std::string_view text);
/// A path, which may be broken behind its slashes if the line is too short for it.
void write_path(html_writer&, std::string_view path);

} // namespace latchkey::api::page
