#include "api/batch/batch_item.hpp"

#include "api/public/fields.hpp"

#include <algorithm>
#include <array>
#include <bit>

namespace latchkey::api {

namespace {

constexpr const auto& fields = item_fields;

// One bit for each of the fields above.
using field_set = unsigned;
constexpr field_set bit(std::size_t field) {
    return 1u << field;
}
constexpr field_set type = bit(fields["type"]);

struct shape {
    field_set known;
    field_set required;
};

// Returns the shape of an item that has the fields of an endpoint's table.
template <std::size_t N>
constexpr shape shape_of(const http::json_fields<N>& table) {
    shape out{type, type};
    for (const auto& wanted : table.all()) {
        const auto same = [&](const http::json_field& f) {
            return f.name == wanted.name && f.kind == wanted.kind;
        };
        const auto found = std::ranges::find_if(fields.all(), same);
        if (found == fields.all().end()) throw "a field that no item has";
        const auto place = static_cast<std::size_t>(found - fields.all().begin());
        out.known |= bit(place);
        if (wanted.required) out.required |= bit(place);
    }
    return out;
}

constexpr shape key_shape = shape_of(api_key_fields);
constexpr shape token_shape = {shape_of(token_fields).known, type | bit(fields["token"])};
constexpr shape device_shape = shape_of(device_fields);

bool fits(const http::json_body& body, const shape& s) {
    field_set present = 0;
    for (auto left = body.named(); left != 0; left &= left - 1) {
        const auto field = static_cast<std::size_t>(std::countr_zero(left));
        if (body[field].present) present |= bit(field);
    }
    return (present & ~s.known) == 0 && (s.required & ~present) == 0;
}

} // namespace

batch_item::kind batch_item::read(std::string_view item) {
    if (const auto why = body_.read(item, fields)) return refuse(why);
    const auto name = body_[fields["type"]].text;
    if (name == item_types[0]) return read_key();
    if (name == item_types[1]) return read_token();
    if (name == item_types[2]) return read_device();
    why_ = "\"type\" must be \"api_key\", \"token\" or \"device\"";
    return kind::malformed;
}

// `why`: of a question that is not well-formed; nullopt: it has not the fields of its type.
batch_item::kind batch_item::refuse(const std::optional<http::refusal>& why) {
    why_ = why ? why->detail : "it has not the fields of its \"type\", or others besides";
    return kind::malformed;
}

// Returns false if the expression is malformed.
bool batch_item::read_permissions(const auth::permission_expression*& out) {
    out = nullptr;
    const auto& given = body_[fields["permissions"]];
    if (!given.present) return true;
    const auto [found, is_new] = permissions_.try_emplace(std::string(given.text));
    if (is_new)
        if (const auto wrong = found->second.read(found->first)) {
            permissions_.erase(found);
            why_ = bad_permissions(*wrong).detail;
            return false;
        }
    out = &found->second;
    return true;
}

batch_item::kind batch_item::read_key() {
    if (!fits(body_, key_shape)) return refuse({});
    if (const auto why = read_key_terms(body_[fields["scopes"]], body_[fields["ip"]],
                                        body_[fields["cost"]], of_key_))
        return refuse(why);
    if (!read_permissions(of_key_.permissions)) return kind::malformed;
    credential_ = body_[fields["api_key"]].text;
    return kind::api_key;
}

batch_item::kind batch_item::read_token() {
    if (!fits(body_, token_shape)) return refuse({});
    credential_ = body_[fields["token"]].text;
    of_token_ = {std::nullopt, body_[fields["scopes"]].texts};
    if (body_[fields["audience"]].present) of_token_.audience = body_[fields["audience"]].text;
    if (!read_permissions(of_token_.permissions)) return kind::malformed;
    const auto& certificate = body_[fields["certificate_thumbprint"]];
    if (certificate.present) of_token_.certificate = certificate.text;
    return kind::token;
}

batch_item::kind batch_item::read_device() {
    if (!fits(body_, device_shape)) return refuse({});
    credential_ = body_[fields["device_id"]].text;
    of_device_ = {.scopes = body_[fields["scopes"]].texts};
    if (!read_permissions(of_device_.permissions)) return kind::malformed;
    return kind::device;
}

std::string_view batch_item::device_secret() const noexcept {
    return body_[fields["device_secret"]].text;
}

bool batch_item::names_scopes() const noexcept {
    return body_[fields["scopes"]].present;
}

bool batch_item::issue_token() const noexcept {
    return body_[fields["issue_token"]].boolean;
}

} // namespace latchkey::api
