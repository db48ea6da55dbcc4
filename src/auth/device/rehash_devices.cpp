#include <latchkey/auth/device/rehash_devices.hpp>

#include "auth/checks.hpp"
#include "auth/device/computed.hpp"

#include <utility>
#include <vector>

namespace latchkey::auth {

namespace {

// Returns the stored form of a bare text, or nullopt if the text cannot be read.
std::optional<core::result<crypto::secret>>
stored_form(const crypto::secret& bare, legacy_device_secret legacy, rehash_to form) {
    const auto reading = reading_of(shape_of_bare(bare.reveal()), legacy);
    if (reading == bare_reading::unusable) return std::nullopt;
    if (reading == bare_reading::plaintext) {
        if (form == rehash_to::sha256) return crypto::secret(sha256_form(bare.reveal()));
        auto hashed = crypto::hash_password(bare.reveal(), {});
        if (!hashed) return hashed.error();
        return crypto::secret(std::move(*hashed));
    }
    std::string text = "sha256:";
    for (const char c : bare.reveal())
        text += c >= 'A' && c <= 'F' ? static_cast<char>(c - 'A' + 'a') : c;
    return crypto::secret(std::move(text));
}

// Returns what is to be written of a page, and counts what cannot be read.
core::result<std::vector<device_rehash>> stored_forms(std::vector<legacy_device>& page,
                                                      legacy_device_secret legacy, rehash_to form,
                                                      std::size_t& unusable) {
    std::vector<device_rehash> out;
    for (auto& device : page)
        for (auto& bare : device.stored) {
            auto text = stored_form(bare, legacy, form);
            if (text && !*text) return text->error();
            if (text)
                out.push_back({device.device_id, std::move(bare), std::move(**text)});
            else
                ++unusable;
        }
    return out;
}

std::optional<std::string> check(const rehash_page& page) {
    const auto most = rehash_limit_max(page.form);
    if (page.limit < 1 || page.limit > most)
        return "field \"limit\" must be from 1 to " + std::to_string(most);
    return std::nullopt;
}

core::failure nobody_has_said(const bare_secret_counts& counts) {
    return invalid("public.device_credentials holds " + std::to_string(counts.hex_64) +
                   " bare secrets of 64 hexadecimal digits, " + std::to_string(counts.like_hex_64) +
                   " that have more than these around them, and " + std::to_string(counts.other) +
                   " others, and auth.legacy_device_secret is unset: set it to \"plaintext\", "
                   "\"sha256-hex\" or, where the former are SHA-256 and the latter are the secrets "
                   "themselves, \"mixed\", and restart");
}

} // namespace

rehash_forecast forecast(const bare_secret_counts& counts, legacy_device_secret legacy) noexcept {
    rehash_forecast out{legacy, counts};
    const auto add = [&](bare_shape shape, std::size_t count) {
        switch (reading_of(shape, legacy)) {
        case bare_reading::unusable:
            out.unusable += count;
            break;
        case bare_reading::plaintext:
            out.as_plaintext += count;
            break;
        case bare_reading::sha256_hex:
            out.as_sha256 += count;
            break;
        }
    };
    add(bare_shape::hex_64, counts.hex_64);
    add(bare_shape::like_hex_64, counts.like_hex_64);
    add(bare_shape::other, counts.other);
    return out;
}

operation<rehash_forecast> forecast_rehash(device_store& store, legacy_device_secret legacy) {
    const auto counts = co_await store.count_bare_secrets();
    if (!counts) co_return counts.error();
    if (legacy == legacy_device_secret::unset && counts->all() > 0)
        co_return nobody_has_said(*counts);
    co_return forecast(*counts, legacy);
}

operation<rehashed_page> rehash_devices(device_store& store, const core::slow_work& elsewhere,
                                        legacy_device_secret legacy, rehash_page page,
                                        operator_request& by) {
    if (auto wrong = check(page)) co_return invalid(*wrong);
    rehashed_page out;
    if (legacy == legacy_device_secret::unset) {
        const auto counts = co_await store.count_bare_secrets();
        if (!counts) co_return counts.error();
        if (counts->all() > 0) co_return nobody_has_said(*counts);
        co_return out;
    }
    device_page of{page.limit, std::move(page.after)};
    auto found = co_await store.legacy_device_page(std::move(of));
    if (!found) co_return found.error();
    if (!found->empty()) out.next = found->back().device_id;
    auto rehashes = co_await computed(
        elsewhere, [&] { return stored_forms(*found, legacy, page.form, out.unusable); });
    if (!rehashes) co_return rehashes.error();
    // One row after the other: a page is small, and no request waits for it.
    for (auto& one : *rehashes) {
        const auto written = co_await store.rehash_device(std::move(one), by);
        if (!written) co_return written.error();
        ++(*written ? out.rehashed : out.changed);
    }
    co_return out;
}

} // namespace latchkey::auth
