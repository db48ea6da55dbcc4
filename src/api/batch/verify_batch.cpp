// POST /api/v1/auth/verify-batch: many questions at once, of any kinds
//   {items:[{type:"api_key"|"token"|"device", … as the endpoint of that kind takes}]}
//   200 {results:[… in order], valid_count, invalid_count, undecided_count}
//   400 malformed as a whole, or too many items   413 too long   415 not JSON
//   429 more items than the client may ask now    503 too many batches are being answered
#include "api/batch/verify_batch.hpp"

#include "api/public/fields.hpp"
#include "api/public/jwks_wait.hpp"
#include "api/public/lease_wait.hpp"
#include "api/public/verification.hpp"

#include <latchkey/api/public_api.hpp>
#include <latchkey/auth/why_malformed.hpp>
#include <latchkey/core/release_excess.hpp>
#include <latchkey/core/text/json_text.hpp>
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

std::string_view name_of(batch_item::kind kind) {
    const auto row = static_cast<std::size_t>(kind);
    return kind == batch_item::kind::malformed ? std::string_view() : item_types[row - 1];
}

item_facts facts_of(const auth::api_key_record* found) {
    if (!found) return {.how = auth::answer_source::hit};
    return {found->key_id(), found->organization_id(), auth::answer_source::hit};
}

} // namespace

void verify_batch(http::exchange& ex, public_api& api) {
    if (const auto why = http::unless_json(ex.request)) return refuse_body(ex, *why);
    if (api.batches.requests.lent() >= api.batches.limits.batches_max)
        return ex.refuse({503, "too many batches are being answered (server.batches_max)"});
    api.batches.requests.take().begin(ex);
}

batch::batch(public_api& api) : api_(api), work_(serve()) {
    work_.resume();
}

void batch::begin(http::exchange& ex) {
    asker_ = &ex;
    since = api_.held.now();
    const auto door = api_.gate.door_of(ex);
    if (door == rate_gate::door::closed) return done();
    is_charged_ = door == rate_gate::door::counted;
    terms_ = cache_terms_of(ex);
    only = organization_bound(ex);
    scanner_.begin(ex.request.body);
    keys_asked_for_ = false;
    counts_ = {};
    charged.reset();
    passwords_left = api_.batches.limits.scrypt_max;
    holds_token = false;
    text_ = R"({"results":[)";
    behind_.clear();
    // Batches that came before it have their turn first.
    ex.wait_for(*this);
    api_.batches.queue.add(*this);
}

// Does one slice of the work.
void batch::finish(http::exchange&) {
    at_ = api_.read_clocks();
    slice_ = core::time_slice(at_.now.boot, api_.batches.slice);
    work_.resume();
}

// Answers one request after the other, so that its frame is allocated only once.
core::task<bool> batch::serve() {
    for (;; done()) {
        co_await std::suspend_always(); // until the first turn of the next request
        auto& ex = *asker_;

        do {
            co_await next_step();
        } while (find_item());
        if (!accept(ex)) continue;

        for (std::size_t n = 0; n < items_.size() && !ex.answered(); ++n) {
            co_await next_step();
            current_ = {n + 1};
            read(items_[n]);
            while (wanted) {
                co_await lease_for_item();
                if (!goes_without_lease()) read(items_[n]);
            }
            charged.reset();
            while (scanner_.is_checking()) {
                co_await next_step();
                check(ex, n);
            }
        }
        if (ex.answered()) continue;

        auto& look_ups = api_.batches.look_ups;
        for (auto* question = first_; question; question = question->next) {
            co_await next_step();
            while (question->is_look_up() && !look_ups.has_room(api_.batches.lookups_max()))
                co_await room_for_look_up();
            ask(*question);
        }
        look_ups.pass_on(api_.batches.lookups_max());
        co_await all_decisions();

        while (first_) {
            co_await next_step();
            while (!write())
                co_await lease_for_item();
        }
        co_await next_step();
        co_await tick_if_unknown();
        answer(ex);
    }
}

