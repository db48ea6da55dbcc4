// The forms of requests (application/x-www-form-urlencoded).
//
// Must hold, for a table with both kinds of field:
// - What is read is the same when each value is written again, wholly percent-encoded.
// - No value is empty, has a NUL or is no UTF-8, and a list is within its bound.
// - A form that is read is refused if any of its single fields comes twice.
// - A refusal says why.

#include "support.hpp"

#include <latchkey/core/text/utf8.hpp>
#include <latchkey/http/form_body.hpp>

#include <string>
#include <vector>

using namespace latchkey::fuzz;
namespace core = latchkey::core;
namespace http = latchkey::http;

namespace {

constexpr http::field_terms three{.items_max = 3};
constexpr http::json_fields
    fields({{"a"}, {"client_id"}, {"r", http::json_kind::texts, false, &three}});
constexpr auto list = fields["r"];

struct pair {
    std::string_view name;
    std::string value;
};

std::vector<pair> pairs_of(const http::form_body& read) {
    std::vector<pair> out;
    for (std::size_t i = 0; i < fields.all().size(); ++i) {
        if (i == list)
            for (const auto text : read[i].texts)
                out.push_back({fields.all()[i].name, std::string(text)});
        else if (read[i].present)
            out.push_back({fields.all()[i].name, std::string(read[i].text)});
    }
    return out;
}

void check_text(std::string_view text) {
    expect(!text.empty(), "a value is not empty");
    while (!text.empty()) {
        const auto length = core::utf8_sequence_length(text);
        expect(length > 0 && text.front() != '\0', "a value is UTF-8 without NUL");
        text.remove_prefix(length);
    }
}

std::string encoded(std::string_view text) {
    std::string out;
    for (const char c : text) {
        out += '%';
        out += "0123456789ABCDEF"[static_cast<unsigned char>(c) >> 4];
        out += "0123456789abcdef"[static_cast<unsigned char>(c) & 15];
    }
    return out;
}

std::string form_of(const std::vector<pair>& pairs) {
    std::string out;
    for (const auto& one : pairs) {
        if (!out.empty()) out += '&';
        out += encoded(one.name) + '=' + encoded(one.value);
    }
    return out;
}

bool same(const std::vector<pair>& a, const std::vector<pair>& b) {
    return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](const pair& x, const pair& y) {
        return x.name == y.name && x.value == y.value;
    });
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const auto form = text_of(data, size);
    static http::form_body body; // reused, as in a worker
    if (const auto why = body.read(form, fields)) {
        expect(why->status == 400 && !why->detail.empty(), "a refusal says why");
        return 0;
    }
    const auto pairs = pairs_of(body);
    expect(body[list].texts.size() <= three.items_max, "a list is within its bound");
    for (const auto& one : pairs)
        check_text(one.value);
    const auto again = form_of(pairs);
    expect(!body.read(again, fields) && same(pairs, pairs_of(body)),
           "what is read is the same, written again");
    for (const auto& one : pairs)
        if (one.name != fields.all()[list].name)
            expect(body.read(again + '&' + std::string(one.name) + '=', fields).has_value(),
                   "no field is there twice");
    return 0;
}
