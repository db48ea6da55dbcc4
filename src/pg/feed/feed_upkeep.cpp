#include "pg/feed/feed_upkeep.hpp"

#include "pg/connection/result_text.hpp"
#include "pg/connection/wire.hpp"
#include "pg/feed/feed_statements.hpp"
#include "pg/legacy/mirror_statements.hpp"
#include "pg/statements.hpp"
#include "pg/writes/audit_statements.hpp"
#include "pg/writes/credit_statements.hpp"
#include "pg/writes/receipt_statements.hpp"
#include "pg/writes/token_statements.hpp"

#include <latchkey/core/text/json_text.hpp>

#include <optional>
#include <string>
#include <utility>

namespace latchkey::pg {

namespace {

constexpr core::seconds prune_interval{60};
constexpr core::seconds prune_again{1};
constexpr std::int64_t pruned_most = 100'000; // the bound in latchkey.prune_changes
constexpr core::seconds count_interval{2};
constexpr core::seconds audit_upkeep_interval{600};
constexpr core::seconds audit_look_interval{5};

// Returns nullopt if the life is unbounded.
std::optional<std::string> life_text(core::seconds life) {
    if (life == auth::unbounded_life) return std::nullopt;
    return std::to_string(life.count());
}

// A JSON object: lives by issuer.
std::string issuers_lives(const auth::token_lives& lives) {
    std::string out = "{";
    for (const auto& [issuer, life] : lives.issuers) {
        if (out.size() > 1) out += ',';
        core::append_json_string(out, issuer);
        out += ':' + life_text(life).value_or("null");
    }
    return out + '}';
}

} // namespace

feed_upkeep::feed_upkeep(const configuration& settings, std::function<auth::token_lives()> lives,
                         feed_query::answer counted, feed_query::answer audited,
                         const feed_query::refusal& refused)
    : prune(
          statements::prune_changes, [this](const auto& r) { pruned(r); }, refused),
      prune_revocations(statements::prune_revocations, nullptr, refused),
      count_findings(statements::count_mirror_findings, std::move(counted), refused),
      keep_audit_events(
          statements::keep_audit_events, [this](const auto& r) { audit_kept(r); }, refused),
      watch_audit(statements::watch_audit, std::move(audited), refused),
      prune_answers(statements::prune_idempotency_keys, nullptr, refused),
      prune_usage(statements::prune_usage, nullptr, refused),
      settle_credits(statements::settle_credit_leases, nullptr, refused),
      settings_(settings),
      lives_(std::move(lives)) {}

void feed_upkeep::tick(connection* c, core::steady_time now) {
    // A reload may have changed how long what is kept.
    if (now >= next_pruning_ || settings_.usage_kept_days != asked_days_) send_pruning(c, now);
    if (now >= next_audit_upkeep_ || settings_.audit_keep != asked_keep_) send_audit_upkeep(c, now);
    if (now >= next_audit_look_) {
        next_audit_look_ = now + audit_look_interval;
        watch_audit.send(c, now);
    }
    if (now < next_count_) return;
    next_count_ = now + count_interval;
    count_findings.send(c, now);
}

void feed_upkeep::send_audit_upkeep(connection* c, core::steady_time now) {
    next_audit_upkeep_ = now + audit_upkeep_interval;
    asked_keep_ = settings_.audit_keep;
    std::optional<std::string> keep;
    if (settings_.audit_keep != kept_forever)
        keep =
            std::to_string(std::chrono::duration_cast<core::seconds>(settings_.audit_keep).count());
    keep_audit_events.values = {std::move(keep)};
    keep_audit_events.send(c, now);
}

// One month goes at a time.
void feed_upkeep::audit_kept(const pg_result& rows) {
    if (!decode_bool(text_at(rows, 0, 0)).value_or(false)) return;
    next_audit_upkeep_ = core::steady_now() + prune_again;
}

void feed_upkeep::send_pruning(connection* c, core::steady_time now) {
    next_pruning_ = now + prune_interval;
    prune.values = {std::to_string(settings_.feed_retention.count()),
                    std::to_string(silent_node_margin.count())};
    prune.send(c, now);
    prune_answers.send(c, now);
    asked_days_ = settings_.usage_kept_days;
    prune_usage.values = {std::to_string(settings_.usage_kept_days)};
    prune_usage.send(c, now);
    settle_credits.send(c, now);
    const auto lives = lives_();
    if (!lives.known()) return;
    prune_revocations.values = {issuers_lives(lives), life_text(lives.others),
                                life_text(lives.organizations), life_text(lives.own)};
    prune_revocations.send(c, now);
}

// A full batch was deleted, so there may be more.
void feed_upkeep::pruned(const pg_result& rows) {
    if (decode_int8(text_at(rows, 0, 0)).value_or(0) < pruned_most) return;
    next_pruning_ = core::steady_now() + prune_again;
}

} // namespace latchkey::pg
