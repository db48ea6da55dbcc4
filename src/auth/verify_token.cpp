#include <latchkey/auth/verify_token.hpp>

#include <latchkey/auth/token_lives.hpp>
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

// By the real clock as it is now: it may have been set since.
core::real_time real_time_of(const core::moment& then, const core::moment& now) {
    if (then.boot == core::boot_time::max()) return then.real;
    const auto ago = std::chrono::duration_cast<core::real_time::duration>(now.boot - then.boot);
    return std::min(then.real, now.real - ago);
}

} // namespace

const issuer* token_verifier::still_trusted(const token_record& record) const noexcept {
    const auto* by = beliefs_.issuers.read().find(record.claims().issuer);
    const auto& proof = record.proof();
    const bool trusted = by && proof.reading == by->rules.reading &&
                         allowed(by->rules, proof.algorithm) &&
                         by->keys->has(proof.key_thumbprint, proof.algorithm);
    return trusted ? by : nullptr;
}

token_verifier::checked_token token_verifier::check(std::string_view text, const arrival& at) {
    const auto refused = [](verdict why) { return checked_token{nullptr, {why}, nullptr}; };
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
    const auto* by = name ? beliefs_.issuers.read().find(*name) : nullptr;
    if (!by) return refused(verdict::issuer_mismatch);
    const auto& rules = by->rules;
    const auto algorithm = crypto::jws_algorithm_named(token->algorithm_name());
    if (!algorithm || !allowed(rules, *algorithm)) return refused(verdict::algorithm_not_allowed);
    if (!type_fits(token->type(), rules)) return refused(verdict::invalid_format);
    const auto* key = by->keys->find(token->key_id(), *algorithm);
    if (!key)
        return {nullptr, unknown_key(*by, issued_at_of(token->unverified_claims()), at), nullptr};

    const auto begun = core::boot_clock::now();
    if (!budget_.open(begun)) {
        cells_.over_budget.add();
        return {
            nullptr, {std::nullopt, "too many tokens with bad signatures are coming in"}, nullptr};
    }
    const auto verified = crypto::verified_token::verify(std::move(*token), *key, rules.algorithms);
    if (!verified) {
        budget_.spend(core::boot_clock::now() - begun);
        return refused(verdict_of(verified.error().defect));
    }
    auto claims = read_token_claims(verified->claims(), rules);
    if (!claims || !is_complete(*claims, verified->claims(), rules))
        return refused(verdict::invalid_format);
    const auto revocations = beliefs_.revocations.keys_of(*claims, rules.own);
    return {std::make_shared<token_record>(
                std::move(*claims), token_proof{key->thumbprint(), *algorithm, rules.reading},
                revocations, verified->payload()),
            {},
            by};
}

// The key may have been made since the issuer's were last asked for: only keys that were asked for
// after the token was issued tell that there is no such one. Its date has no fractions, and is not
// to be believed beyond its arrival.
token_decision token_verifier::unknown_key(const issuer& by,
                                           const std::optional<core::real_time>& issued_at,
                                           const arrival& at) const {
    const auto arrived = at.first.value_or(at.now.real);
    const auto issued = issued_at.value_or(arrived) + core::seconds(1) + by.rules.leeway;
    const auto needed = std::min<core::real_time>(issued, arrived);
    const auto as_of = by.rules.own ? std::optional(at.freshness) : by.keys_as_of;
    if (by.keys_are_whole && as_of && real_time_of(*as_of, at.now) >= needed)
        return {verdict::unknown_key_id};
    token_decision undecided{std::nullopt, "its issuer's keys have not been fetched since it was "
                                           "issued, and it names one that is not among them"};
    // Others may have come while this was being read.
    const bool renewed = beliefs_.issuers.read().find(by.rules.issuer) != &by;
    if (by.fetching && (renewed || by.fetching->may_bring_more(at.now.boot)))
        undecided.ask_for_keys_of = by.rules.issuer;
    return undecided;
}

// Between the reading of freshness and the look into the set, freshness may have been lost and the
// set forgotten: what it does not know then is not good.
token_standing token_verifier::standing_of(const token_record& record, const issuer& by,
                                           const arrival& at) const {
    if (age(at.freshness, at.now) > beliefs_.known.max_staleness()) return token_standing::unknown;
    const auto standing = beliefs_.revocations.check(record.revocations(),
                                                     record.claims().issued_at, by.rules.leeway);
    return beliefs_.known.losses() == at.losses ? standing : token_standing::unknown;
}

token_decision token_verifier::decide(const token_record& record, const issuer& by,
                                      const token_request& request, const arrival& at) const {
    const auto standing = by.rules.revocable ? standing_of(record, by, at) : token_standing::good;
    token_decision decided{judge(record, by.rules, request, at.now.real, standing)};
    if (!decided.what)
        decided.reason = standing == token_standing::unknown
                             ? "revocations of tokens cannot be known now"
                             : "the organizations cannot be known now";
    return decided;
}

// Not beyond the token's own end: nothing would be answered with it.
void token_verifier::keep(const core::fingerprint& key, std::uint64_t hash,
                          const checked_token& checked, const core::moment& now) {
    const core::nanoseconds left =
        later_by(expiry_of(checked.record->claims(), checked.by->rules), checked.by->rules.leeway) -
        now.real;
    if (left <= core::nanoseconds(0)) return;
    const auto until =
        now.boot + std::min<core::nanoseconds>(left, beliefs_.ttl.load(std::memory_order_relaxed));
    const auto home = beliefs_.where.home(hash);
    auto fill = std::make_unique<token_fill>(beliefs_, key, hash,
                                             verified_fact{checked.record, now}, until);
    if (home == worker_) return fill.release()->arrived();
    beliefs_.homes[home]->box().send(*fill.release());
}

void token_verifier::count(const std::optional<verdict>& what) noexcept {
    if (what)
        cells_.verdicts[static_cast<std::size_t>(*what)].add();
    else
        cells_.undecided.add();
}

void token_verifier::ask_for_keys(key_inquiry& inquiry) {
    inquiry.answer_box = &beliefs_.homes[worker_]->box();
    inquiry.supply = beliefs_.keys;
    beliefs_.keys->box().send(inquiry);
}

} // namespace latchkey::auth
