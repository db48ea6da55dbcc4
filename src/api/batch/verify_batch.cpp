// POST /api/v1/auth/verify-batch: many questions at once, of any kinds
//   {items:[{type:"api_key"|"token"|"device", … as the endpoint of that kind takes}]}
//   200 {results:[… in order], valid_count, invalid_count, undecided_count}
//   400 malformed as a whole, or too many items   413 too long   415 not JSON
//   429 more items than the client may ask now    503 too many batches are being answered
#include "api/batch/verify_batch.hpp"

#include "api/public/jwks_wait.hpp"
#include "api/public/verification.hpp"

#include <latchkey/api/public_api.hpp>
#include <latchkey/http/json_body.hpp>

#include <algorithm>
#include <utility>

namespace latchkey::api {

namespace {

// Bytes of a long item that one step looks at, at most.
constexpr std::size_t bytes_per_step = 16384;
// The capacities that an idle batch may keep.
constexpr std::size_t text_bytes_kept = 1 << 20;
constexpr std::size_t items_kept = 4096;

constexpr std::string_view undecided_result = R"({"valid":false,"code":"UNAVAILABLE"},)";

template <class Container>
void release_excess(Container& of, std::size_t kept) {
    of.clear();
    if (of.capacity() > kept) of = Container();
}

} // namespace

void verify_batch(http::exchange& ex, public_api& api) {
    if (const auto why = http::unless_json(ex.request)) return ex.refuse(*why);
    if (api.batches.lent() >= api.batch_limits.batches_max)
        return ex.refuse({503, "too many batches are being answered (server.batches_max)"});
    api.batches.take().begin(ex);
}

batch::batch(public_api& api) : api_(api) {}

void batch::begin(http::exchange& ex) {
    asker_ = &ex;
    const auto door = api_.gate.door_of(ex);
    if (door == rate_gate::door::closed) return done();
    phase_ = phase::counting;
    is_charged_ = door == rate_gate::door::counted;
    terms_ = cache_terms_of(ex);
    scanner_ = batch_scanner(ex.request.body);
    read_ = 0;
    keys_asked_for_ = false;
    counts_ = {};
    passwords_left = api_.batch_limits.scrypt_max;
    holds_token = false;
    text_ = R"({"results":[)";
    behind_.clear();
    // Batches that came before it have their turn first.
    ex.wait_for(*this);
    api_.batch_queue.add(*this);
}

// Does one slice of the work.
void batch::finish(http::exchange& ex) {
    at_ = api_.read_clocks();
    core::time_slice slice(at_.now.boot, api_.batch_slice);
    while (phase_ != phase::over) {
        if (slice.look_is_due()) {
            at_ = api_.read_clocks();
            if (slice.over(at_.now.boot)) {
                ex.wait_for(*this);
                return api_.batch_queue.add(*this);
            }
        }
        if (phase_ == phase::writing && undecided_ > 0) return ex.wait_for(*this);
        if (phase_ == phase::asking && unasked_ && unasked_->is_look_up() &&
            !api_.look_ups_of_batches.has_room(api_.batch_lookups_max())) {
            ex.wait_for(*this);
            return api_.look_ups_of_batches.wait(*this);
        }
        step(ex, slice);
    }
    done();
}

void batch::item_decided() noexcept {
    api_.look_ups_of_batches.leave(api_.batch_lookups_max());
    keys_asked();
}

void batch::keys_asked() noexcept {
    --undecided_;
    if (undecided_ == 0 && phase_ == phase::writing) api_.batch_queue.add(*this);
}

void batch::step(http::exchange& ex, core::time_slice& slice) {
    switch (phase_) {
    case phase::counting:
        return count(ex, slice);
    case phase::reading:
        return read(slice);
    case phase::checking:
        return check(ex, slice);
    case phase::asking:
        return ask();
    case phase::writing:
        return first_ ? write() : answer(ex);
    case phase::idle:
    case phase::over:
        return;
    }
}

void batch::refuse(http::exchange& ex, const http::refusal& why) {
    ex.refuse(why);
    phase_ = phase::over;
}

// A refused batch is refused as a whole, before any of its items is looked at: no item counts as a
// use or costs its credential anything. The client pays for all items, or for those found before
// the fault. (An item that is not JSON is found later: to check that here would cost more than it
// is worth.)
void batch::count(http::exchange& ex, core::time_slice& slice) {
    const auto found = scanner_.next(bytes_per_step);
    switch (found) {
    case batch_scanner::outcome::partial:
        return slice.look_soon();
    case batch_scanner::outcome::item:
        items_.push_back(scanner_.item());
        if (items_.size() <= api_.batch_limits.items_max) return;
        break;
    case batch_scanner::outcome::refused:
    case batch_scanner::outcome::end:
        break;
    }
    if (is_charged_ && !api_.gate.admit_client(ex, std::max<std::size_t>(1, items_.size()))) {
        phase_ = phase::over;
        return;
    }
    const auto most = api_.batch_limits.items_max;
    if (found == batch_scanner::outcome::refused) return refuse(ex, scanner_.why());
    if (items_.empty()) return refuse(ex, {400, "field \"items\" has no items"});
    if (items_.size() > most)
        return refuse(ex, {400, "field \"items\" has more than " + std::to_string(most) +
                                    " items (server.batch_items_max)"});
    phase_ = phase::reading;
}

void batch::read(core::time_slice& slice) {
    if (read_ < items_.size()) return read_item(items_[read_++], slice);
    unasked_ = first_;
    phase_ = phase::asking;
}

void batch::read_item(std::string_view text, core::time_slice& slice) {
    // It is longer than any single question may be.
    const bool too_long = text.size() > api_.limits.body_bytes_max;
    switch (too_long ? batch_item::kind::malformed : item_.read(text)) {
    case batch_item::kind::api_key:
        return read_key();
    case batch_item::kind::token:
        slice.look_soon();
        return read_token();
    case batch_item::kind::device:
        slice.look_soon();
        return read_device();
    case batch_item::kind::malformed:
        break;
    }
    put(auth::verdict::invalid_format);
    unchecked_ = text;
    grammar_.begin();
    phase_ = phase::checking;
}

// A malformed item spoils only itself; one that is not JSON spoils the whole body.
void batch::check(http::exchange& ex, core::time_slice& slice) {
    const auto piece = unchecked_.substr(0, bytes_per_step);
    unchecked_.remove_prefix(piece.size());
    slice.look_soon();
    if (!grammar_.feed(piece, unchecked_.empty()))
        return refuse(ex, {400, "the body is not JSON: item " + std::to_string(read_) +
                                    " of field \"items\" is malformed"});
    if (unchecked_.empty()) phase_ = phase::reading;
}

void batch::read_key() {
    const auto fingerprint = api_.verifier.fingerprint(item_.credential());
    if (!fingerprint) return put(auth::verdict::invalid_format);
    if (!api_.gate.admit_item(*asker_, counted::api_key, bytes_of(*fingerprint)))
        return put(auth::verdict::rate_limited);
    auto& question = api_.batch_keys.take();
    question.key = *fingerprint;
    question.terms = terms_;
    api_.verifier.place(question);
    if (terms_.read) {
        const auto put_hit = [&](const auto& decided, const auth::api_key_record* found,
                                 const core::moment&) {
            const auto* limit = decided.limit ? &*decided.limit : nullptr;
            if (*decided.what != auth::verdict::valid) return put(*decided.what, limit);
            put_valid(found->answer(), limit);
        };
        const auto refused = [&](const auth::api_key_record& found) {
            return !admits(found.organization_id());
        };
        if (api_.verifier.from_cache(question, item_.of_key(), at_, refused, put_hit))
            return question.give_back();
    }
    question.prepare(*this, item_.of_key());
    keep_waiting(question);
}

void batch::read_token() {
    const auto refused = [&](const auth::token_record& found) {
        const auto& organization = found.claims().organization_id;
        return organization && !admits(*organization);
    };
    const auto put_it = [&](const auth::token_record& found, auth::answer_source,
                            const core::moment&,
                            const core::moment&) { put_valid(found.answer()); };
    auto decided = api_.tokens.verify(item_.credential(), item_.of_token(), terms_, at_, refused,
                                      put_it, &checks);
    if (!decided.ask_for_keys_of.empty() && may_wait_for_keys()) {
        auto& question = api_.batch_tokens.take();
        question.prepare(*this, item_, terms_, std::move(decided.ask_for_keys_of), at_.now);
        return keep_waiting(question);
    }
    if (!decided.ask_for_keys_of.empty() && !std::exchange(keys_asked_for_, true))
        api_.jwks_nudges.take().begin(std::move(decided.ask_for_keys_of));
    api_.tokens.count(decided.what);
    if (!decided.what) return put_undecided();
    if (*decided.what != auth::verdict::valid) put(*decided.what);
}

// Beyond the bound, its tokens stay undecided. The keys are still fetched, so that a client that
// asks again gets a verdict.
bool batch::may_wait_for_keys() noexcept {
    if (waits_for_keys_) return true;
    if (!api_.batch_may_wait_for_keys()) return false;
    ++api_.batches_waiting_for_keys;
    return waits_for_keys_ = true;
}

void batch::read_device() {
    if (!api_.gate.admit_item(*asker_, counted::device, item_.credential()))
        return put(auth::verdict::rate_limited);
    auto& question = api_.batch_devices.take();
    if (question.begin(*this, item_, terms_)) return keep_waiting(question);
    put(question);
    question.give_back();
}

void batch::keep_waiting(batch_question& question) {
    question.next = nullptr;
    question.behind = behind_.size();
    (last_ ? last_->next : first_) = &question;
    last_ = &question;
}

void batch::ask() {
    if (!unasked_) {
        phase_ = phase::writing;
        return api_.look_ups_of_batches.pass_on(api_.batch_lookups_max());
    }
    auto& question = *unasked_;
    unasked_ = question.next;
    if (!question.ask()) return;
    ++undecided_;
    if (question.is_look_up()) api_.look_ups_of_batches.enter();
}

// Writes the first question that waited, and the results that follow it.
void batch::write() {
    auto& question = *first_;
    first_ = question.next;
    // For this, out() must be the text_ in which all results are joined.
    const auto others = std::exchange(first_, nullptr);
    put(question);
    first_ = others;
    const auto end = first_ ? first_->behind : behind_.size();
    text_.append(behind_, question.behind, end - question.behind);
    question.give_back();
}

void batch::answer(http::exchange& ex) {
    text_.back() = ']';
    text_ += R"(,"valid_count":)" + std::to_string(counts_.valid);
    text_ += R"(,"invalid_count":)" + std::to_string(counts_.invalid);
    text_ += R"(,"undecided_count":)" + std::to_string(counts_.undecided) + "}";
    if (holds_token)
        ex.answer(200, http::json_type, text_, "X-Auth-Cache: none\r\nCache-Control: no-store\r\n");
    else
        api_.compression.answer(ex, http::json_type, text_, uncached_field);
    phase_ = phase::over;
}

void batch::put(auth::verdict verdict, const auth::key_limit* limit) {
    ++counts_.invalid;
    auto& to = out();
    if (limit && verdict == auth::verdict::rate_limited) {
        auth::append_limited(to, *limit);
        to += ',';
        return;
    }
    to += R"({"valid":false,"code":")";
    to += auth::code_of(verdict);
    to += "\"},";
}