// Lets other batches have their turn when this one's is over.
batch::suspension batch::next_step() {
    if (!slice_.look_is_due()) return {nullptr};
    at_ = api_.read_clocks();
    if (!slice_.over(at_.now.boot)) return {nullptr};
    api_.batches.queue.add(*this);
    return {this};
}

batch::suspension batch::room_for_look_up() {
    api_.batches.look_ups.wait(*this);
    return {this};
}

batch::suspension batch::all_decisions() {
    awaits_decisions_ = undecided_ > 0;
    return {awaits_decisions_ ? this : nullptr};
}

batch::suspension batch::tick_if_unknown() {
    if (!std::exchange(found_unknown_, false)) return {nullptr};
    api_.held.hold(*this);
    return {this};
}

batch::suspension batch::lease_for_item() {
    goes_without_ = !charged.come_again();
    auth::fleet_limits::ask(*std::exchange(wanted, std::nullopt), lease_, at_.now.boot, api_.box());
    return {this};
}

void batch::item_lease::decided() noexcept {
    owner.api_.batches.queue.add(owner);
}

// Returns true if the item is answered: there is no lease for it.
bool batch::goes_without_lease() {
    const bool no_longer = std::exchange(goes_without_, false);
    if (std::exchange(lease_.refused, false))
        put_undecided({.reason = "too many callers are counted (rate_limit.fleet_buckets)"});
    else if (no_longer)
        put_undecided({.reason = "a limit of all nodes cannot be asked now"});
    else
        return false;
    return true;
}

void batch::item_decided() noexcept {
    api_.batches.look_ups.leave(api_.batches.lookups_max());
    keys_asked();
}

void batch::keys_asked() noexcept {
    --undecided_;
    if (undecided_ == 0 && std::exchange(awaits_decisions_, false)) api_.batches.queue.add(*this);
}

// Returns false after the last item, after one too many, and where the body is refused.
bool batch::find_item() {
    using enum batch_scanner::outcome;
    const auto found = scanner_.next(bytes_per_step);
    if (found == partial) slice_.look_soon();
    if (found == item) items_.push_back(scanner_.item());
    return (found == partial || found == item) && items_.size() <= api_.batches.limits.items_max;
}

// A refused batch is refused as a whole, before any of its items is looked at: no item counts as a
// use or costs its credential anything. The client pays for all items, or for those found before
// the fault. (An item that is not JSON is found later: to check that here would cost more than it
// is worth.) Returns false if the exchange is answered.
bool batch::accept(http::exchange& ex) {
    ex.charged.begin(core::charged_limits::stage::items);
    if (is_charged_ && !api_.gate.admit_client(ex, std::max<std::size_t>(1, items_.size())))
        return false;
    if (!api_.callers.charge(ex, items_.empty() ? 0 : items_.size() - 1)) return false;
    const auto most = api_.batches.limits.items_max;
    if (!scanner_.why().detail.empty())
        refuse_body(ex, scanner_.why());
    else if (items_.empty())
        refuse_body(ex, {400, "field \"items\" has no items"});
    else if (items_.size() > most)
        refuse_body(ex, {400, "field \"items\" has more than " + std::to_string(most) +
                                  " items (server.batch_items_max)"});
    return !ex.answered();
}

void batch::read(std::string_view text) {
    // It is longer than any single question may be.
    const bool too_long = text.size() > api_.limits.body_bytes_max;
    const auto kind = too_long ? batch_item::kind::malformed : item_.read(text);
    current_.kind = name_of(kind);
    if (kind == batch_item::kind::api_key) return read_key();
    slice_.look_soon();
    if (kind == batch_item::kind::token) return read_token();
    if (kind == batch_item::kind::device) return read_device();
    put_malformed(too_long ? "it is longer than server.body_bytes_max" : item_.why());
    scanner_.begin_check(text);
}

// A malformed item spoils only itself; one that is not JSON spoils the whole body.
void batch::check(http::exchange& ex, std::size_t item) {
    slice_.look_soon();
    if (!scanner_.check(bytes_per_step))
        refuse_body(ex, {400, "the body is not JSON: item " + std::to_string(item + 1) +
                                  " of field \"items\" is malformed"});
}

