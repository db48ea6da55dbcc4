#pragma once
// "Is this token good, and who is it?": what the endpoint asks, without HTTP. Nothing here waits: a
// token is verified where it arrives, and what the check proved is kept for all workers.

#include <latchkey/auth/beliefs.hpp>
#include <latchkey/auth/issuer.hpp>
#include <latchkey/auth/judge_token.hpp>
#include <latchkey/auth/metrics.hpp>
#include <latchkey/auth/token_configuration.hpp>
#include <latchkey/crypto/digest.hpp>

#include <memory>
#include <string_view>

namespace latchkey::auth {

/// One per worker.
class token_verifier {
  public:
    token_verifier(beliefs& b, std::size_t worker, const token_configuration& settings,
                   verification_cells& cells)
        : beliefs_(b), worker_(worker), settings_(settings), cells_(cells) {}

    /// From now on these issuers count; what another set's keys proved does not.
    void trust(std::shared_ptr<const issuer_set> issuers) { issuers_ = std::move(issuers); }

    /// Decides, and counts. `valid(record, source, verified_at, now)` is called for a VALID one.
    template <class Valid>
    verdict verify(std::string_view text, const token_request& request, const cache_terms& terms,
                   Valid&& valid) {
        const auto key = sha256_.sha256(text);
        const auto hash = beliefs_.where.hash(key);
        const auto now = core::moment::now();
        verdict decided{};
        if (terms.read && read(key, hash, now, [&](const issuer& by, const verified_fact& fact) {
                decided = judge(*fact.record, by.rules, request, now.real);
                if (decided == verdict::valid)
                    valid(*fact.record, answer_source::hit, fact.verified_at, now);
            })) {
            cells_.hits.add();
            return counted(decided);
        }
        cells_.misses.add();
        const auto checked = check(text);
        if (!checked.record) return counted(checked.why);
        if (terms.keep) keep(key, hash, checked, now);
        decided = judge(*checked.record, checked.by->rules, request, now.real);
        if (decided == verdict::valid) valid(*checked.record, answer_source::miss, now, now);
        return counted(decided);
    }

  private:
    struct checked_token {
        std::shared_ptr<const token_record> record; ///< null: `why`
        verdict why = verdict::valid;
        const issuer* by = nullptr;
    };

    // Calls `use(issuer, fact)` for a kept proof that still counts.
    template <class Use>
    bool read(const core::fingerprint& key, std::uint64_t hash, const core::moment& now,
              Use&& use) {
        return beliefs_.tokens.read(beliefs_.readers.at(worker_), key, hash, now.boot,
                                    [&](const auto& found) {
                                        const auto* by = still_trusted(*found.value.record);
                                        if (by) use(*by, found.value);
                                        return by != nullptr;
                                    });
    }
    /// The issuer, when its key that signed the token is still trusted.
    const issuer* still_trusted(const token_record&) const noexcept;
    checked_token check(std::string_view text) const;
    void keep(const core::fingerprint&, std::uint64_t hash, const checked_token&,
              const core::moment& now);
    verdict counted(verdict) noexcept;

    beliefs& beliefs_;
    const std::size_t worker_;
    token_configuration settings_;
    crypto::digest sha256_;
    std::shared_ptr<const issuer_set> issuers_ = std::make_shared<issuer_set>();
    verification_cells& cells_;
};

} // namespace latchkey::auth
