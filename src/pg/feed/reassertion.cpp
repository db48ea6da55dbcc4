#include "pg/feed/reassertion.hpp"

#include "pg/connection/result_text.hpp"
#include "pg/connection/wire.hpp"
#include "pg/statements.hpp"

#include <latchkey/core/text/json_text.hpp>

#include <algorithm>
#include <utility>

namespace latchkey::pg {

namespace {

// While the database has none: after a promotion, until a node begins one.
constexpr std::string_view no_era = "none";

void append_time(std::string& out, const std::optional<core::real_time>& t) {
    out += ',';
    if (!t || *t == core::real_time::max()) {
        out += t ? "\"infinity\"" : "null";
        return;
    }
    out += std::to_string(
        std::chrono::duration_cast<std::chrono::microseconds>(t->time_since_epoch()).count());
}

// As latchkey.remembered reads it (schema/0023).
std::string json_of(const std::vector<auth::revocation>& all) {
    std::string out = "[";
    for (const auto& r : all) {
        if (out.size() > 1) out += ',';
        out += '[';
        core::append_json_string(out, name_of(r.kind));
        out += ',';
        core::append_json_string(out, r.issuer);
        out += ',';
        core::append_json_string(out, r.value);
        out += ',';
        if (r.of)
            core::append_json_string(out, name_of(*r.of));
        else
            out += "null";
        append_time(out, r.issued_before);
        append_time(out, r.expires_at);
        append_time(out, r.created_at);
        out += ']';
    }
    return out + "]";
}

} // namespace

reassertion::reassertion(auth::remembered_revocations* remembered, std::string node,
                         core::logger& log, const feed_query::refusal& refused,
                         std::function<void()> done)
    : reassert(
          statements::reassert, [this](const auto& rows) { judged(rows); },
          [this](const auto& why) { this->refused(why); }),
      leave_era(
          statements::leave_era, [this](const auto&) { copied_era_.reset(); }, refused),
      remembered_(remembered),
      node_(std::move(node)),
      log_(log),
      refused_(refused),
      done_(std::move(done)) {
    reassert.until_commit = leave_era.until_commit = true;
}

void reassertion::lost(bool commits_may_be_lost, std::optional<std::string> copied_era) {
    if (!remembered_) return;
    page_.reset();
    if (!commits_may_be_lost) return remembered_->missed_changes();
    remembered_->database_changed();
    if (remembered_->pending()) settled_in_.clear();
    copied_era_ = std::move(copied_era);
}

void reassertion::begins(const database_identity& database,
                         const std::optional<std::string>& snapshot) {
    here_ = database.place + ' ' + database.era.value_or(std::string(no_era));
    if (!remembered_) return;
    remembered_->in_era(database.era ? std::string_view(*database.era) : no_era);
    remembered_->begins(snapshot ? std::string_view(*snapshot) : std::string_view());
    if (!remembered_->pending()) settled_in_ = here_;
}

void reassertion::has_been_in(const std::vector<std::string>& eras) {
    if (remembered_) remembered_->has_been_in(eras);
}

void reassertion::note(const auth::change_set& changes, std::optional<core::real_time> loaded_at) {
    if (!remembered_) return;
    if (changes.organization_ids) remembered_->set_organization_ids(*changes.organization_ids);
    const auto now = core::moment::now().boot;
    if (!loaded_at) return remembered_->note(changes.revocations, now);
    std::vector<auth::revocation_change> recent;
    for (const auto& change : changes.revocations)
        if (!change.withdrawn && change.what.created_at > *loaded_at - remembered_->keep())
            recent.push_back(change);
    remembered_->note(recent, now);
}

void reassertion::current(const std::string& snapshot, core::boot_time began) {
    if (!remembered_) return;
    const bool was_pending = remembered_->pending();
    remembered_->current(snapshot, began);
    if (was_pending && !remembered_->pending()) settle();
}

void reassertion::tick(connection* conn, core::steady_time at) {
    conn_ = conn;
    if (!remembered_ || at < next_) return;
    // Until then it cannot be told what was restored in the copy.
    if (copied_era_) {
        if (leave_era.under_way()) return;
        next_ = at + pause;
        leave_era.values = {*copied_era_};
        return leave_era.send(conn, at);
    }
    if (reassert.under_way() || !remembered_->pending()) return;
    page_ = remembered_->next_page(page_size_);
    if (!page_) {
        // What is missing stands there now: nobody need wait until this node has released the rest.
        remembered_->all_is_judged(core::moment::now().boot);
        return settle();
    }
    reassert.values = {node_, text_array_literal(page_->eras), page_->seen, json_of(page_->what)};
    reassert.send(conn, at);
}

void reassertion::judged(const pg_result& rows) {
    const auto accepted = decode_bool(text_at(rows, 0, 0));
    const auto written = decode_int8(text_at(rows, 0, 1));
    if (!page_ || !accepted || !written) { // another node is at it
        next_ = core::steady_now() + pause_for_others;
        return;
    }
    if (*accepted) {
        log_.warning("what this node remembers to be revoked, and the database does not know, is "
                     "forgotten: an operator has accepted the database as it is");
        remembered_->accepted();
        wants_all_anew_ = true;
        return settle();
    }
    written_ += *written;
    page_size_ = std::min(page_size_ * 2, page_max);
    remembered_->settled(*std::exchange(page_, std::nullopt));
    tick(conn_, core::steady_now());
}

// A page may be too large for the time that it has; or one entry cannot be judged at all, which
// then stands alone.
void reassertion::refused(const query_failure& why) {
    const bool is_data = why.sqlstate.starts_with("22");
    if (page_ && page_size_ == 1 && is_data) {
        log_.error("a revocation that this node remembers cannot be judged by the database",
                   {{"id", page_->what.front().value}, {"reason", why.message}});
        remembered_->settled(*page_);
    } else {
        next_ = core::steady_now() + (is_data ? core::seconds(0) : pause);
    }
    page_.reset();
    page_size_ = std::max<std::size_t>(page_size_ / 2, 1);
    refused_(why);
}

void reassertion::settle() {
    page_.reset();
    if (settled_in_ == here_) return; // it has been told
    if (const auto count = std::exchange(written_, 0))
        log_.warning("the database had lost revocations, which were written back",
                     {{"revocations", count},
                      {"mend", "latchkey accept-database --list shows them; other changes may be "
                               "lost as well"}});
    settled_in_ = here_;
    done_();
}

} // namespace latchkey::pg