template <class Append>
void batch::put_valid(Append append, const auth::key_limit* limit,
                      std::optional<std::uint64_t> credits) {
    ++counts_.valid;
    auto& to = out();
    append(to);
    if (limit) auth::append_limit(to, *limit);
    if (credits) auth::append_credits(to, *credits);
    to += ',';
}

void batch::read_key() {
    const auto fingerprint = api_.verifier.fingerprint(item_.credential());
    if (!fingerprint) return put_malformed(api_.verifier.why_malformed(item_.credential()));
    if (!admits(counted::api_key, bytes_of(*fingerprint))) return;
    auto& question = api_.batches.keys.take();
    question.key = *fingerprint;
    question.terms = terms_;
    question.organization = only;
    api_.verifier.place(question);
    if (terms_.read) {
        const auto put_hit = [&](const auto& decided, const auth::api_key_record* found,
                                 const core::moment&) {
            if (decided.wants) wanted = decided.wants;
            if (wanted) return;
            if (!decided.what) return put_undecided(facts_of(found));
            const auto* limit = decided.limit ? &*decided.limit : nullptr;
            if (*decided.what != auth::verdict::valid)
                return put(*decided.what, facts_of(found), limit);
            put_valid([&](std::string& to) { found->append_answer(to); }, limit, decided.credits);
        };
        const auto refused = [&](const auth::api_key_record& found) {
            return unless_admitted(found.organization_id(), turn_at(at_.now.boot));
        };
        item_.charge(charged);
        if (api_.verifier.from_cache(question, item_.of_key(), at_, refused, put_hit))
            return question.give_back();
    }
    question.prepare(*this, item_.of_key());
    keep_waiting(question);
}

void batch::read_token() {
    const auto refused = [&](const auth::token_record& found) {
        const auto& organization = found.claims().organization_id;
        return organization ? unless_admitted(*organization, turn_at(at_.now.boot))
                            : item_refusal();
    };
    const auto put_it = [&](const auth::token_record& found, auth::answer_source,
                            const core::moment&, const core::moment&) {
        put_valid([&](std::string& to) { to += found.answer(); });
    };
    auto request = item_.of_token();
    request.organization = only;
    auth::refused_token whose;
    request.refused = &whose;
    auto decided =
        api_.tokens.verify(item_.credential(), request, terms_, at_, refused, put_it, &checks);
    if (!decided.ask_for_keys_of.empty() && may_wait_for_keys()) {
        auto& question = api_.batches.tokens.take();
        question.prepare(*this, item_, terms_, std::move(decided.ask_for_keys_of), at_.now);
        return keep_waiting(question);
    }
    if (!decided.ask_for_keys_of.empty() && !std::exchange(keys_asked_for_, true))
        api_.jwks_nudges.take().begin(std::move(decided.ask_for_keys_of));
    if (wanted) return;
    api_.tokens.count(decided.what);
    if (!decided.what) return put_undecided({.reason = decided.reason});
    if (*decided.what == auth::verdict::invalid_format)
        return put_malformed(api_.tokens.why_malformed(item_.credential()));
    if (*decided.what != auth::verdict::valid) put(*decided.what, facts_of(whose));
}

// Beyond the bound, its tokens stay undecided. The keys are still fetched, so that a client that
// asks again gets a verdict.
bool batch::may_wait_for_keys() noexcept {
    if (waits_for_keys_) return true;
    if (!api_.batches.may_wait_for_keys()) return false;
    ++api_.batches.waiting_for_keys;
    return waits_for_keys_ = true;
}

void batch::read_device() {
    if (!admits(counted::device, item_.credential())) return;
    auto& question = api_.batches.devices.take();
    if (question.begin(*this, item_, terms_)) return keep_waiting(question);
    question.was_looked_up = false;
    put(question, auth::why_malformed_device(item_.credential(), item_.device_secret()));
    question.give_back();
}

void batch::keep_waiting(batch_question& question) {
    question.next = nullptr;
    question.was_looked_up = false;
    question.place = current_;
    question.behind = behind_.size();
    (last_ ? last_->next : first_) = &question;
    last_ = &question;
}

