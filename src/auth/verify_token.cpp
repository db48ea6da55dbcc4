#include <latchkey/auth/verify_token.hpp>

#include <latchkey/crypto/jws.hpp>

#include <boost/json/monotonic_resource.hpp>

#include <algorithm>
#include <memory>

namespace latchkey::auth {

namespace {

constexpr std::size_t claims_room = 4096; // for the values of an ordinary token

// On its way to the token's home core, which alone may write there.
struct token_fill final : core::mail {
    token_fill(beliefs& b, const core::fingerprint& k, std::uint64_t h, verified_fact f,
               core::boot_time until)
        : all(b), key(k), hash(h), fact(std::move(f)), expires(until) {}
    void arrived() noexcept override {
        const std::unique_ptr<token_fill> self(this);
        const auto bytes = fact.record->bytes();
        all.tokens.fill(key, hash, std::move(fact), bytes, expires);
    }

    beliefs& all;
    const core::fingerprint key;
    const std::uint64_t hash;
    verified_fact fact;
    const core::boot_time expires;
};

verdict verdict_of(crypto::jws_defect defect) {
    switch (defect) {
    case crypto::jws_defect::malformed:
        return verdict::invalid_format;
    case crypto::jws_defect::algorithm_not_allowed:
        return verdict::algorithm_not_allowed;
    case crypto::jws_defect::signature_invalid:
        return verdict::signature_invalid;
    }
    return verdict::invalid_format;
}

bool allowed(const issuer_rules& rules, crypto::jws_algorithm algorithm) {
    return std::ranges::find(rules.algorithms, algorithm) != rules.algorithms.end();
}

} // namespace

const issuer* token_verifier::still_trusted(const token_record& record) const noexcept {
    const auto* by = issuers_->find(record.claims().issuer);
    const auto& proof = record.proof();
    const bool trusted = by && allowed(by->rules, proof.algorithm) &&
                         by->keys->has(proof.key_thumbprint, proof.algorithm);
    return trusted ? by : nullptr;
}

token_verifier::checked_token token_verifier::check(std::string_view text) const {
    const auto refused = [](verdict why) { return checked_token{nullptr, why, nullptr}; };
    if (text.size() > settings_.length_max) return refused(verdict::invalid_format);
    unsigned char room[claims_room]; // outlives the token, whose claims live there
    boost::json::monotonic_resource memory(room, sizeof room);
    auto token = crypto::unverified_token::read(text);
    if (!token) return refused(verdict_of(token.error().defect));
    const auto claims_read = token->read_claims({.bytes_max = settings_.length_max,
                                                 .depth_max = settings_.depth_max,
                                                 .names_max = settings_.claims_max},
                                                &memory);
    if (!claims_read) return refused(verdict::invalid_format);

    const auto name = issuer_of(token->unverified_claims());
    const auto* by = name ? issuers_->find(*name) : nullptr;
    if (!by) return refused(verdict::issuer_mismatch);
    const auto& rules = by->rules;
    const auto algorithm = crypto::jws_algorithm_named(token->algorithm_name());
    if (!algorithm || !allowed(rules, *algorithm)) return refused(verdict::algorithm_not_allowed);
    if (!type_fits(token->type(), rules)) return refused(verdict::invalid_format);
    const auto* key = by->keys->find(token->key_id(), *algorithm);
    if (!key) return refused(verdict::unknown_key_id);

    const auto verified = crypto::verified_token::verify(std::move(*token), *key, rules.algorithms);
    if (!verified) return refused(verdict_of(verified.error().defect));
    auto claims = read_token_claims(verified->claims(), rules.organization_claim);
    if (!claims || !is_complete(*claims, verified->claims(), rules))
        return refused(verdict::invalid_format);
    return {std::make_shared<token_record>(std::move(*claims),
                                           token_proof{key->thumbprint(), *algorithm},
                                           verified->payload()),
            verdict::valid, by};
}

// Not beyond the token's own end: nothing would be answered with it.
void token_verifier::keep(const core::fingerprint& key, std::uint64_t hash,
                          const checked_token& checked, const core::moment& now) {
    const core::nanoseconds left = expiry_of(checked.record->claims(), checked.by->rules) +
                                   checked.by->rules.leeway - now.real;
    if (left <= core::nanoseconds(0)) return;
    const auto until = now.boot + std::min<core::nanoseconds>(left, beliefs_.settings.ttl);
    const auto home = beliefs_.where.home(hash);
    auto fill = std::make_unique<token_fill>(beliefs_, key, hash,
                                             verified_fact{checked.record, now}, until);
    if (home == worker_) return fill.release()->arrived();
    beliefs_.homes[home]->box().send(*fill.release());
}

verdict token_verifier::counted(verdict v) noexcept {
    cells_.verdicts[static_cast<std::size_t>(v)].add();
    return v;
}

} // namespace latchkey::auth