void batch::put(batch_question& question) {
    const auto verdict = question.conclude(at_.now);
    if (!verdict) return put_undecided();
    if (*verdict != auth::verdict::valid) return put(*verdict, question.limit());
    put_valid(question.answer(), question.limit());
}

void batch::put_valid(std::string_view answer, const auth::key_limit* limit) {
    ++counts_.valid;
    auto& to = out();
    if (limit)
        auth::append_answer(to, answer, *limit);
    else
        to += answer;
    to += ',';
}

bool batch::admits(std::string_view organization) {
    return api_.gate.admit_item(*asker_, counted::organization, organization);
}

void batch::put_undecided() {
    ++counts_.undecided;
    out() += undecided_result;
}

// If the batch was refused, questions may be left that were never asked.
void batch::done() noexcept {
    while (first_)
        std::exchange(first_, first_->next)->give_back();
    last_ = unasked_ = nullptr;
    if (std::exchange(waits_for_keys_, false)) --api_.batches_waiting_for_keys;
    checks.clear();
    release_excess(text_, text_bytes_kept);
    release_excess(behind_, text_bytes_kept);
    release_excess(items_, items_kept);
    asker_ = nullptr;
    phase_ = phase::idle;
    api_.batches.give_back(*this);
}

} // namespace latchkey::api
