#include <latchkey/http/json_body.hpp>

#include "http/plain_object.hpp"

#include <latchkey/core/text/json_text.hpp>
#include <latchkey/core/text/nearest_name.hpp>
#include <latchkey/http/field_values.hpp>

#include <boost/json/basic_parser_impl.hpp>

#include <bit>
#include <functional>
#include <utility>

namespace latchkey::http {

std::optional<refusal> unless_json(const request& r) {
    if (is_json(r.get(field::content_type))) return std::nullopt;
    return refusal{415, "send the body as Content-Type: application/json"};
}

namespace {

namespace json = boost::json;
using boost::json::error_code;

std::string_view name_of(json_kind kind) {
    switch (kind) {
    case json_kind::text:
        return "a string";
    case json_kind::texts:
        return "an array of strings";
    case json_kind::integer:
        return "an integer";
    case json_kind::object:
        return "an object";
    case json_kind::objects:
        return "an array of objects";
    case json_kind::boolean:
        return "true or false";
    }
    return "";
}

std::string quoted(std::string_view name) {
    return "\"" + std::string(name) + "\"";
}

} // namespace

// Takes Boost.JSON's events. At depth 1 is the body's own object; what is deeper belongs to the
// value of `field_`.
class json_body::handler {
  public:
    static constexpr std::size_t max_object_size = 1000;
    static constexpr std::size_t max_array_size = 10000;
    static constexpr std::size_t max_key_size = 65536;
    static constexpr std::size_t max_string_size = 1 << 20;

    explicit handler(json_body& out) : out_(out) {}

    void begin(std::string_view body, std::span<const json_field> fields) {
        body_ = body;
        fields_ = fields;
        depth_ = 0;
        field_ = 0;
        pieces_.clear();
        raw_.clear();
        why_.reset();
    }
    std::optional<refusal> take_why() { return std::exchange(why_, std::nullopt); }

    bool on_document_begin(error_code&) { return true; }
    bool on_document_end(error_code&) { return true; }

    bool on_object_begin(error_code& ec) {
        if (depth_ == 0) return descend();
        if (raw_depth() == 0 || depth_ < raw_depth()) return wrong_type(ec);
        raw_value();
        raw_ += '{';
        return descend();
    }
    bool on_object_end(std::size_t, error_code&) {
        --depth_;
        if (depth_ == 0) return true;
        raw_ += '}';
        if (depth_ == raw_depth()) keep_object();
        return true;
    }
    bool on_array_begin(error_code& ec) {
        if (depth_ == 0) return not_an_object(ec);
        if (depth_ == 1 && is_list()) return descend();
        if (!within_object()) return wrong_type(ec);
        raw_value();
        raw_ += '[';
        return descend();
    }
    bool on_array_end(std::size_t, error_code&) {
        --depth_;
        if (within_object()) raw_ += ']';
        return true;
    }

    bool on_key_part(json::string_view s, std::size_t, error_code&) { return piece(s); }
    bool on_key(json::string_view s, std::size_t, error_code& ec) {
        const auto name = whole(s);
        if (depth_ > 1) {
            raw_separator();
            core::append_json_string(raw_, name);
            raw_ += ':';
            pieces_.clear();
            return true;
        }
        const bool known = find_field(name);
        if (!known) return unknown(name, ec);
        pieces_.clear();
        auto& value = out_.values_[field_];
        if (value.present || value.null) return refuse(ec, "is there twice");
        value.present = true;
        out_.named_ |= 1u << field_;
        return true;
    }

    bool on_string_part(json::string_view s, std::size_t, error_code&) { return piece(s); }
    bool on_string(json::string_view s, std::size_t, error_code& ec) {
        if (depth_ == 0) return not_an_object(ec);
        auto& value = out_.values_[field_];
        const auto kind = fields_[field_].kind;
        if (within_object()) {
            raw_value();
            core::append_json_string(raw_, whole(s));
        } else if (kind == json_kind::text && depth_ == 1) {
            value.text = kept(s);
        } else if (kind == json_kind::texts && depth_ == 2) {
            value.texts.push_back(kept(s));
        } else {
            return wrong_type(ec);
        }
        pieces_.clear();
        return true;
    }

