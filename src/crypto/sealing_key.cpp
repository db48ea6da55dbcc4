#include <latchkey/crypto/sealing_key.hpp>

#include <latchkey/crypto/base64url.hpp>
#include <latchkey/crypto/digest.hpp>
#include <latchkey/crypto/openssl_handles.hpp>
#include <latchkey/crypto/random.hpp>

#include <algorithm>
#include <array>
#include <optional>
#include <utility>

namespace latchkey::crypto {

namespace {

constexpr std::size_t key_bytes = 32;
constexpr std::size_t nonce_bytes = 12;
constexpr std::size_t tag_bytes = 16;
constexpr std::size_t nonce_at = 1; // after the version
constexpr std::size_t text_at = nonce_at + nonce_bytes;
constexpr std::size_t overhead = text_at + tag_bytes;
constexpr std::size_t bytes_max = 1 << 20; // for text and associated data; OpenSSL counts in int
constexpr char version = 1;
constexpr std::size_t id_digits = 16;
constexpr std::string_view id_label = "latchkey: id of a key-encryption key: ";

std::string_view trimmed(std::string_view text) {
    constexpr std::string_view space = " \t\r\n";
    const auto begin = text.find_first_not_of(space);
    if (begin == std::string_view::npos) return {};
    return text.substr(begin, text.find_last_not_of(space) - begin + 1);
}

int hex_value(char c) {
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    if (c >= 'A' && c <= 'F') return c - 'A' + 10;
    return -1;
}

// Returns an empty secret if the text is not hexadecimal.
secret decode_hex(std::string_view text) {
    std::string bytes(text.size() / 2, 0);
    bool good = true;
    for (std::size_t i = 0; i < bytes.size(); ++i) {
        const auto high = hex_value(text[2 * i]);
        const auto low = hex_value(text[2 * i + 1]);
        good = good && high >= 0 && low >= 0;
        bytes[i] = static_cast<char>((high & 15) << 4 | (low & 15));
    }
    secret out(std::move(bytes));
    return good ? std::move(out) : secret();
}

// Takes either alphabet, but not a mixture. Returns an empty secret if the text is neither.
secret decode_base64(std::string_view text) {
    if (text.size() % 4 == 0 && text.ends_with('=')) text.remove_suffix(1);
    if (text.find_first_of("+/") == std::string_view::npos) {
        auto bytes = decode_base64url(text);
        return bytes ? secret(std::move(*bytes)) : secret();
    }
    if (text.find_first_of("-_") != std::string_view::npos) return {};
    std::string other(text);
    std::ranges::replace(other, '+', '-');
    std::ranges::replace(other, '/', '_');
    const secret in_base64url(std::move(other));
    auto bytes = decode_base64url(in_base64url.reveal());
    return bytes ? secret(std::move(*bytes)) : secret();
}

std::string id_of(const secret& key) {
    std::string text;
    text.reserve(id_label.size() + key_bytes); // growing would leave a copy of the key behind
    text += id_label;
    text += key.reveal();
    const secret labelled(std::move(text));
    return to_hex(sha256(labelled.reveal())).substr(0, id_digits);
}

int length_of(std::string_view text) {
    return static_cast<int>(text.size());
}

core::failure not_opened() {
    return {
        core::failure_kind::invalid,
        "it does not open: it was sealed with another key or for another place, or has changed"};
}

} // namespace

struct sealing_key::state {
    secret key;
    std::string id;
    cipher_ptr cipher;

