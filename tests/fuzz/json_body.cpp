// The JSON bodies of requests, compared with Boost.JSON's own tree of values.
//
// Must hold, for the fields of each endpoint and for a table with every kind of field:
// - What is read is an object of known fields of the right types, or null where a field is
//   optional, and each value is the tree's.
// - What is such an object by the tree is read, or has a name twice.
// - batch_scanner finds the same items whole and in slices; they are the tree's, and a body whose
//   items are all JSON is JSON. Its check accepts what the tree's parser accepts, whole and in
//   slices.

#include "api/batch/batch_scanner.hpp"
#include "api/public/fields.hpp"
#include "json_tree.hpp"
#include "support.hpp"

#include <latchkey/http/json_body.hpp>

#include <optional>
#include <string>
#include <vector>

using namespace latchkey::fuzz;
namespace api = latchkey::api;
namespace http = latchkey::http;
namespace json = boost::json;

namespace {

constexpr std::size_t body_depth_max = 16; // as in json_body

constexpr std::array<http::json_field, 6> every_kind = {{{"text", http::json_kind::text},
                                                         {"texts", http::json_kind::texts},
                                                         {"integer", http::json_kind::integer},
                                                         {"object", http::json_kind::object},
                                                         {"objects", http::json_kind::objects},
                                                         {"boolean", http::json_kind::boolean}}};

template <class Predicate>
bool is_list_of(const json::value& v, Predicate each) {
    const auto* list = v.if_array();
    return list && std::all_of(list->begin(), list->end(), each);
}

bool is_of(http::json_kind kind, const json::value& v) {
    switch (kind) {
    case http::json_kind::text:
        return v.is_string();
    case http::json_kind::texts:
        return is_list_of(v, [](const json::value& e) { return e.is_string(); });
    case http::json_kind::integer:
        return v.is_int64();
    case http::json_kind::object:
        return v.is_object();
    case http::json_kind::objects:
        return is_list_of(v, [](const json::value& e) { return e.is_object(); });
    case http::json_kind::boolean:
        return v.is_bool();
    }
    return false;
}

const http::json_field* find(std::span<const http::json_field> fields, std::string_view name) {
    const auto found = std::find_if(fields.begin(), fields.end(),
                                    [&](const auto& field) { return field.name == name; });
    return found == fields.end() ? nullptr : &*found;
}

bool fits(const std::optional<json::value>& tree, std::span<const http::json_field> fields) {
    const auto* object = tree ? tree->if_object() : nullptr;
    if (!object) return false;
    for (const auto& member : *object) {
        const auto* field = find(fields, member.key());
        if (!field) return false;
        const bool left_out = member.value().is_null() && !field->required;
        if (!left_out && !is_of(field->kind, member.value())) return false;
    }
    return std::all_of(fields.begin(), fields.end(), [&](const auto& field) {
        return !field.required || object->contains(field.name);
    });
}

bool is_tree(std::string_view text, const json::value& wanted) {
    const auto tree = tree_of(text, body_depth_max);
    return tree && alike(*tree, wanted);
}

bool same(const std::vector<std::string_view>& texts, const json::array& list) {
    return std::equal(texts.begin(), texts.end(), list.begin(), list.end(),
                      [](std::string_view a, const json::value& b) {
                          return b.is_object() ? is_tree(a, b)
                                               : a == std::string_view(b.get_string());
                      });
}

bool same(http::json_kind kind, const http::json_value& a, const json::value& b) {
    switch (kind) {
    case http::json_kind::text:
        return a.text == std::string_view(b.get_string());
    case http::json_kind::integer:
        return a.integer == b.get_int64();
    case http::json_kind::boolean:
        return a.boolean == b.get_bool();
    case http::json_kind::object:
        return is_tree(a.text, b);
    case http::json_kind::texts:
    case http::json_kind::objects:
        return same(a.texts, b.get_array());
    }
    return false;
}

void check_values(const http::json_body& read, std::span<const http::json_field> fields,
                  const json::object& tree) {
    for (std::size_t i = 0; i < fields.size(); ++i) {
        const auto* member = tree.if_contains(fields[i].name);
        const bool is_null = member && member->is_null();
        expect(read[i].null == is_null, "a field is null when the tree's is");
        expect(read[i].present == (member && !is_null), "a field is there when the tree has it");
        if (read[i].present)
            expect(same(fields[i].kind, read[i], *member), "a value is the tree's");
    }
}

void check_repeated(const json::value& tree, std::span<const http::json_field> fields,
                    http::json_body& body) {
    if (tree.get_object().empty() || !is_finite(tree)) return;
    const auto once = json::serialize(tree);
    const auto why = body.read(once.substr(0, once.size() - 1) + ',' + once.substr(1), fields);
    expect(why && why->detail.find("is there twice") != why->detail.npos,
           "no field is there twice");
}

void check_body(std::string_view text, std::span<const http::json_field> fields,
                http::json_body& body) {
    const auto tree = tree_of(text, body_depth_max);
    const bool good = fits(tree, fields);
    const auto why = body.read(text, fields);
    if (!why) {
        expect(good, "what is read is what the fields say");
        check_values(body, fields, tree->get_object());
        return check_repeated(*tree, fields, body);
    }
    expect(why->status == 400 && !why->detail.empty(), "a refusal says why");
    if (!good) return;
    expect(repeats_a_name(text, tree->get_object()), "what fits is read");
    if (!is_finite(*tree)) return;
    const auto once = json::serialize(*tree);
    expect(!body.read(once, fields), "what fits, each once, is read");
    check_values(body, fields, tree->get_object());
}

template <class Length>
bool is_json(api::batch_scanner& scanner, std::string_view text, Length length) {
    scanner.begin_check(text);
    bool good = true;
    while (scanner.is_checking())
        good = scanner.check(length());
    return good;
}

void check_grammar(std::string_view text, dice& d) {
    api::batch_scanner scanner;
    const bool whole = is_json(scanner, text, [&] { return text.size() + 1; });
    expect(whole == tree_of(text, api::batch_scanner::depth_max).has_value(),
           "the grammar is Boost.JSON's");
    expect(whole == is_json(scanner, text, [&] { return 1 + d.roll(8); }),
           "the grammar, in slices");
}

struct batch {
    std::vector<std::string_view> items;
    api::batch_scanner::outcome outcome{};
    std::string why;
    bool operator==(const batch&) const = default;
};

template <class Length>
batch scan(std::string_view body, Length length) {
    using outcome = api::batch_scanner::outcome;
    static api::batch_scanner scanner; // reused, as in a worker
    scanner.begin(body);
    batch out;
    for (std::size_t calls = 0;; ++calls) {
        expect(calls < 8 * body.size() + 100, "the scanner comes to an end");
        out.outcome = scanner.next(length());
        if (out.outcome == outcome::item) out.items.push_back(scanner.item());
        if (out.outcome == outcome::end || out.outcome == outcome::refused) break;
    }
    out.why = scanner.why().detail;
    return out;
}

bool is_batch(const std::optional<json::value>& tree) {
    const auto* object = tree ? tree->if_object() : nullptr;
    return object && object->size() == 1 && object->contains("items") &&
           object->at("items").is_array();
}

void check_batch(std::string_view text, dice& d) {
    constexpr auto depth_max = api::batch_scanner::depth_max;
    const auto whole = scan(text, [&] { return text.size() + 1; });
    expect(whole == scan(text, [] { return 1; }), "a batch, byte by byte");
    expect(whole == scan(text, [&] { return 1 + d.roll(9); }), "a batch, in slices");
    const auto tree = tree_of(text, depth_max + 2);
    if (whole.outcome == api::batch_scanner::outcome::refused) {
        if (is_batch(tree)) expect(repeats_a_name(text, tree->get_object()), "a batch is taken");
        return expect(!whole.why.empty(), "a refusal says why");
    }
    std::vector<json::value> items;
    for (const auto item : whole.items) {
        auto value = tree_of(item, depth_max);
        if (!value) return expect(!tree, "a body with a bad item is no JSON");
        items.push_back(std::move(*value));
    }
    expect(is_batch(tree), "a body of good items is JSON");
    const auto& list = tree->at("items").get_array();
    expect(std::equal(items.begin(), items.end(), list.begin(), list.end(), alike),
           "the items are the tree's");
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const auto text = text_of(data, size);
    static http::json_body body; // reused, as in a worker
    for (const std::span<const http::json_field> fields :
         {std::span<const http::json_field>(api::api_key_fields),
          {api::token_fields},
          {api::device_fields},
          {every_kind}})
        check_body(text, fields, body);
    dice d(text);
    check_grammar(text, d);
    check_batch(text, d);
    return 0;
}
