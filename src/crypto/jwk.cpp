#include <latchkey/crypto/jwk.hpp>

#include "crypto/key_material.hpp"

#include <latchkey/crypto/base64url.hpp>
#include <latchkey/crypto/digest.hpp>
#include <latchkey/crypto/json_object.hpp>

#include <boost/json/array.hpp>
#include <boost/json/serialize.hpp>

#include <algorithm>
#include <array>
#include <utility>

namespace latchkey::crypto {

namespace {

namespace json = boost::json;

core::failure unusable(std::string why) {
    return {core::failure_kind::invalid, std::move(why)};
}

// Reads a member that must be a string; nullopt if it is absent.
core::result<std::optional<std::string>> text_of(const json::object& o, std::string_view name) {
    const auto* found = o.if_contains(name);
    if (!found) return std::optional<std::string>();
    const auto* text = found->if_string();
    if (!text) return unusable('"' + std::string(name) + "\" is not a string");
    return std::optional<std::string>(std::string(*text));
}

// Reads the numbers of a JWK; remembers the first that is wrong.
class number_reader {
  public:
    explicit number_reader(const json::object& o) : object_(o) {}

    std::string required(std::string_view name) { return read(name, true); }
    std::string optional(std::string_view name) { return read(name, false); }
    const std::string& wrong() const noexcept { return wrong_; }

  private:
    std::string read(std::string_view name, bool needed) {
        const auto* found = object_.if_contains(name);
        if (!found && !needed) return {};
        const auto* text = found ? found->if_string() : nullptr;
        auto bytes = text ? decode_base64url({text->data(), text->size()}) : std::nullopt;
        if (bytes && !bytes->empty()) return std::move(*bytes);
        if (wrong_.empty())
            wrong_ = '"' + std::string(name) + "\" is " +
                     (found ? "not a number in base64url" : "missing");
        return {};
    }

