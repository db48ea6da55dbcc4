#include <latchkey/crypto/jws.hpp>

#include <latchkey/crypto/base64url.hpp>
#include <latchkey/crypto/json_object.hpp>

#include <boost/json/monotonic_resource.hpp>
#include <boost/json/serialize.hpp>

#include <algorithm>
#include <array>
#include <stdexcept>
#include <utility>

namespace latchkey::crypto {

namespace {

namespace json = boost::json;

constexpr std::size_t header_room = 1024; // bytes for the values of an ordinary header
constexpr json_limits header_limits = {.bytes_max = 4096, .depth_max = 4, .names_max = 32};

jws_failure malformed(const char* why) {
    return {jws_defect::malformed, why};
}

struct compact_parts {
    std::string_view header, payload, signature;
};

std::optional<compact_parts> split(std::string_view text) {
    const auto first = text.find('.');
    if (first == std::string_view::npos) return std::nullopt;
    const auto second = text.find('.', first + 1);
    if (second == std::string_view::npos) return std::nullopt;
    const auto signature = text.substr(second + 1);
    if (signature.find('.') != std::string_view::npos) return std::nullopt;
    return compact_parts{text.substr(0, first), text.substr(first + 1, second - first - 1),
                         signature};
}

// Finds a member that would give the token another meaning or bring a signing key of the sender's
// choice. Returns null if there is none.
const char* complaint_about(const json::object& header) {
    struct {
        std::string_view name;
        const char* why;
    } static constexpr refused[] = {
        {"crit", "its header has \"crit\": no extension is understood here"},
        {"b64", "its header has \"b64\": unencoded payloads are not supported"},
        {"zip", "its header has \"zip\": compressed payloads are not supported"},
        {"enc", "it is encrypted (JWE), not signed"},
        {"jku", "its header names where to fetch a key (\"jku\")"},
        {"jwk", "its header brings a key (\"jwk\")"},
        {"x5u", "its header names where to fetch a certificate (\"x5u\")"},
        {"x5c", "its header brings a certificate (\"x5c\")"},
    };
    for (const auto& member : header)
        for (const auto& r : refused)
            if (member.key() == r.name) return r.why;
    return nullptr;
}

// Takes an optional member. Returns false if it is there but is not a string.
bool take_text(const json::object& header, std::string_view name, std::optional<std::string>& out) {
    const auto* found = header.if_contains(name);
    if (!found) return true;
    if (!found->is_string()) return false;
    out = std::string(found->get_string());
    return true;
}

} // namespace

void throw_exception_from_error(const jws_failure& f, const boost::source_location&) {
    throw std::runtime_error(f.message);
}

jws_result<unverified_token> unverified_token::read(std::string_view text) {
    const auto parts = split(text);
    if (!parts) return malformed("it is not three parts with dots between them");
    const auto header_text = decode_base64url(parts->header);
    auto payload = decode_base64url(parts->payload);
    auto signature = decode_base64url(parts->signature);
    if (!header_text || !payload || !signature)
        return malformed("a part of it is not canonical base64url without padding");
    if (signature->empty()) return malformed("it has no signature");
    unsigned char room[header_room];
    json::monotonic_resource memory(room, sizeof room);
    const auto header = parse_json_object(*header_text, header_limits, &memory);
    if (!header) return malformed("its header is not one strict JSON object");
    if (const auto* why = complaint_about(*header)) return malformed(why);
    unverified_token token;
    std::optional<std::string> algorithm;
    if (!take_text(*header, "alg", algorithm) || !algorithm)
        return malformed("its header has no \"alg\"");
    if (!take_text(*header, "kid", token.key_id_)) return malformed("its \"kid\" is not a string");
    if (!take_text(*header, "typ", token.type_)) return malformed("its \"typ\" is not a string");
    token.algorithm_name_ = std::move(*algorithm);
    token.signed_text_ = text.substr(0, parts->header.size() + 1 + parts->payload.size());
    token.payload_ = std::move(*payload);
    token.signature_ = std::move(*signature);
    return token;
}

jws_result<void> unverified_token::read_claims(const json_limits& limits,
                                               json::storage_ptr storage) {
    auto object = parse_json_object(payload_, limits, std::move(storage));
    if (!object) return malformed("its payload is not one strict JSON object");
    claims_.emplace(std::move(*object));
    return {};
}

jws_result<verified_token> verified_token::verify(unverified_token token, const jwk& key,
                                                  std::span<const jws_algorithm> allowed) {
    const auto algorithm = jws_algorithm_named(token.algorithm_name_);
    const auto* ready = algorithm ? key.ready_for(*algorithm) : nullptr;
    if (!ready || std::ranges::find(allowed, *algorithm) == allowed.end())
        return jws_failure{jws_defect::algorithm_not_allowed,
                           "the key is not to be used with the token's \"alg\""};
    if (!ready->verify(token.signed_text_, token.signature_))
        return jws_failure{jws_defect::signature_invalid, "the signature is not the key's"};
    verified_token verified;
    verified.payload_ = std::move(token.payload_);
    verified.claims_ = std::move(token.claims_);
    verified.type_ = std::move(token.type_);
    verified.algorithm_ = *algorithm;
    return verified;
}

compact_signer::compact_signer(const signature_key& key, std::string_view type,
                               std::string_view key_id)
    : key_(key),
      header_(encode_base64url(json::serialize(json::object{
                  {"alg", traits_of(key.algorithm()).name}, {"typ", type}, {"kid", key_id}})) +
              '.') {}

core::result<std::string> compact_signer::sign(std::string_view payload) const {
    auto text = header_ + encode_base64url(payload);
    auto signature = key_.sign(text);
    if (!signature) return signature.error();
    text += '.';
    text += encode_base64url(*signature);
    return text;
}

} // namespace latchkey::crypto
