#include "pg/writes/write.hpp"

#include "pg/writes/write_queue.hpp"
#include "pg/writes/write_terms.hpp"

#include <latchkey/auth/operator_answers.hpp>
#include <latchkey/auth/receipt/transaction_snapshot.hpp>
#include <latchkey/core/text/rfc3339.hpp>

namespace latchkey::pg {

namespace {

constexpr std::string_view conflicting = "it conflicts with another change";

// The server did not say how the transaction ended (PostgreSQL's manual, appendix A).
bool is_unknown(std::string_view sqlstate) {
    return sqlstate.empty() || sqlstate == "40003" || sqlstate == "08007";
}
constexpr std::string_view audit_refusal = "LK001"; // latchkey.refuse_unrecorded

// Chooses the failure by SQLSTATE (PostgreSQL's manual, appendix A).
core::failure failure_of(const query_failure& why) {
    using core::failure_kind;
    const std::string message(why.message);
    const auto state = why.sqlstate;
    if (state == audit_refusal)
        return {failure_kind::unavailable, "the change is refused: " + message +
                                               "; latchkey.audit_events must be writable again"};
    if (state == "23505") return {failure_kind::conflict, std::string(conflicting)};
    if (state == statements::claim_refused)
        return {failure_kind::conflict, std::string(auth::claim_in_use)};
    // Not a uuid, not UTF-8, a NUL; or too large.
    if (state.starts_with("22") || state.starts_with("54"))
        return {failure_kind::invalid, "the database does not take it: " + message};
    const bool transient = state.empty() || state.starts_with("08") || state.starts_with("53") ||
                           state.starts_with("57") || state.starts_with("40") || state == "55P03";
    if (transient) return {failure_kind::unavailable, "the database cannot do it now: " + message};
    return {failure_kind::internal, "the database refused the change: " + message + " (SQLSTATE " +
                                        std::string(state) + ")"};
}

} // namespace

write::write(write_queue& queue, const statement& s, std::vector<parameter> values,
             auth::operator_request* by)
    : queue_(queue), by_(by) {
    what = &s;
    until_commit = true;
    parameters = std::move(values);
    if (!by) return;
    before = &statements::write_terms;
    before_parameters = {bytes(by->actor), bytes(by->request_id)};
    if (!by->claim || by->claim->made) return;
    status_ = std::to_string(by->claim->status);
    before = &statements::write_terms_with_claim;
    for (const auto& p :
         {bytes(by->claim->id), bytes(by->claim->request), text(status_), bytes(by->claim->ids)})
        before_parameters.push_back(p);
}

// From `add` on, the write may end, and the coroutine with it.
bool write::await_suspend(std::coroutine_handle<> waiting) {
    waiting_ = waiting;
    const char* refused = queue_.add(*this);
    if (refused) outcome_ = failure_of({{}, refused});
    return !refused;
}

void write::before_succeeded(const pg_result& rows) {
    by_->transaction = std::string(text_at(rows, 0, 0));
    by_->position.reset();
    const auto& database = queue_.identity();
    const auto number = auth::parse_transaction(*by_->transaction);
    if (number)
        by_->position = auth::change_position{database.place, database.era.value_or(""), *number};
}

void write::succeeded(const pg_result& rows) {
    if (by_ && by_->claim) by_->claim->made = true;
    end(&rows);
}

void write::failed(const query_failure& why) {
    end(by_ ? failure_of_change(why) : failure_of(why));
}

// A change that was sent may have been committed, though its answer never came.
core::failure write::failure_of_change(const query_failure& why) const {
    const bool was_sent = sent_at != core::steady_time{};
    if (!was_sent || !is_unknown(why.sqlstate)) return failure_of(why);
    return {core::failure_kind::unavailable,
            "it is not known whether the change was made, since the database did not answer: " +
                std::string(why.message) +
                ". Look before you ask again, or ask again with the same Idempotency-Key"};
}

void write::end(core::result<const pg_result*> outcome) {
    outcome_ = std::move(outcome);
    queue_.note_end(*this);
    waiting_.resume();
}

core::failure with_conflict(core::failure why, std::string message) {
    if (why.kind == core::failure_kind::conflict && why.message == conflicting)
        why.message = std::move(message);
    return why;
}

std::optional<std::string> timestamp_of(const std::optional<core::real_time>& t) {
    if (!t) return std::nullopt;
    if (*t == core::real_time::max()) return "infinity";
    if (*t == core::real_time::min()) return "-infinity";
    return core::rfc3339_of(*t);
}

std::string seconds_text(core::seconds s) {
    return std::to_string(s.count());
}

} // namespace latchkey::pg