    const json::object& object_;
    std::string wrong_;
};

// The members of which the thumbprint is made, in their order.
json::object members_of(const json::object& o, std::initializer_list<std::string_view> names) {
    json::object members;
    for (const auto name : names)
        members[name] = o.at(name);
    return members;
}

struct read_key {
    material made;
    json::object required;
};

core::result<read_key> read_rsa(const json::object& o) {
    number_reader in(o);
    rsa_numbers numbers{in.required("n"), in.required("e"),  in.optional("d"),  in.optional("p"),
                        in.optional("q"), in.optional("dp"), in.optional("dq"), in.optional("qi")};
    if (!in.wrong().empty()) return unusable(in.wrong());
    auto made = make_rsa(numbers);
    if (!made) return made.error();
    return read_key{std::move(*made), members_of(o, {"e", "kty", "n"})};
}

core::result<read_key> read_point(const json::object& o, key_type type) {
    const auto curve = text_of(o, "crv");
    if (!curve) return curve.error();
    const auto known = std::ranges::find_if(jws_algorithms, [&](const auto& traits) {
        return traits.type == type && *curve && traits.curve == **curve;
    });
    if (known == jws_algorithms.end()) return unusable("its \"crv\" is not spoken here");
    number_reader in(o);
    const bool flat = type == key_type::ec;
    point_numbers numbers{known->curve, in.required("x"), flat ? in.required("y") : std::string(),
                          in.optional("d")};
    if (!in.wrong().empty()) return unusable(in.wrong());
    const auto length = known->coordinate_bytes;
    if (flat && (numbers.x.size() != length || numbers.y.size() != length))
        return unusable("its coordinates do not have the curve's length");
    auto made = flat ? make_ec(numbers) : make_ed25519(numbers);
    if (!made) return made.error();
    return read_key{std::move(*made), flat ? members_of(o, {"crv", "kty", "x", "y"})
                                           : members_of(o, {"crv", "kty", "x"})};
}

core::result<read_key> read_symmetric(const json::object& o) {
    number_reader in(o);
    auto bytes = in.required("k");
    if (!in.wrong().empty()) return unusable(in.wrong());
    auto made = make_symmetric(std::move(bytes));
    if (!made) return made.error();
    return read_key{std::move(*made), members_of(o, {"k", "kty"})};
}

core::result<read_key> read_by_type(const json::object& o) {
    const auto type = text_of(o, "kty");
    if (!type) return type.error();
    if (!*type) return unusable("\"kty\" is missing");
    if (**type == "RSA") return read_rsa(o);
    if (**type == "EC") return read_point(o, key_type::ec);
    if (**type == "OKP") return read_point(o, key_type::okp);
    if (**type == "oct") return read_symmetric(o);
    return unusable("its \"kty\" is not spoken here");
}

// Checks that the JWK is for signatures (RFC 7517, sections 4.2 and 4.3). Returns an empty text if
// it is.
std::string complaint_about_use(const json::object& o) {
    const auto use = text_of(o, "use");
    if (!use) return use.error().message;
    if (*use && **use != "sig") return "its \"use\" is not \"sig\"";
    const auto* ops = o.if_contains("key_ops");
    if (!ops) return {};
    const auto* list = ops->if_array();
    if (!list) return "\"key_ops\" is not a list";
    const bool verifies = std::ranges::any_of(
        *list, [](const json::value& op) { return op.is_string() && op.get_string() == "verify"; });
    return verifies ? std::string() : "its \"key_ops\" do not have \"verify\"";
}

bool fits(const key_material& key, const jws_algorithm_traits& traits) {
    return traits.type == key.type && (traits.curve.empty() || traits.curve == key.curve) &&
           (traits.type != key_type::oct || key.symmetric.reveal().size() >= traits.digest_bytes);
}

core::result<std::vector<signature_key>> make_ready(const material& key,
                                                    std::optional<jws_algorithm> only) {
    std::vector<signature_key> all;
    for (std::size_t i = 0; i < jws_algorithms.size(); ++i) {
        const auto algorithm = static_cast<jws_algorithm>(i);
        if ((only && *only != algorithm) || !fits(*key, traits_of(algorithm))) continue;
        auto made = signature_key::make(key, algorithm);
        if (!made) return made.error();
        all.push_back(std::move(*made));
    }
    if (!all.empty()) return all;
    if (only) return unusable("its \"alg\" does not go with its type, curve or length");
    return unusable("it is too short: HS256 needs 32 bytes");
}

std::string thumbprint_of(const json::object& required) {
    const auto hash = sha256(json::serialize(required));
    return encode_base64url({reinterpret_cast<const char*>(hash.data()), hash.size()});
}

} // namespace

core::result<jwk> jwk::parse(const json::object& o) {
    if (auto wrong = complaint_about_use(o); !wrong.empty()) return unusable(std::move(wrong));
    auto id = text_of(o, "kid");
    if (!id) return id.error();
    const auto name = text_of(o, "alg");
    if (!name) return name.error();
    std::optional<jws_algorithm> only;
    if (*name) {
        only = jws_algorithm_named(**name);
        if (!only) return unusable("its \"alg\" is not spoken here");
    }
    auto read = read_by_type(o);
    if (!read) return read.error();
    auto ready = make_ready(read->made, only);
    if (!ready) return ready.error();
    jwk key;
    key.key_id_ = std::move(*id);
    key.type_ = read->made->type;
    key.thumbprint_ = thumbprint_of(read->required);
    if (!key.is_symmetric()) key.required_ = std::move(read->required);
    key.ready_ = std::move(*ready);
    return key;
}

core::result<jwk> jwk::parse(std::string_view text) {
    const auto object = parse_json_object(text, {});
    if (!object) return object.error();
    return parse(*object);
}

const signature_key* jwk::ready_for(jws_algorithm algorithm) const noexcept {
    const auto found = std::ranges::find(ready_, algorithm, &signature_key::algorithm);
    return found == ready_.end() ? nullptr : &*found;
}

std::optional<json::object> jwk::public_members() const {
    if (is_symmetric()) return std::nullopt;
    auto members = required_;
    if (ready_.size() == 1) members["alg"] = traits_of(ready_.front().algorithm()).name;
    members["use"] = "sig";
    if (key_id_) members["kid"] = *key_id_;
    return members;
}

} // namespace latchkey::crypto
