#pragma once
// "Is this token good, and whose is it?": the endpoint's question, without HTTP. Nothing here
// waits: a token is verified on the worker where it arrives, and the proof is kept for all workers.

#include <latchkey/auth/cache/node_state.hpp>
#include <latchkey/auth/configuration.hpp>
#include <latchkey/auth/issuer/issuer.hpp>
#include <latchkey/auth/limit/leaves_open.hpp>
#include <latchkey/auth/metrics.hpp>
#include <latchkey/auth/token/check_budget.hpp>
#include <latchkey/auth/token/check_memo.hpp>
#include <latchkey/auth/token/judge_token.hpp>
#include <latchkey/auth/token/sent_proofs.hpp>
#include <latchkey/auth/usage/use_counts.hpp>
#include <latchkey/auth/why_malformed.hpp>
#include <latchkey/crypto/digest.hpp>

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

namespace latchkey::auth {

struct token_decision {
    std::optional<verdict> what;     ///< nullopt if it cannot be decided (UNAVAILABLE)
    const char* reason = "";         ///< why it cannot: static text
    std::string ask_for_keys_of{};   ///< an issuer whose keys may help if fetched; otherwise empty
    core::nanoseconds retry_after{}; ///< if it cannot be decided: how long that may last
};

/// `Refusal` is what the asker's `shared(record)` returns: it asks the limits that the token shares
/// with others, and what it returns is true if they refuse.
template <class Refusal>
struct limited_token_decision : token_decision {
    Refusal refusal{}; ///< if a shared limit made it RATE_LIMITED
};
template <class Shared>
using token_decision_by =
    limited_token_decision<std::invoke_result_t<Shared&, const token_record&>>;

/// One per worker, on its thread.
class token_verifier {
  public:
    token_verifier(node_state& b, std::size_t worker, const token_configuration& settings,
                   verification_cells& cells, use_counts* uses = nullptr)
        : state_(b),
          worker_(worker),
          settings_(settings),
          cells_(cells),
          uses_(uses),
          budget_(settings.bad_checks_percent) {}

    /// Decides. `valid(record, source, verified_at, now)` is called for VALID; it must not wait.
    /// `shared(record)` is called before that, for a token that is otherwise good; what is
    /// RATE_LIMITED does not count as a use. `memo`: the outcomes of the checks that were made for
    /// other questions of the same request.
    template <class Shared, class Valid>
    token_decision_by<Shared> verify(std::string_view text, const token_request& request,
                                     const cache_terms& terms, const clock_reading& at,
                                     Shared&& shared, Valid&& valid, check_memo* memo = nullptr) {
        const auto key = crypto::sha256(text);
        const auto hash = state_.where.hash(key);
        const core::epochs::reader::pin pinned(state_.readers.at(worker_));
        token_decision_by<Shared> decided;
        const auto settle = [&](const token_record& record, const issuer& by, answer_source how,
                                const core::moment& verified_at) {
            decided = {decide(record, by, request, at)};
            if (decided.what == verdict::valid) decided.refusal = shared(record);
            if (decided.refusal) decided.what = verdict::rate_limited;
            if (leaves_open(decided.refusal)) decided.what.reset();
            if (decided.what != verdict::valid) {
                if (request.refused) tell(*request.refused, record, how);
                return;
            }
            count_use(key, hash, record, at.now.real);
            valid(record, how, verified_at, at.now);
        };
        if (terms.read && read(key, hash, at.now, [&](const issuer& by, const verified_fact& fact) {
                settle(*fact.record, by, answer_source::hit, fact.verified_at);
            })) {
            cells_.hits.add();
            return decided;
        }
        if (auto known = recall(key, hash, terms, at.now, memo);
            known && may_answer(*known, request, at)) {
            cells_.repeats.add();
            if (!known->proof.record) return {told(std::move(known->decided), request)};
            settle(*known->proof.record, *known->by, answer_source::hit, known->proof.verified_at);
            return decided;
        }
        cells_.misses.add();
        auto checked = check(text, request, at);
        if (memo && checked.examined) note(*memo, key, checked);
        if (terms.keep && checked.by) keep(key, hash, checked, at.now);
        if (!checked.proof.record) return {told(std::move(checked.decided), request)};
        settle(*checked.proof.record, *checked.by, answer_source::miss, at.now);
        return decided;
    }