    bool encrypt(std::string& sealed, std::string_view plain, std::string_view associated) const;
    bool decrypt(std::string& plain, std::string_view sealed, std::string_view associated) const;
};

// `sealed` must have its final length, and its nonce.
bool sealing_key::state::encrypt(std::string& sealed, std::string_view plain,
                                 std::string_view associated) const {
    const cipher_ctx_ptr context(EVP_CIPHER_CTX_new());
    auto* c = context.get();
    auto* out = bytes_of(sealed);
    auto* tag = out + text_at + plain.size();
    int n = 0;
    return c &&
           EVP_EncryptInit_ex2(c, cipher.get(), bytes_of(key.reveal()), out + nonce_at, nullptr) ==
               1 &&
           (associated.empty() ||
            EVP_EncryptUpdate(c, nullptr, &n, bytes_of(associated), length_of(associated)) == 1) &&
           (plain.empty() ||
            EVP_EncryptUpdate(c, out + text_at, &n, bytes_of(plain), length_of(plain)) == 1) &&
           EVP_EncryptFinal_ex(c, tag, &n) == 1 &&
           EVP_CIPHER_CTX_ctrl(c, EVP_CTRL_AEAD_GET_TAG, tag_bytes, tag) == 1;
}

// `plain` must have its final length. Its content counts only if true is returned.
bool sealing_key::state::decrypt(std::string& plain, std::string_view sealed,
                                 std::string_view associated) const {
    const cipher_ctx_ptr context(EVP_CIPHER_CTX_new());
    auto* c = context.get();
    const auto text = sealed.substr(text_at, plain.size());
    std::array<unsigned char, tag_bytes> tag{};
    std::ranges::copy(sealed.substr(sealed.size() - tag_bytes), tag.begin());
    int n = 0;
    return c &&
           EVP_DecryptInit_ex2(c, cipher.get(), bytes_of(key.reveal()),
                               bytes_of(sealed.substr(nonce_at)), nullptr) == 1 &&
           EVP_CIPHER_CTX_ctrl(c, EVP_CTRL_AEAD_SET_TAG, tag_bytes, tag.data()) == 1 &&
           (associated.empty() ||
            EVP_DecryptUpdate(c, nullptr, &n, bytes_of(associated), length_of(associated)) == 1) &&
           (text.empty() ||
            EVP_DecryptUpdate(c, bytes_of(plain), &n, bytes_of(text), length_of(text)) == 1) &&
           EVP_DecryptFinal_ex(c, bytes_of(plain) + plain.size(), &n) == 1;
}

sealing_key::sealing_key(std::unique_ptr<const state> made) noexcept : state_(std::move(made)) {}
sealing_key::sealing_key(sealing_key&&) noexcept = default;
sealing_key& sealing_key::operator=(sealing_key&&) noexcept = default;
sealing_key::~sealing_key() = default;

core::result<sealing_key> sealing_key::parse(std::string_view text) {
    const clean_errors after;
    text = trimmed(text);
    auto key = text.size() == 2 * key_bytes ? decode_hex(text) : decode_base64(text);
    if (key.reveal().size() != key_bytes)
        return core::failure{core::failure_kind::invalid,
                             "a key-encryption key is 32 random bytes in base64, or 64 hexadecimal "
                             "digits: \"openssl rand -base64 32\" makes one"};
    auto made = std::make_unique<state>();
    made->id = id_of(key);
    made->key = std::move(key);
    made->cipher.reset(EVP_CIPHER_fetch(nullptr, "AES-256-GCM", nullptr));
    if (!made->cipher)
        return core::failure{core::failure_kind::internal, "OpenSSL offers no AES-256-GCM"};
    return sealing_key(std::move(made));
}

const std::string& sealing_key::id() const noexcept {
    return state_->id;
}

core::result<std::string> sealing_key::seal(std::string_view plain,
                                            std::string_view associated) const {
    const clean_errors after;
    if (plain.size() > bytes_max || associated.size() > bytes_max)
        return core::failure{core::failure_kind::invalid, "no more than 1 MiB can be sealed"};
    std::string sealed(plain.size() + overhead, 0);
    sealed[0] = version;
    if (auto filled = fill_random({bytes_of(sealed) + nonce_at, nonce_bytes}); !filled)
        return filled.error();
    if (!state_->encrypt(sealed, plain, associated))
        return core::failure{core::failure_kind::internal, "OpenSSL did not seal"};
    return sealed;
}

core::result<secret> sealing_key::open(std::string_view sealed, std::string_view associated) const {
    const clean_errors after;
    if (sealed.size() < overhead || sealed.size() > bytes_max + overhead ||
        associated.size() > bytes_max || sealed[0] != version)
        return not_opened();
    // Longer at first than a short string, which keeps its bytes inside the object, where a move
    // would leave a copy.
    std::string plain(sealed.size(), 0);
    plain.resize(sealed.size() - overhead);
    const bool good = state_->decrypt(plain, sealed, associated);
    secret opened(std::move(plain));
    if (!good) return not_opened();
    return opened;
}

} // namespace latchkey::crypto
