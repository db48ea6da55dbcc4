#include <latchkey/auth/token/verify_token.hpp>

#include "auth/issuer/unknown_key_id.hpp"

#include <latchkey/auth/token/token_lives.hpp>
#include <latchkey/crypto/jws.hpp>

#include <boost/json/monotonic_resource.hpp>

#include <algorithm>
#include <memory>

namespace latchkey::auth {

namespace {

constexpr std::size_t claims_room = 4096; // for the values of an ordinary token

// A value on its way to the token's owner core, which alone may write into its cache.
template <class Value>
struct fill_of_cache final : core::mail {
    fill_of_cache(core::concurrent_cache<Value>& c, const core::fingerprint& k, std::uint64_t h,
                  Value v, std::size_t size, core::boot_time until)
        : cache(c), key(k), hash(h), value(std::move(v)), extra_bytes(size), expires(until) {}
    void arrived() noexcept override {
        const std::unique_ptr<fill_of_cache> self(this);
        cache.fill(key, hash, std::move(value), extra_bytes, expires);
    }

    core::concurrent_cache<Value>& cache;
    const core::fingerprint key;
    const std::uint64_t hash;
    Value value;
    const std::size_t extra_bytes;
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

// The time until the token's end under the current rules.
core::nanoseconds time_left(const token_record& record, const issuer_rules& rules,
                            core::real_time now) {
    return expiry_of(record.claims(), rules) - (now - rules.leeway);
}

} // namespace

const issuer* token_verifier::still_trusted(std::string_view issuer_name,
                                            const token_proof& proof) const noexcept {
    const auto* by = state_.issuers.read().find(issuer_name);
    const bool trusted = by && proof.reading == by->rules.reading &&
                         allowed(by->rules, proof.algorithm) &&
                         by->keys->has(proof.key_thumbprint, proof.algorithm);
    return trusted ? by : nullptr;
}

std::optional<token_verifier::checked_token>
token_verifier::trusted(const kept_proof& proof) const {
    const auto* by = still_trusted(proof.issuer(), proof.proof());
    if (!by) return std::nullopt;
    return checked_token{proof, {verdict::invalid_format}, by};
}

std::optional<token_verifier::checked_token>
token_verifier::recall(const core::fingerprint& key, std::uint64_t hash, const cache_terms& terms,
                       const core::moment& now, const check_memo* memo) {
    if (const auto* noted = memo ? memo->find(key) : nullptr) {
        if (!noted->good()) return checked_token{{}, {noted->refused}};
        if (auto found = trusted(noted->proof)) return found;
    }
    if (!terms.read) return std::nullopt;
    if (const auto* sent = sent_.find(key, now.boot))
        if (auto found = trusted(*sent)) return found;
    std::optional<checked_token> found;
    state_.proofs.read(state_.readers.at(worker_), key, hash, now.boot, [&](const auto& kept) {
        found = trusted(kept.value);
        return found.has_value();
    });
    return found;
}

bool token_verifier::may_answer(const checked_token& known, const token_request& request,
                                const clock_reading& at) const {
    if (!known.proof.record || known.proof.may_be_good) return true;
    return decide(*known.proof.record, *known.by, request, at).what != verdict::valid;
}

void token_verifier::note(check_memo& memo, const core::fingerprint& key,
                          const checked_token& checked) {
    memo.add(key, {checked.proof, checked.decided.what.value_or(verdict::signature_invalid)});
}

token_verifier::checked_token token_verifier::check(std::string_view text,
                                                    const token_request& request,
                                                    const clock_reading& at) {
    const auto refused = [](verdict why) { return checked_token{{}, {why}}; };
    if (text.size() > settings_.length_max) return refused(verdict::invalid_format);
    unsigned char room[claims_room]; // must outlive the token, whose claims are stored there
    boost::json::monotonic_resource memory(room, sizeof room);
    auto token = crypto::unverified_token::read(text);
    if (!token) return refused(verdict_of(token.error().defect));
    const auto claims_read = token->read_claims({.bytes_max = settings_.length_max,
                                                 .depth_max = settings_.depth_max,
                                                 .names_max = settings_.claims_max},
                                                &memory);
    if (!claims_read) return refused(verdict::invalid_format);

    const auto name = issuer_of(token->unverified_claims());
    const auto* by = name ? state_.issuers.read().find(*name) : nullptr;
    if (!by) return refused(verdict::issuer_mismatch);
    const auto& rules = by->rules;
    const auto algorithm = crypto::jws_algorithm_named(token->algorithm_name());
    if (!algorithm || !allowed(rules, *algorithm)) return refused(verdict::algorithm_not_allowed);
    if (!type_fits(token->type(), rules)) return refused(verdict::invalid_format);
    if (const auto* key = by->keys->find(token->key_id(), *algorithm))
        return check_with(*key, *by, std::move(*token), *algorithm, at.now);
    auto decided = without_key(*by, *token, request, at);
    // Keys may have come meanwhile. A worker that reads that their fetch has ended sees them.
    if (state_.issuers.read().find(*name) != by) return check(text, request, at);
    return {{}, std::move(decided)};
}

token_verifier::checked_token token_verifier::check_with(const crypto::jwk& key, const issuer& by,
                                                         crypto::unverified_token token,
                                                         crypto::jws_algorithm algorithm,
                                                         const core::moment& now) {
    const auto& rules = by.rules;
    const auto begun = core::boot_clock::now();
    if (!budget_.open(begun)) {
        cells_.over_budget.add();
        return {{}, {std::nullopt, "too many tokens with bad signatures are coming in"}};
    }
    const auto verified = crypto::verified_token::verify(std::move(token), key, rules.algorithms);
    if (!verified) {
        budget_.spend(core::boot_clock::now() - begun);
        cells_.bad_checks.add();
        return {{}, {verdict_of(verified.error().defect)}, nullptr, true};
    }
    cells_.good_checks.add();
    token_proof proof{key.thumbprint(), algorithm, rules.reading};
    auto claims = read_token_claims(verified->claims(), rules);
    if (!claims || !is_complete(*claims, verified->claims(), rules)) {
        unfit_token unfit{rules.issuer, std::move(proof)};
        return {{{}, std::make_shared<const unfit_token>(std::move(unfit)), now},
                {verdict::invalid_format},
                &by,
                true};
    }
    const auto revocations = state_.revocations.keys_of(*claims, rules.own);
    auto record = std::make_shared<const token_record>(std::move(*claims), std::move(proof),
                                                       revocations, verified->payload());
    const bool may_be_good = time_left(*record, rules, now.real) > core::nanoseconds(0);
    return {{std::move(record), {}, now, may_be_good}, {}, &by, true};
}

token_decision token_verifier::without_key(const issuer& by, const crypto::unverified_token& token,
                                           const token_request& request,
                                           const clock_reading& at) const {
    const auto& claims = token.unverified_claims();
    if (const auto decided = decided_by_claims(claims, by.rules, at.now.real, request.to_be_ended))
        return {*decided};
    const auto& id = token.key_id();
    // A key that the feed has reported gone needs no further news, if the feed is fresh enough.
    const bool dropped = id && std::ranges::find(by.dropped_keys, *id) != by.dropped_keys.end();
    if (dropped && age(at.freshness, at.now) <= state_.known.max_staleness())
        return {verdict::unknown_key_id};
    if (id && std::ranges::find(by.unopened_keys, *id) != by.unopened_keys.end())
        return {std::nullopt, "the key that signed it cannot be opened on this node"};
    const auto answer = answer_unknown_key_id(by, issued_at_of(claims), at);
    using kind = unknown_key_id_answer::kind;
    if (answer.what == kind::unknown) return {verdict::unknown_key_id};
    token_decision undecided{std::nullopt,
                             by.rules.own ? "it names a signing key of ours that is not known, and "
                                            "no news have come from the database"
                                          : "it names a key that is not among its issuer's, and "
                                            "these could not be fetched since it was issued"};
    undecided.retry_after = answer.retry_after;
    if (answer.what == kind::ask && state_.jwks) undecided.ask_for_keys_of = by.rules.issuer;
    return undecided;
}

// Freshness may have been lost, and the set forgotten, between the reading of freshness and the
// look into the set. Then a token that the set does not know is not good.
token_standing token_verifier::standing_of(const token_record& record, const issuer& by,
                                           const clock_reading& at) const {
    if (age(at.freshness, at.now) > state_.known.max_staleness()) return token_standing::unknown;
    const auto& claims = record.claims();
    const auto standing_in = [&](const revocation_set& set) {
        return set.check(record.revocations(), claims.first_issued_at, by.rules.leeway, at.now.real,
                         claims.generation);
    };
    // The two sets have the same seed, and so the same keys.
    const auto standing = standing_in(state_.revocations);
    if (standing == token_standing::good && !state_.withheld.empty() &&
        standing_in(state_.withheld) != token_standing::good)
        return token_standing::unknown;
    return state_.known.losses() == at.losses ? standing : token_standing::unknown;
}

token_decision token_verifier::decide(const token_record& record, const issuer& by,
                                      const token_request& request, const clock_reading& at) const {
    const auto standing = by.rules.revocable ? standing_of(record, by, at) : token_standing::good;
    token_decision decided{judge(record, by.rules, request, at.now.real, standing)};
    if (!decided.what)
        decided.reason = standing == token_standing::unknown
                             ? "revocations of tokens cannot be known now"
                             : "the organizations cannot be known now";
    return decided;
}

// Keeps a good token no longer than until its end. A token that has ended, or whose claims are
// unfit, goes to a cache of its own, where it evicts no good one.
void token_verifier::keep(const core::fingerprint& key, std::uint64_t hash,
                          const checked_token& checked, const core::moment& now) {
    const auto& proof = checked.proof;
    const auto& rules = checked.by->rules;
    const core::nanoseconds ttl = state_.ttl.load(std::memory_order_relaxed);
    const auto until =
        now.boot + (proof.may_be_good ? std::min(time_left(*proof.record, rules, now.real), ttl)
                                      : state_.settings.proof_ttl);
    const auto owner = state_.where.owner(hash);
    const auto send = [&](auto& cache, auto value) {
        auto fill = std::make_unique<fill_of_cache<decltype(value)>>(
            cache, key, hash, std::move(value), proof.extra_bytes(), until);
        if (owner == worker_) return fill.release()->arrived();
        sent_.add(key, proof, until);
        state_.owner_cores[owner]->box().send(*fill.release());
    };
    if (proof.may_be_good)
        send(state_.tokens, verified_fact{proof.record, now});
    else
        send(state_.proofs, proof);
}

void token_verifier::count(const std::optional<verdict>& what) noexcept {
    if (what)
        cells_.verdicts[static_cast<std::size_t>(*what)].add();
    else
        cells_.undecided.add();
}

void token_verifier::ask_for_keys(jwks_inquiry& inquiry) {
    inquiry.answer_box = &state_.owner_cores[worker_]->box();
    inquiry.source = state_.jwks;
    state_.jwks->box().send(inquiry);
}

} // namespace latchkey::auth