    bool on_number_part(json::string_view s, error_code&) { return piece(s); }
    bool on_int64(std::int64_t n, json::string_view s, error_code& ec) {
        if (depth_ == 1 && fields_[field_].kind == json_kind::integer) {
            out_.values_[field_].integer = n;
            pieces_.clear();
            return true;
        }
        return number(s, ec);
    }
    bool on_uint64(std::uint64_t, json::string_view s, error_code& ec) { return number(s, ec); }
    bool on_double(double, json::string_view s, error_code& ec) { return number(s, ec); }
    bool on_bool(bool b, error_code& ec) {
        const bool wanted = depth_ == 1 && fields_[field_].kind == json_kind::boolean;
        if (!wanted) return word(b ? "true" : "false", ec);
        out_.values_[field_].boolean = b;
        return true;
    }
    bool on_null(error_code& ec) {
        if (depth_ != 1 || fields_[field_].required) return word("null", ec);
        auto& value = out_.values_[field_];
        value.present = false;
        value.null = true;
        return true;
    }
    bool on_comment_part(json::string_view, error_code&) { return true; }
    bool on_comment(json::string_view, error_code&) { return true; }

  private:
    bool descend() {
        ++depth_;
        return true;
    }

    // --- refusing; the parser stops at any error code, and why_ holds ours ---
    bool stop(error_code& ec, std::string detail) {
        why_.emplace(refusal{400, std::move(detail)});
        ec = json::error::exception;
        return false;
    }
    bool refuse(error_code& ec, const char* what) {
        return stop(ec, "field " + quoted(fields_[field_].name) + " " + what);
    }
    bool wrong_type(error_code& ec) {
        return stop(ec, "field " + quoted(fields_[field_].name) + " must be " +
                            std::string(name_of(fields_[field_].kind)));
    }
    bool not_an_object(error_code& ec) { return stop(ec, "the body must be a JSON object"); }

    // An unknown name is repeated only if it resembles a known one: it may be a misplaced secret.
    bool unknown(std::string_view name, error_code& ec) {
        std::vector<std::string_view> names;
        std::string all;
        for (const auto& f : fields_) {
            names.push_back(f.name);
            all += (all.empty() ? "" : ", ") + std::string(f.name);
        }
        const auto nearest = core::nearest_name(name, names);
        if (nearest.empty()) return stop(ec, "a field is not known here; known are: " + all);
        return stop(ec, "field " + quoted(name) + " is not known here; did you mean " +
                            quoted(nearest) + "?");
    }

    bool find_field(std::string_view name) {
        for (field_ = 0; field_ < fields_.size(); ++field_)
            if (fields_[field_].name == name) return true;
        field_ = 0;
        return false;
    }

    // --- texts, which may come in pieces ---
    bool piece(json::string_view s) {
        pieces_.append(s.data(), s.size());
        return true;
    }
    std::string_view whole(json::string_view s) {
        if (pieces_.empty()) return {s.data(), s.size()};
        pieces_.append(s.data(), s.size());
        return pieces_;
    }
    // Returns a view into the body if the text stands there verbatim, else into memory of our own.
    std::string_view kept(json::string_view s) {
        const std::less_equal<const char*> not_after;
        const bool verbatim = pieces_.empty() && not_after(body_.data(), s.data()) &&
                              not_after(s.data() + s.size(), body_.data() + body_.size());
        if (verbatim) return {s.data(), s.size()};
        return out_.unescaped_.emplace_back(whole(s));
    }