    /// Call once for each question that was answered.
    void count(const std::optional<verdict>&) noexcept;
    /// Why a token is INVALID_FORMAT: a sentence without anything that was presented.
    std::string_view why_malformed(std::string_view presented) const noexcept {
        return why_malformed_token(presented, settings_);
    }

    /// Has newer keys of the inquiry's issuer fetched; its `issuer` must be set.
    void ask_for_keys(jwks_inquiry&);

  private:
    struct checked_token {
        kept_proof proof{};         ///< empty if there is none: see `decided`
        token_decision decided{};   ///< without a record
        const issuer* by = nullptr; ///< if there is a proof
        bool examined = false;      ///< its signature was checked
    };

    static void tell(refused_token& whose, const token_record& record, answer_source how) {
        whose.how = how;
        whose.subject = record.claims().subject.value_or(std::string());
        whose.organization = record.claims().organization_id.value_or(std::string());
    }

    // A token that nothing proves to be the asker's organization's is told from no other.
    static token_decision told(token_decision decided, const token_request& request) {
        if (request.organization && decided.what) decided.what = verdict::not_found;
        return decided;
    }

    // Calls `use(issuer, fact)` for a kept proof that still counts. Returns true if there is one.
    template <class Use>
    bool read(const core::fingerprint& key, std::uint64_t hash, const core::moment& now,
              Use&& use) {
        return state_.tokens.read(
            state_.readers.at(worker_), key, hash, now.boot, [&](const auto& found) {
                const auto& record = *found.value.record;
                const auto* by = still_trusted(record.claims().issuer, record.proof());
                if (by) use(*by, found.value);
                return by != nullptr;
            });
    }
    /// Returns the issuer if it still has, and trusts, the key that signed the token; otherwise
    /// null.
    const issuer* still_trusted(std::string_view issuer_name, const token_proof&) const noexcept;
    /// Returns the outcome of an earlier check that is not, or not yet, in the cache of good
    /// tokens.
    std::optional<checked_token> recall(const core::fingerprint& key, std::uint64_t hash,
                                        const cache_terms&, const core::moment& now,
                                        const check_memo*);
    std::optional<checked_token> trusted(const kept_proof&) const;
    bool may_answer(const checked_token&, const token_request&, const clock_reading&) const;
    static void note(check_memo&, const core::fingerprint& key, const checked_token&);
    /// Counts by `jti`, which no other token has (RFC 7519, section 4.1.7); a token without one is
    /// not counted.
    void count_use(const core::fingerprint& key, std::uint64_t hash, const token_record& found,
                   core::real_time now) {
        const auto& id = found.claims().token_id;
        if (!uses_ || !id) return;
        if (!use_counts::is_countable(*id)) return uses_->unfit.add();
        uses_->add(credential_kind::token, key, hash, now, [&] { return std::string_view(*id); });
    }
    checked_token check(std::string_view text, const token_request&, const clock_reading&);
    checked_token check_with(const crypto::jwk&, const issuer&, crypto::unverified_token,
                             crypto::jws_algorithm, const core::moment& now);
    token_decision without_key(const issuer&, const crypto::unverified_token&, const token_request&,
                               const clock_reading&) const;
    token_standing standing_of(const token_record&, const issuer&, const clock_reading&) const;
    token_decision decide(const token_record&, const issuer&, const token_request&,
                          const clock_reading&) const;
    void keep(const core::fingerprint&, std::uint64_t hash, const checked_token&,
              const core::moment& now);

    node_state& state_;
    const std::size_t worker_;
    token_configuration settings_;
    verification_cells& cells_;
    use_counts* const uses_;
    check_budget budget_;
    sent_proofs sent_;
};

} // namespace latchkey::auth
