#include "api/public/tagged_page.hpp"

#include <latchkey/api/public_api.hpp>
#include <latchkey/http/field_values.hpp>

namespace latchkey::api {

namespace {

// Turns `"…"` into `"…-gzip"`.
std::string gzip_tag_of(std::string_view tag) {
    return std::string(tag.substr(0, tag.size() - 1)) + "-gzip\"";
}

// The line Vary; empty if the answer varies by nothing.
std::string vary_of(std::string_view field, bool by_encoding) {
    if (field.empty() && !by_encoding) return {};
    const auto between = !field.empty() && by_encoding ? ", " : "";
    return "Vary: " + std::string(field) + between + (by_encoding ? "Accept-Encoding\r\n" : "\r\n");
}

} // namespace

std::string with_variation(std::string_view varies_by, const http::compressor::chosen& chosen) {
    return vary_of(varies_by, !chosen.fields.empty()) +
           (chosen.compressed ? "Content-Encoding: gzip\r\n" : "");
}

void answer_tagged(http::exchange& ex, public_api& api, const tagged_terms& terms,
                   std::string_view tag, std::string_view text, http::kept_gzip& kept) {
    const auto chosen = api.compression.choose(ex, kept, tag, text);
    const auto gzip_tag = gzip_tag_of(tag);
    const auto known = ex.request.get(http::field::if_none_match);
    const std::string_view own_tag = chosen.compressed ? std::string_view(gzip_tag) : tag;
    const std::string_view other_tag = chosen.compressed ? tag : std::string_view(gzip_tag);
    const bool has_own = http::has_entity_tag(known, own_tag);
    const bool has_other = !has_own && http::has_entity_tag(known, other_tag);

    auto& fields = api.body;
    fields = terms.fields;
    fields += "ETag: ";
    fields += has_other ? other_tag : own_tag;
    fields += "\r\n";
    if (has_own || has_other) {
        const bool by_encoding = !api.compression.vary(text.size()).empty();
        return ex.answer(304, {}, {}, fields += vary_of(terms.varies_by, by_encoding));
    }
    ex.answer(200, terms.content_type, chosen.bytes,
              fields += with_variation(terms.varies_by, chosen));
}

} // namespace latchkey::api
