#include "api/public/tagged_page.hpp"

#include <latchkey/api/public_api.hpp>
#include <latchkey/http/field_values.hpp>

#include <string>

namespace latchkey::api {

namespace {

// Turns `"…"` into `"…-gzip"`.
std::string gzip_tag_of(std::string_view tag) {
    return std::string(tag.substr(0, tag.size() - 1)) + "-gzip\"";
}

} // namespace

void answer_tagged(http::exchange& ex, public_api& api, std::string_view tag, std::string_view text,
                   http::kept_gzip& kept) {
    const auto chosen = api.compression.choose(ex, kept, tag, text);
    const auto gzip_tag = gzip_tag_of(tag);
    const auto known = ex.request.get(http::field::if_none_match);
    const std::string_view own_tag = chosen.compressed ? std::string_view(gzip_tag) : tag;
    const std::string_view other_tag = chosen.compressed ? tag : std::string_view(gzip_tag);
    const bool has_own = http::has_entity_tag(known, own_tag);
    const bool has_other = !has_own && http::has_entity_tag(known, other_tag);

    auto& fields = api.body;
    fields = "Cache-Control: public, max-age=300\r\nAccess-Control-Allow-Origin: *\r\nETag: ";
    fields += has_other ? other_tag : own_tag;
    fields += "\r\n";
    if (has_own || has_other)
        return ex.answer(304, {}, {}, fields += api.compression.vary(text.size()));
    ex.answer(200, http::json_type, chosen.bytes, fields += chosen.fields);
}

} // namespace latchkey::api