    // --- values within an object that is kept as text ---
    bool is_list() const {
        const auto kind = fields_[field_].kind;
        return kind == json_kind::texts || kind == json_kind::objects;
    }
    // The depth at which such an object begins; 0: the field takes none.
    std::size_t raw_depth() const {
        const auto kind = fields_[field_].kind;
        return kind == json_kind::object ? 1 : kind == json_kind::objects ? 2 : 0;
    }
    bool within_object() const { return raw_depth() > 0 && depth_ > raw_depth(); }
    void raw_separator() {
        if (!raw_.empty() && raw_.back() != '{' && raw_.back() != '[' && raw_.back() != ':')
            raw_ += ',';
    }
    void raw_value() { raw_separator(); }
    bool number(json::string_view s, error_code& ec) {
        if (depth_ == 0) return not_an_object(ec);
        if (!within_object()) return wrong_type(ec);
        raw_value();
        raw_ += whole(s);
        pieces_.clear();
        return true;
    }
    bool word(const char* text, error_code& ec) {
        if (depth_ == 0) return not_an_object(ec);
        if (!within_object()) return wrong_type(ec);
        raw_value();
        raw_ += text;
        return true;
    }
    void keep_object() {
        const std::string_view kept = out_.unescaped_.emplace_back(std::move(raw_));
        auto& value = out_.values_[field_];
        if (is_list())
            value.texts.push_back(kept);
        else
            value.text = kept;
        raw_.clear();
    }

    json_body& out_;
    std::string_view body_;
    std::span<const json_field> fields_;
    std::size_t depth_ = 0;
    std::size_t field_ = 0;
    std::string pieces_;
    std::string raw_;
    std::optional<refusal> why_;
};

struct json_body::parser {
    static json::parse_options options() {
        json::parse_options o;
        o.max_depth = 16;
        return o;
    }
    explicit parser(json_body& out) : json(options(), out) {}
    json::basic_parser<handler> json;
};

json_body::json_body() : parser_(std::make_unique<parser>(*this)) {}
json_body::~json_body() = default;

void json_body::clear() {
    for (auto left = std::exchange(named_, 0u); left != 0; left &= left - 1) {
        auto& value = values_[static_cast<std::size_t>(std::countr_zero(left))];
        value.present = value.null = false;
        value.text = {};
        value.integer = 0;
        value.boolean = false;
        value.texts.clear();
    }
    if (!unescaped_.empty()) unescaped_.clear();
}

// Returns false if the body is not such an object, or if there is anything to refuse: then the
// parser reads it, and finds the reason.
bool json_body::read_plainly(std::string_view body, std::span<const json_field> fields) {
    if (body.size() > handler::max_string_size) return false;
    std::size_t required = 0;
    const auto take = [&](std::string_view name, std::string_view text) {
        std::size_t i = 0;
        while (i < fields.size() && fields[i].name != name)
            ++i;
        if (i == fields.size() || fields[i].kind != json_kind::text || values_[i].present)
            return false;
        values_[i].present = true;
        values_[i].text = text;
        named_ |= 1u << i;
        required += fields[i].required;
        return true;
    };
    if (!plain_object(body).each(take)) return false;
    for (const auto& field : fields)
        required -= field.required;
    return required == 0;
}

std::optional<refusal> json_body::read(std::string_view body, std::span<const json_field> fields) {
    clear();
    if (read_plainly(body, fields)) return std::nullopt;
    clear();
    auto& json = parser_->json;
    json.reset();
    json.handler().begin(body, fields);
    error_code ec;
    const auto read = json.write_some(false, body.data(), body.size(), ec);
    if (auto why = json.handler().take_why()) return why;
    if (!ec && read < body.size()) ec = json::error::extra_data;
    if (ec)
        return refusal{400, "the body is not JSON: " + ec.message() + " at byte " +
                                std::to_string(read + 1) + " of " + std::to_string(body.size())};
    for (std::size_t i = 0; i < fields.size(); ++i)
        if (fields[i].required && !values_[i].present)
            return refusal{400, "field " + quoted(fields[i].name) + " is missing; it must be " +
                                    std::string(name_of(fields[i].kind))};
    return std::nullopt;
}

} // namespace latchkey::http