void batch::ask(batch_question& question) {
    if (!question.ask()) return;
    ++undecided_;
    question.was_looked_up = question.is_look_up();
    if (question.was_looked_up) api_.batches.look_ups.enter();
}

// Writes the first question that waited, and the results that follow it.
// Returns false if it needs a lease first.
bool batch::write() {
    auto& question = *first_;
    first_ = question.next;
    // For this, out() must be the text_ in which all results are joined.
    const auto others = std::exchange(first_, nullptr);
    current_ = question.place;
    if (!goes_without_lease()) put(question);
    first_ = others;
    if (wanted) {
        first_ = &question;
        return false;
    }
    charged.reset();
    const auto end = first_ ? first_->behind : behind_.size();
    text_.append(behind_, question.behind, end - question.behind);
    question.give_back();
    return true;
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
}

void batch::note(std::string_view verdict, const item_facts& facts, bool is_undecided) {
    auto& note = asker_->note;
    if (!(is_undecided ? note.undecided_items : note.refused_items).take()) return;
    auto& item = note.items.emplace_back();
    item.number = current_.number;
    item.verdict = verdict;
    item.kind = current_.kind;
    if (facts.how) item.cache = auth::name_of(*facts.how);
    item.is_undecided = is_undecided;
    item.reason = facts.reason;
    item.credential = facts.credential;
    item.organization = facts.organization;
}

void batch::put(auth::verdict verdict, const item_facts& facts, const auth::key_limit* limit) {
    ++counts_.invalid;
    note(auth::code_of(verdict), facts);
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

void batch::put_malformed(std::string_view why) {
    put(auth::verdict::invalid_format, {.reason = why});
    if (!is_told_why(*asker_)) return;
    auto& to = out();
    to.resize(to.size() - 2); // "},"
    to += R"(,"detail":)";
    core::append_json_string(to, why);
    to += "},";
}

void batch::put(batch_question& question, std::string_view why_malformed) {
    const auto verdict = question.conclude(at_.now);
    if (wanted) return;
    if (!verdict) return put_undecided(question.facts());
    if (*verdict == auth::verdict::invalid_format && !why_malformed.empty())
        return put_malformed(why_malformed);
    const bool is_unknown =
        *verdict == auth::verdict::not_found || *verdict == auth::verdict::invalid_credentials;
    found_unknown_ = found_unknown_ || (only && is_unknown && question.was_looked_up);
    if (*verdict != auth::verdict::valid) return put(*verdict, question.facts(), question.limit());
    put_valid([&](std::string& to) { question.append_answer(to); }, question.limit(),
              question.credits());
}

item_refusal batch::unless_admitted(std::string_view organization, const item_turn& turn) {
    if (asks_for_itself(*asker_, organization)) return {};
    return {api_.gate.admit_item(*asker_, counted::organization, organization, turn)};
}

// Returns false if the item is answered, or needs a lease.
bool batch::admits(counted what, std::string_view subject) {
    const auto how = api_.gate.admit_item(*asker_, what, subject, turn_at(at_.now.boot));
    if (how == item_standing::refused) put(auth::verdict::rate_limited);
    if (how == item_standing::undecided && !wanted) put_undecided({});
    return how == item_standing::admitted;
}

void batch::put_undecided(const item_facts& facts) {
    ++counts_.undecided;
    note("UNAVAILABLE", facts, true);
    out() += undecided_result;
}

// If the batch was refused, questions may be left that were never asked.
void batch::done() noexcept {
    while (first_)
        std::exchange(first_, first_->next)->give_back();
    last_ = nullptr;
    if (std::exchange(waits_for_keys_, false)) --api_.batches.waiting_for_keys;
    checks.clear();
    item_.forget();
    core::release_excess(text_, text_bytes_kept);
    core::release_excess(behind_, text_bytes_kept);
    core::release_excess(items_, items_kept);
    api_.held.drop(*this);
    asker_ = nullptr;
    only.reset();
    wanted.reset();
    api_.batches.requests.give_back(*this);
}

} // namespace latchkey::api
