#include <latchkey/crypto/published_key.hpp>

#include "crypto/key_material.hpp"

#include <latchkey/crypto/base64url.hpp>
#include <latchkey/crypto/openssl_handles.hpp>

#include <openssl/x509.h>

#include <algorithm>
#include <optional>
#include <string>

namespace latchkey::crypto {

namespace {

using x509_ptr = std::unique_ptr<X509, freed_by<X509_free>>;

bool has(std::string_view text, std::string_view part) {
    return text.find(part) != text.npos;
}

const char* shown_by_text(std::string_view text) {
    const bool armoured = has(text, "-----BEGIN ") || has(text, "---- BEGIN SSH2");
    if (armoured && has(text, "CERTIFICATE")) return "a certificate in PEM";
    if (armoured && has(text, "PRIVATE KEY")) return "a private key in PEM";
    if (armoured) return "a public key in PEM";
    if (has(text, "\"kty\"")) return "a JWK";
    if (has(text, "<RSAKeyValue>") || has(text, "<KeyValue")) return "a public key in XML";
    // The base64 of every OpenSSH key begins with the length of a short name, hence with AAAA.
    const bool ssh = has(text, "ssh-") || has(text, "ecdsa-sha2-");
    return ssh && has(text, " AAAA") ? "a public key of OpenSSH" : nullptr;
}

// True if `read` consumes all of the bytes.
template <class Read>
bool is_der(std::string_view bytes, Read read) {
    const auto* at = bytes_of(bytes);
    const auto* end = at + bytes.size();
    return read(&at, static_cast<long>(bytes.size())) && at == end;
}

const char* shown_by_der(std::string_view bytes) {
    if (!bytes.starts_with('\x30')) return nullptr; // a SEQUENCE
    const clean_errors after;
    const auto any_public = [](auto** at, long n) {
        return pkey_ptr(d2i_PUBKEY(nullptr, at, n)) != nullptr;
    };
    const auto rsa_public = [](auto** at, long n) {
        return pkey_ptr(d2i_PublicKey(EVP_PKEY_RSA, nullptr, at, n)) != nullptr;
    };
    const auto any_private = [](auto** at, long n) {
        return pkey_ptr(d2i_AutoPrivateKey(nullptr, at, n)) != nullptr;
    };
    const auto certificate = [](auto** at, long n) {
        return x509_ptr(d2i_X509(nullptr, at, n)) != nullptr;
    };
    if (is_der(bytes, any_public) || is_der(bytes, rsa_public)) return "a public key in DER";
    if (is_der(bytes, certificate)) return "a certificate in DER";
    return is_der(bytes, any_private) ? "a private key in DER" : nullptr;
}

// An uncompressed point (SEC 1, section 2.3.3): browsers' keys for push messages have this form.
const char* shown_by_point(std::string_view bytes) {
    if (!bytes.starts_with('\x04')) return nullptr;
    const auto length = (bytes.size() - 1) / 2;
    const auto fits = std::ranges::find_if(jws_algorithms, [&](const auto& traits) {
        return traits.type == key_type::ec && bytes.size() == 1 + 2 * traits.coordinate_bytes;
    });
    if (fits == jws_algorithms.end()) return nullptr;
    const point_numbers numbers{fits->curve,
                                std::string(bytes.substr(1, length)),
                                std::string(bytes.substr(1 + length)),
                                {}};
    return make_ec(numbers) ? "a public key's point" : nullptr;
}

const char* shown_by_bytes(std::string_view bytes) {
    if (const auto* text = shown_by_text(bytes)) return text;
    if (const auto* der = shown_by_der(bytes)) return der;
    return shown_by_point(bytes);
}

// Decodes either alphabet, with or without padding and line breaks.
std::optional<std::string> from_base64(std::string_view text) {
    std::string letters;
    for (const char c : text) {
        if (c == ' ' || c == '\t' || c == '\r' || c == '\n' || c == '=') continue;
        letters += c == '+' ? '-' : c == '/' ? '_' : c;
    }
    return decode_base64url(letters);
}

std::optional<unsigned> digit_of(char c) {
    if (c >= '0' && c <= '9') return c - '0';
    const char small = static_cast<char>(c | 0x20);
    if (small >= 'a' && small <= 'f') return small - 'a' + 10;
    return std::nullopt;
}

// Decodes digits with or without colons or white space between them.
std::optional<std::string> from_hexadecimal(std::string_view text) {
    std::string out;
    std::optional<unsigned> upper;
    for (const char c : text) {
        if (c == ':' || c == ' ' || c == '\r' || c == '\n') continue;
        const auto digit = digit_of(c);
        if (!digit) return std::nullopt;
        if (upper) out += static_cast<char>(*upper << 4 | *digit);
        upper = upper ? std::nullopt : digit;
    }
    if (upper || out.empty()) return std::nullopt;
    return out;
}

} // namespace

const char* published_key_in(std::string_view secret) {
    if (const auto* shown = shown_by_bytes(secret)) return shown;
    for (const auto& decoded : {from_base64(secret), from_hexadecimal(secret)})
        if (const auto* shown = decoded ? shown_by_bytes(*decoded) : nullptr) return shown;
    // In UTF-16 each letter has a zero beside it.
    std::string letters(secret);
    std::erase(letters, '\0');
    return shown_by_text(letters);
}

} // namespace latchkey::crypto
