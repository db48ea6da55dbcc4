#pragma once
// Answers that seldom change and have an ETag: the JWK set, the description of the API, the page
// for people and its parts.

#include <latchkey/http/compressor.hpp>
#include <latchkey/http/exchange.hpp>

#include <string>
#include <string_view>

namespace latchkey::api {

class public_api;

/// How a tagged answer may be kept, and by whom it may be read.
struct tagged_terms {
    std::string_view content_type;
    std::string_view fields;      ///< whole lines, each with its CR LF, with the 304 as well
    std::string_view varies_by{}; ///< a request's field besides Accept-Encoding
};

/// What anybody may keep and read, also a script of another origin.
inline constexpr tagged_terms open_json{
    http::json_type, "Cache-Control: public, max-age=300\r\nAccess-Control-Allow-Origin: *\r\n"};

/// Answers 200 with the text, or 304 when If-None-Match has its tag. The compressed text is another
/// representation with a strong tag of its own; a client that has either of the two gets 304.
void answer_tagged(http::exchange&, public_api&, const tagged_terms&, std::string_view tag,
                   std::string_view text, http::kept_gzip&);

/// The lines Vary and Content-Encoding of an answer that also varies by another field.
std::string with_variation(std::string_view varies_by, const http::compressor::chosen&);

} // namespace latchkey::api
