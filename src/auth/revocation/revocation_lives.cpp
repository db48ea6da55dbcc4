#include "auth/revocation/revocation_lives.hpp"

#include <algorithm>
#include <utility>

namespace latchkey::auth {

namespace {

std::int64_t count_of(core::seconds life) {
    return life == unbounded_life ? revocation_lives::never_ends : life.count();
}

} // namespace

void revocation_lives::set(token_lives lives) {
    lives_ = std::move(lives);
    auto most = std::max({lives_.own, lives_.organizations, lives_.others});
    for (const auto& [issuer, life] : lives_.issuers)
        most = std::max(most, life);
    seconds_ = {count_of(lives_.own), count_of(lives_.organizations), count_of(most)};
    for (const auto& issuer : issuers_)
        seconds_.push_back(count_of(lives_.of_issuer(issuer)));
}

std::uint16_t revocation_lives::class_of(const revocation& r) {
    switch (r.kind) {
    case revocation_kind::organization:
    case revocation_kind::disabled_organization:
        return organizations;
    case revocation_kind::token:
    case revocation_kind::subject:
        break;
    default:
        return own;
    }
    const auto known = std::ranges::find(issuers_, r.issuer);
    const auto place = static_cast<std::size_t>(known - issuers_.begin());
    if (known == issuers_.end()) {
        if (issuers_.size() == issuers_max) return longest;
        issuers_.push_back(r.issuer);
        seconds_.push_back(count_of(lives_.of_issuer(r.issuer)));
    }
    return static_cast<std::uint16_t>(first_issuer + place);
}

} // namespace latchkey::auth
