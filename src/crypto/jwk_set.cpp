#include <latchkey/crypto/json_object.hpp>
#include <latchkey/crypto/jwk.hpp>

#include <boost/json/array.hpp>

#include <algorithm>

namespace latchkey::crypto {

namespace {

namespace json = boost::json;

constexpr std::size_t names_a_key_max = 64;

core::failure invalid(std::string why) {
    return {core::failure_kind::invalid, "the JWK set is unusable: " + std::move(why)};
}

// The JWK holds a part that must not be published.
bool shows_a_secret(const json::object& key) {
    return key.contains("d") || key.contains("k");
}

std::optional<std::string> id_of(const json::object& key) {
    const auto* id = key.if_contains("kid");
    if (!id || !id->is_string()) return std::nullopt;
    return std::string(id->get_string());
}

void take(const json::value& element, jwk_set& out) {
    const auto* object = element.if_object();
    if (!object) return out.unusable.push_back({{}, "it is not an object"});
    auto key = jwk::parse(*object);
    if (!key) return out.unusable.push_back({id_of(*object), key.error().message});
    out.keys.push_back(std::move(*key));
}

bool has_twins(const std::vector<jwk>& keys) {
    std::vector<std::string_view> ids;
    for (const auto& key : keys)
        if (key.key_id()) ids.push_back(*key.key_id());
    std::ranges::sort(ids);
    return std::ranges::adjacent_find(ids) != ids.end();
}

} // namespace

core::result<jwk_set> parse_jwk_set(std::string_view text, const jwk_set_limits& limits) {
    const auto object = parse_json_object(
        text, {.bytes_max = limits.bytes_max, .names_max = limits.keys_max * names_a_key_max});
    if (!object) return invalid(object.error().message);
    const auto* keys = object->if_contains("keys");
    const auto* list = keys ? keys->if_array() : nullptr;
    if (!list) return invalid("it has no list \"keys\"");
    if (list->size() > limits.keys_max)
        return invalid("it has more than " + std::to_string(limits.keys_max) + " keys");
    jwk_set out;
    for (const auto& element : *list) {
        const auto* key = element.if_object();
        if (key && !limits.symmetric && shows_a_secret(*key))
            return invalid("it publishes a private or symmetric key");
        take(element, out);
    }
    if (has_twins(out.keys)) return invalid("two of its keys have one \"kid\"");
    return out;
}

} // namespace latchkey::crypto
