#include <latchkey/auth/issuer/issuer.hpp>

#include <algorithm>
#include <functional>
#include <utility>

namespace latchkey::auth {

namespace {

// Returns the only element that fits, or null.
template <class Keys, class Fits>
const crypto::jwk* only_one(const Keys& keys, Fits fits) {
    const auto first = std::ranges::find_if(keys, fits);
    if (first == keys.end()) return nullptr;
    const bool more = std::find_if(std::next(first), keys.end(), fits) != keys.end();
    return more ? nullptr : first->get();
}

} // namespace

key_ring::key_ring(std::vector<crypto::jwk> keys) {
    for (auto& key : keys)
        keys_.push_back(std::make_shared<const crypto::jwk>(std::move(key)));
}

key_ring::key_ring(const key_ring& some, const key_ring& more) : keys_(some.keys_) {
    keys_.insert(keys_.end(), more.keys_.begin(), more.keys_.end());
}

const crypto::jwk* key_ring::find(const std::optional<std::string>& key_id,
                                  crypto::jws_algorithm algorithm) const noexcept {
    if (key_id) {
        const auto named = std::ranges::find(
            keys_, key_id, [](const auto& key) -> const auto& { return key->key_id(); });
        if (named != keys_.end()) return named->get();
    }
    return only_one(keys_, [&](const auto& key) {
        return (!key_id || !key->key_id()) && key->ready_for(algorithm) != nullptr;
    });
}

bool key_ring::has(std::string_view thumbprint, crypto::jws_algorithm algorithm) const noexcept {
    return std::ranges::any_of(keys_, [&](const auto& key) {
        return key->thumbprint() == thumbprint && key->ready_for(algorithm) != nullptr;
    });
}

void jwks_inquiry::arrived() noexcept {
    if (auto* there = std::exchange(source, nullptr)) return there->asked(*this);
    decided();
}

std::size_t reading_of(const issuer_rules& rules) {
    std::string all = rules.organization_claim;
    for (const auto* texts : {&rules.token_types, &rules.required_claims, &rules.audience_claims}) {
        all += '\n';
        for (const auto& text : *texts)
            all += text + '\t';
    }
    for (const bool flag : {rules.missing_expiration, rules.missing_issued_at, rules.revocable,
                            rules.integer_subject, rules.strict_organizations})
        all += flag ? '+' : '-';
    all += std::to_string(static_cast<int>(rules.organization_ids)) + ' ' +
           std::to_string(rules.max_token_lifetime.count());
    return std::hash<std::string>{}(all);
}

void tell_organizations_apart(issuer_rules& rules, organization_form form) {
    rules.organization_ids = form;
    rules.organizations_compared.clear();
    for (const auto& id : rules.organizations)
        rules.organizations_compared.push_back(comparable_organization(id, form));
    rules.reading = reading_of(rules);
}

token_signer::token_signer(std::shared_ptr<const crypto::jwk> key, crypto::jws_algorithm algorithm)
    : key_(std::move(key)), signer_(*key_->ready_for(algorithm), "at+jwt", *key_->key_id()) {}

std::shared_ptr<const token_signer> token_signer::make(std::shared_ptr<const crypto::jwk> key,
                                                       crypto::jws_algorithm algorithm) {
    if (!key->ready_for(algorithm) || !key->key_id()) return nullptr;
    return std::shared_ptr<const token_signer>(new token_signer(std::move(key), algorithm));
}

const issuer* issuer_set::find(std::string_view name) const noexcept {
    if (own_ && own_->known_as.rules.issuer == name) return &own_->known_as;
    const auto found =
        std::ranges::find_if(all_, [&](const issuer& i) { return i.rules.issuer == name; });
    return found == all_.end() ? nullptr : &*found;
}

void issuer_directory::configure(std::vector<issuer> all) {
    publish(std::move(all), now().own());
}

void issuer_directory::set_keys(std::string_view issuer_name, std::shared_ptr<const key_ring> keys,
                                std::optional<core::moment> as_of) {
    auto all = now().all();
    const auto one =
        std::ranges::find_if(all, [&](const issuer& i) { return i.rules.issuer == issuer_name; });
    if (one == all.end()) return;
    one->keys = std::move(keys);
    one->keys_as_of = as_of;
    configure(std::move(all));
}

void issuer_directory::set_own(std::shared_ptr<const own_issuer> own) {
    publish(now().all(), own);
}

void issuer_directory::set_organization_ids(organization_form form) {
    if (std::exchange(organization_ids_, form) != form) publish(now().all(), now().own());
}

void issuer_directory::publish(std::vector<issuer> all,
                               const std::shared_ptr<const own_issuer>& own) {
    for (auto& one : all)
        tell_organizations_apart(one.rules, organization_ids_);
    auto ours = own ? std::make_shared<own_issuer>(*own) : nullptr;
    if (ours) tell_organizations_apart(ours->known_as.rules, organization_ids_);
    published_.publish(std::make_shared<const issuer_set>(std::move(all), std::move(ours)));
}

} // namespace latchkey::auth
