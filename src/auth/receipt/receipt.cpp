#include <latchkey/auth/receipt/receipt.hpp>

#include <latchkey/crypto/base64url.hpp>
#include <latchkey/crypto/digest.hpp>
#include <latchkey/crypto/hmac.hpp>

#include <algorithm>

namespace latchkey::auth {

namespace {

constexpr char version = 1;
constexpr std::size_t number_bytes = 8;
constexpr std::size_t mac_bytes = 32;
constexpr std::size_t told_bytes = 1 + number_bytes + 2 * sizeof(name_digest);
static_assert(receipt_length == ((told_bytes + mac_bytes) * 8 + 5) / 6);

std::string mac_of(std::string_view told, const crypto::secret& key) {
    const auto mac = crypto::hmac_sha256(key, told);
    return {reinterpret_cast<const char*>(mac.data()), mac.size()};
}

// Takes bytes from the front of the text, which must have so many.
name_digest take_digest(std::string_view& told) {
    name_digest out;
    std::copy_n(told.begin(), out.size(), out.begin());
    told.remove_prefix(out.size());
    return out;
}

std::uint64_t take_number(std::string_view& told) {
    std::uint64_t out = 0;
    for (const char c : told.substr(0, number_bytes))
        out = out << 8 | static_cast<unsigned char>(c);
    told.remove_prefix(number_bytes);
    return out;
}

} // namespace

name_digest digest_of_name(std::string_view name) noexcept {
    const auto whole = crypto::sha256(name);
    name_digest out;
    std::copy_n(reinterpret_cast<const char*>(whole.data()), out.size(), out.begin());
    return out;
}

receipt receipt_of(const change_position& change) noexcept {
    return {digest_of_name(change.place), digest_of_name(change.era), change.transaction};
}

std::string encode_receipt(const receipt& what, const crypto::secret& key) {
    std::string told(1, version);
    for (int shift = 56; shift >= 0; shift -= 8)
        told += static_cast<char>(what.transaction >> shift & 0xff);
    told.append(what.place.data(), what.place.size());
    told.append(what.era.data(), what.era.size());
    return crypto::encode_base64url(told + mac_of(told, key));
}

std::optional<receipt> decode_receipt(std::string_view text, const crypto::secret& key) {
    if (text.size() != receipt_length) return std::nullopt;
    const auto bytes = crypto::decode_base64url(text);
    if (!bytes || bytes->size() != told_bytes + mac_bytes) return std::nullopt;
    std::string_view told(bytes->data(), told_bytes);
    const std::string_view mac(bytes->data() + told_bytes, mac_bytes);
    if (!crypto::equal_secrets(mac, mac_of(told, key)) || told[0] != version) return std::nullopt;
    told.remove_prefix(1);
    receipt out;
    out.transaction = take_number(told);
    out.place = take_digest(told);
    out.era = take_digest(told);
    return out;
}

} // namespace latchkey::auth
