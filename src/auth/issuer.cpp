#include <latchkey/auth/issuer.hpp>

#include <algorithm>
#include <utility>

namespace latchkey::auth {

namespace {

// The only element that fits, or null.
template <class Keys, class Fits>
const crypto::jwk* only_one(const Keys& keys, Fits fits) {
    const auto first = std::ranges::find_if(keys, fits);
    if (first == keys.end()) return nullptr;
    const bool more = std::find_if(std::next(first), keys.end(), fits) != keys.end();
    return more ? nullptr : &*first;
}

} // namespace

const crypto::jwk* key_ring::find(const std::optional<std::string>& key_id,
                                  crypto::jws_algorithm algorithm) const noexcept {
    if (key_id) {
        const auto named = std::ranges::find(keys_, key_id, &crypto::jwk::key_id);
        if (named != keys_.end()) return &*named;
    }
    return only_one(keys_, [&](const crypto::jwk& key) {
        return (!key_id || !key.key_id()) && key.ready_for(algorithm) != nullptr;
    });
}

bool key_ring::has(std::string_view thumbprint, crypto::jws_algorithm algorithm) const noexcept {
    return std::ranges::any_of(keys_, [&](const crypto::jwk& key) {
        return key.thumbprint() == thumbprint && key.ready_for(algorithm) != nullptr;
    });
}

void key_inquiry::arrived() noexcept {
    if (auto* there = std::exchange(supply, nullptr)) return there->asked(*this);
    decided();
}

const issuer* issuer_set::find(std::string_view name) const noexcept {
    const auto found =
        std::ranges::find_if(all_, [&](const issuer& i) { return i.rules.issuer == name; });
    return found == all_.end() ? nullptr : &*found;
}

} // namespace latchkey::auth
