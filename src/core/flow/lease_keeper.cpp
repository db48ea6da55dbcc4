#include <latchkey/core/flow/lease_keeper.hpp>

#include <algorithm>
#include <cmath>
#include <utility>

namespace latchkey::core {

namespace {

constexpr std::size_t lines_max = 1000; // of one request
constexpr std::int64_t millisecond = 1'000'000;
constexpr std::int64_t second = 1000 * millisecond;
// A node has what it spends in two ticks and a round trip, and asks again when half of it is gone.
constexpr std::int64_t hold_at_least = 120 * millisecond;
constexpr std::int64_t ask_again = 100 * millisecond; // for what is spent
constexpr std::int64_t poll_after = second;           // whether others want what is left here
constexpr std::int64_t others_want_for = second;
constexpr std::int64_t unsure_for = second;
constexpr std::int64_t unsure_while_late = 50 * millisecond;
constexpr std::int64_t reserved_for = 200 * millisecond; // for whoever has been woken
// The database knows of no window that begins later than two seconds from now.
constexpr std::int64_t lead_max = 3 * second / 2;
constexpr std::int64_t in_use_for = 30 * second;
// How far behind a database may be that is promoted, so that nothing is forgotten.
constexpr seconds remembered_for{60};
constexpr std::size_t told_max = 100'000;
constexpr std::size_t looked_at_for_room = 64; // buckets
constexpr double decay = 0.8;                  // of a measured rate, from one tick to the next

std::int64_t count(boot_time t) noexcept {
    return t.time_since_epoch().count();
}

} // namespace

struct lease_keeper::holding {
    lease_key key;
    lease_bucket& bucket;
    std::vector<lease_inquiry*> waiting{};
    std::int64_t waiting_cost = 0;
    std::int64_t reserve = 0; ///< for those who were woken
    std::int64_t reserved_until = 0;
    std::int64_t pause_until = 0; ///< nothing can be leased before
    double rate = 0;              ///< spent in a nanosecond
    std::int64_t used_before = 0;
    std::int64_t used_in_old_slots = 0;
    std::int64_t used_at = 0; ///< or wanted
    std::int64_t others_want_until = 0;
    std::int64_t ask_at = 0;
    std::int64_t polled_at = 0;
    std::int64_t owed = 0; ///< taken as a local share, and not told
    std::int64_t owed_number = -1;
    std::int64_t told_spent = 0; ///< of an account
    std::int64_t returned_again = 0;
    bool wanted = false;
    bool is_due = false;
    bool is_asked_for = false;

    lease_bucket::slot* present(std::int64_t now) const noexcept {
        return const_cast<lease_bucket::slot*>(bucket.slot_at(now));
    }
    std::int64_t used() const noexcept {
        auto sum = used_in_old_slots;
        for (const auto& one : bucket.slots_)
            sum += one.given - one.left.load(std::memory_order_relaxed);
        return sum;
    }
    void measure(std::int64_t now, std::int64_t since) {
        const auto all = used();
        const auto spent = all - std::exchange(used_before, all);
        if (bucket.wanted_.load(std::memory_order_relaxed)) {
            bucket.wanted_.store(false, std::memory_order_relaxed);
            wanted = true;
        }
        // Who is refused would spend as before.
        rate = std::max(static_cast<double>(spent) / static_cast<double>(since),
                        wanted ? rate : rate * decay);
        if (rate * static_cast<double>(second) < 0.01) rate = 0;
        if (spent > 0 || wanted) used_at = now;
    }
    /// What is left in it is lost.
    void end(lease_bucket::slot& s) {
        s.until.store(0, std::memory_order_release);
        const auto left = s.left.exchange(0, std::memory_order_acq_rel);
        used_in_old_slots += s.given - left;
        s.number = -1;
        s.given = 0;
        s.rest.store(0, std::memory_order_relaxed);
        s.spent.store(false, std::memory_order_relaxed);
    }
    // --- of an account ---
    bool has_to_tell() const noexcept { return returned_again > 0 || used() != told_spent; }
    void tell(lease_line& line) {
        line.returned += std::exchange(returned_again, 0);
        const auto all = used();
        line.spent = all - std::exchange(told_spent, all);
    }
    void end_window(std::optional<std::int64_t> number) {
        for (auto& s : bucket.slots_)
            if (number && s.number == *number) end(s);
    }
    std::optional<std::int64_t> life_of(std::int64_t number) const noexcept {
        const auto& s = bucket.slots_[static_cast<std::size_t>(number & 1)];
        return s.number == number ? std::optional(s.life) : std::nullopt;
    }
    /// True while it may not be forgotten: it has a share of a window that is not over.
    bool has_share(std::int64_t now) const noexcept {
        return std::ranges::any_of(bucket.slots_, [&](const auto& s) {
            return s.number == owed_number && s.number >= 0 && s.until.load() > now;
        });
    }
    /// The keeper alone replaces a slot. What was left of an older window is lost with it.
    lease_bucket::slot& install(std::int64_t number, std::int64_t from, std::int64_t until,
                                std::int64_t life) {
        auto& s = bucket.slots_[static_cast<std::size_t>(number & 1)];
        if (s.number != number || s.life != life) {
            end(s);
            s.number = number;
            s.life = life;
        }
        // Of the same window, too: the database's clock may have been set.
        s.from.store(from, std::memory_order_relaxed);
        s.until.store(until, std::memory_order_release);
        return s;
    }
    static void give(lease_bucket::slot& s, std::int64_t granted, std::int64_t rest) {
        s.given += granted;
        s.rest.store(rest, std::memory_order_relaxed);
        s.left.fetch_add(granted, std::memory_order_relaxed);
        s.spent.store(rest == 0, std::memory_order_relaxed);
    }
    /// Takes out what is above `keep`.
    static std::int64_t take_back(lease_bucket::slot& s, std::int64_t keep) {
        auto left = s.left.load(std::memory_order_relaxed);
        while (left > keep)
            if (s.left.compare_exchange_weak(left, keep, std::memory_order_relaxed)) {
                s.given -= left - keep;
                return left - keep;
            }
        return 0;
    }
    std::int64_t reserved(std::int64_t now) const noexcept {
        return now < reserved_until ? reserve : 0;
    }
    void wake(std::int64_t now) {
        if (waiting_cost > 0) {
            reserve = waiting_cost;
            reserved_until = now + reserved_for;
        }
        waiting_cost = 0;
        for (auto* one : std::exchange(waiting, {}))
            one->back_->send(*one);
    }
};

void lease_inquiry::arrived() noexcept {
    if (auto* keeper = std::exchange(keeper_, nullptr)) return keeper->arrived(*this);
    decided();
}

lease_keeper::lease_keeper(std::size_t buckets_max, epochs& readers, mailbox& there,
                           const settings& s)
    : settings_(s), table_(buckets_max, readers), there_(there), buckets_max_(buckets_max) {}

lease_keeper::~lease_keeper() = default;

void lease_keeper::ask(lease_inquiry& asked, mailbox& back) {
    asked.keeper_ = this;
    asked.back_ = &back;
    there_.send(asked);
}

void lease_keeper::arrived(lease_inquiry& asked) {
    auto* h = hold(asked);
    asked.refused = !h || leaving_;
    // Another's lease may have come meanwhile. Without room for the bucket, nothing can be leased.
    if (asked.refused ||
        h->bucket.look(asked.cost, asked.decided_at).what != lease_decision::standing::unknown)
        return asked.back_->send(asked);
    waits_.add();
    h->waiting.push_back(&asked);
    h->waiting_cost =
        std::min(h->waiting_cost + static_cast<std::int64_t>(asked.cost), h->bucket.terms().most);
    h->used_at = std::max(h->used_at, count(asked.decided_at));
    is_due(*h);
    if (urgent_) urgent_();
}

lease_keeper::holding* lease_keeper::hold(const lease_inquiry& asked) {
    if (const auto found = held_.find(asked.key); found != held_.end()) return found->second.get();
    if (held_.size() >= buckets_max_ && !make_room(asked)) return nullptr;
    return make_holding(asked.key, asked.terms);
}

lease_keeper::holding* lease_keeper::make_holding(lease_key key, const lease_terms& terms) {
    auto& bucket = table_.add(key, terms);
    auto made = std::make_unique<holding>(holding{key, bucket});
    auto* h = made.get();
    // Until it is measured, it spends as the limit allows.
    if (!terms.is_account())
        h->rate =
            static_cast<double>(terms.most) / static_cast<double>(count(boot_time(terms.window)));
    held_.emplace(key, std::move(made));
    buckets_.set(static_cast<std::int64_t>(held_.size()));
    return h;
}

// Whoever asks with ever new keys or addresses must not shut others out: among some, the one goes
// that was used longest ago. What it had leased is lost until its window ends.
bool lease_keeper::make_room(const lease_inquiry& asked) {
    const auto at = count(asked.decided_at);
    holding* oldest = nullptr;
    const auto chains = held_.bucket_count();
    for (std::size_t n = 0; n < std::min(chains, looked_at_for_room); ++n) {
        const auto chain = (asked.key.high + n) % chains; // a random place: the key is a hash
        for (auto it = held_.begin(chain); it != held_.end(chain); ++it) {
            auto& h = *it->second;
            const bool stays = !h.waiting.empty() || h.is_asked_for || h.has_share(at) ||
                               h.bucket.terms().is_account() || at - h.used_at < second;
            if (!stays && (!oldest || h.used_at < oldest->used_at)) oldest = &h;
        }
    }
    if (!oldest) return false;
    table_.drop(oldest->key);
    const auto found = held_.find(oldest->key);
    if (oldest->is_due) gone_.emplace(oldest, std::move(found->second));
    held_.erase(found);
    return true;
}

// While no answer comes, nothing is taken out of the queue otherwise.
void lease_keeper::forget_dropped() {
    if (gone_.empty()) return;
    std::erase_if(due_, [this](holding* h) { return gone_.erase(h) > 0; });
}

void lease_keeper::is_due(holding& h) {
    if (std::exchange(h.is_due, true)) return;
    // Whoever waits goes first.
    if (h.waiting.empty())
        due_.push_back(&h);
    else
        due_.push_front(&h);
}

std::int64_t lease_keeper::horizon() const noexcept {
    return hold_at_least + 2 * round_trip_;
}

// What it should have at hand: one at least, unless others go without.
std::int64_t lease_keeper::target_of(const holding& h, std::int64_t now) const {
    if (leaving_) return 0;
    const auto most = h.bucket.terms().most;
    const auto spends = h.rate * static_cast<double>(horizon());
    if (spends >= static_cast<double>(most)) return most;
    if (now < h.others_want_until) return static_cast<std::int64_t>(spends);
    const std::int64_t least = now - h.used_at > in_use_for ? 0 : 1;
    return std::max(least, static_cast<std::int64_t>(std::ceil(spends)));
}

void lease_keeper::tick(const moment& now) {
    if (leaving_) return;
    const auto at = count(now.boot);
    const auto since = at - count(std::exchange(measured_at_, now.boot));
    table_.reclaim();
    const bool fails = failing_since_ && now.boot - *failing_since_ >= settings_.wait_max;
    if (unanswered_) forget_dropped();
    for (auto it = held_.begin(); it != held_.end();) {
        auto& h = *it->second;
        h.measure(at, std::max<std::int64_t>(since, 1));
        const bool is_late =
            !h.waiting.empty() && now.boot - h.waiting.front()->decided_at >= settings_.wait_max;
        if (fails && (is_late || h.wanted || h.rate > 0))
            cannot_lease(h, now);
        else if (is_late)
            wait_no_longer(h, now);
        const bool is_idle = h.waiting.empty() && !h.is_asked_for && !h.is_due &&
                             at - h.used_at > in_use_for && !h.has_share(at) &&
                             std::ranges::all_of(h.bucket.slots_, [at](const auto& s) {
                                 return s.until.load() <= at || s.left.load() <= 0;
                             });
        if (is_idle) {
            table_.drop(h.key);
            it = held_.erase(it);
            continue;
        }
        is_due(h);
        ++it;
    }
    buckets_.set(static_cast<std::int64_t>(held_.size()));
}

const lease_request* lease_keeper::next(const moment& now) {
    if (under_way_) return nullptr;
    if (!unanswered_) {
        const auto at = count(now.boot);
        request_.lines.clear();
        asked_for_.clear();
        const auto most = one_by_one_ > 0 ? 2 : lines_max;
        while (!due_.empty() && request_.lines.size() + 2 <= most) {
            auto& h = *due_.front();
            due_.pop_front();
            if (gone_.erase(&h) > 0) continue;
            h.is_due = false;
            append_lines(h, at);
        }
        one_by_one_ -= std::min(one_by_one_, request_.lines.size());
        if (request_.lines.empty()) return nullptr;
        ++request_.seq;
        request_.life = life_;
        remember(now);
    }
    under_way_ = unanswered_ = true;
    sent_at_ = now.boot;
    requests_.add();
    return &request_;
}

void lease_keeper::add_line(holding& h, const lease_line& line) {
    request_.lines.push_back(line);
    asked_for_.push_back(&h);
    h.is_asked_for = true;
}

void lease_keeper::append_lines(holding& h, std::int64_t now) {
    if (now < h.pause_until && !leaving_) return;
    if (auto* present = h.present(now)) {
        // Who asked at the end of a window may find one that has begun.
        if (!h.waiting.empty() && present->left.load(std::memory_order_relaxed) >= h.waiting_cost)
            h.wake(now);
        append_present(h, *present, now);
        return append_next(h, *present, now);
    }
    if (h.bucket.terms().is_account() && h.has_to_tell()) {
        lease_line line{h.bucket.terms(), std::nullopt};
        h.tell(line);
        return add_line(h, line);
    }
    const bool in_use = !h.waiting.empty() || h.wanted || h.rate > 0;
    if (!in_use || leaving_) return;
    h.wanted = false;
    const auto asked = std::max<std::int64_t>(target_of(h, now) + h.waiting_cost, 1);
    const auto most = h.bucket.terms().most;
    add_line(
        h, {h.bucket.terms(), std::nullopt, std::min(asked, most), std::min(h.waiting_cost, most)});
}

void lease_keeper::append_present(holding& h, lease_bucket::slot& s, std::int64_t now) {
    const auto target = target_of(h, now);
    const auto left = s.left.load(std::memory_order_relaxed);
    lease_line line{h.bucket.terms(), s.number};
    const bool is_short = left < h.waiting_cost || 2 * left < target;
    const bool is_spent = s.spent.load(std::memory_order_relaxed) && h.waiting.empty();
    const bool all_goes = now < h.others_want_until || target == 0;
    const auto keep = leaving_ ? 0 : target + h.reserved(now);
    // What another life of the database gave, this one does not know.
    const bool is_known = s.life == lives_ || h.bucket.terms().is_account();
    if (is_known && h.waiting.empty() && left > (all_goes ? keep : keep + target + 1))
        line.returned = holding::take_back(s, keep);
    else if (leaving_)
        line.asked = 0;
    else if (h.owed_number == s.number)
        line.asked = 0; // it has had its share: more might be what another has taken, too
    else if (is_spent ? h.wanted && now >= h.ask_at : is_short || (h.wanted && left == 0))
        line.asked = std::max<std::int64_t>(target + h.waiting_cost - left, 1);
    line.needed = std::clamp<std::int64_t>(h.waiting_cost - left, 0, line.asked);
    if (line.asked > 0) {
        h.wanted = false;
        h.ask_at = now + ask_again;
    }
    if (h.owed > 0 && h.owed_number == s.number) line.taken = std::exchange(h.owed, 0);
    const bool tells = h.bucket.terms().is_account() && h.has_to_tell();
    const bool polls = (left > 0 || tells) && now - h.polled_at >= poll_after;
    if (line.asked + line.returned + line.taken == 0 && !polls && !leaving_) return;
    if (h.bucket.terms().is_account()) h.tell(line);
    if (leaving_ && line.returned + line.taken + line.spent == 0) return;
    h.polled_at = now;
    add_line(h, line);
}

// So that nobody waits when a window ends.
void lease_keeper::append_next(holding& h, const lease_bucket::slot& present, std::int64_t now) {
    auto& next = h.bucket.slots_[static_cast<std::size_t>((present.number + 1) & 1)];
    const bool has_next = next.number == present.number + 1;
    if (leaving_) {
        if (!has_next || next.life != lives_) return;
        if (const auto all = holding::take_back(next, 0); all > 0)
            add_line(h, {h.bucket.terms(), next.number, 0, all});
        return;
    }
    const auto until = present.until.load(std::memory_order_relaxed);
    if (has_next || until - now > std::min(2 * horizon(), lead_max) ||
        (h.rate == 0 && now - h.used_at > second))
        return;
    add_line(h,
             {h.bucket.terms(), present.number + 1, std::max<std::int64_t>(1, target_of(h, now))});
}

void lease_keeper::answered(const lease_answer& answer, const moment& now) {
    const auto at = count(now.boot);
    failing_since_.reset();
    if (answer.behind) return tell_again(*answer.behind, now);
    under_way_ = unanswered_ = false;
    request_.after = static_cast<std::int64_t>(request_.seq);
    round_trip_ = at - count(sent_at_);
    offset_us_ = answer.now_us - count(sent_at_) / 1000;
    nodes_ = answer.nodes;
    nodes_seen_.set(nodes_);
    if (answer.life != life_) begin_life(answer.life, at);
    for (auto* h : asked_for_)
        h->is_asked_for = false;
    for (std::size_t i = 0; i < asked_for_.size() && i < answer.windows.size(); ++i) {
        auto& h = *asked_for_[i];
        const auto& window = answer.windows[i];
        if (window.is == lease_answer::state::unknown_here)
            cannot_lease(h, now);
        else if (window.is == lease_answer::state::not_now)
            h.end_window(request_.lines[i].number);
        else
            settle(h, window, at);
        // Some may have got too little yet.
        h.wake(at);
    }
}

void lease_keeper::settle(holding& h, const lease_answer::window& w, std::int64_t now) {
    const auto length = count(boot_time(h.bucket.terms().window));
    const auto from = w.number * length - *offset_us_ * 1000;
    // Leases of accounts are kept by a promotion, and settled with what the database knows of them.
    auto& s = h.install(w.number, from, from + length, h.bucket.terms().is_account() ? 0 : lives_);
    // What it has taken meanwhile without asking is a part of that.
    const auto covered = h.owed_number == w.number ? std::min(h.owed, w.granted) : 0;
    h.owed -= covered;
    holding::give(s, w.granted - covered, w.rest);
    // More might be what another has taken unasked, too.
    if (h.owed_number == w.number) s.spent.store(true, std::memory_order_relaxed);
    if (w.is == lease_answer::state::others_want)
        h.others_want_until = now + others_want_for;
    else if (from <= now)
        h.others_want_until = 0;
}

// In another life of the database, nothing that was leased for later windows is known.
void lease_keeper::begin_life(const std::string& life, std::int64_t now) {
    const bool is_first = life_.empty();
    life_ = life;
    ++lives_;
    if (is_first) return;
    for (auto& [key, h] : held_) {
        h->owed = 0;
        for (auto& s : h->bucket.slots_)
            if (s.from.load() > now) h->end(s);
    }
}

void lease_keeper::failed(const moment& now) {
    under_way_ = false;
    if (!failing_since_) failing_since_ = now.boot;
}

// Of accounts, which outlive the database that they were told to.
void lease_keeper::remember(const moment& now) {
    while (!told_.empty() &&
           (now.boot - told_.front().at > remembered_for || told_.size() > told_max))
        told_.pop_front();
    for (std::size_t i = 0; i < asked_for_.size(); ++i) {
        const auto& line = request_.lines[i];
        if (line.terms.is_account() && line.spent + line.returned > 0)
            told_.push_back({static_cast<std::int64_t>(request_.seq), now.boot, asked_for_[i]->key,
                             line.terms, line.spent, line.returned});
    }
}

// A database that was behind has been promoted: what it has not heard is told to it, too.
void lease_keeper::tell_again(std::int64_t behind, const moment& now) {
    under_way_ = unanswered_ = false;
    request_.after = behind;
    for (auto* h : asked_for_) {
        h->is_asked_for = false;
        is_due(*h);
    }
    while (!told_.empty() && told_.back().seq > behind) {
        const auto line = told_.back();
        told_.pop_back();
        const auto found = held_.find(line.key);
        auto* h = found != held_.end() ? found->second.get() : make_holding(line.key, line.terms);
        h->told_spent -= line.spent;
        h->returned_again += line.returned;
        h->polled_at = 0;
        h->used_at = count(now.boot);
        is_due(*h);
    }
}

void lease_keeper::refused(const moment& now) {
    under_way_ = unanswered_ = false;
    const bool is_one = asked_for_.empty() || asked_for_.front() == asked_for_.back();
    if (!is_one) one_by_one_ = request_.lines.size();
    while (!told_.empty() && told_.back().seq == static_cast<std::int64_t>(request_.seq))
        told_.pop_back();
    for (std::size_t i = 0; i < asked_for_.size(); ++i) {
        auto& h = *asked_for_[i];
        h.is_asked_for = false;
        take_up_again(h, request_.lines[i]);
        if (is_one) cannot_lease(h, now);
        if (!is_one || !leaving_) is_due(h);
    }
}

// What the line would have given back or told is still here.
void lease_keeper::take_up_again(holding& h, const lease_line& line) {
    h.told_spent -= line.spent;
    if (h.owed_number == line.number) h.owed += line.taken;
    for (auto& s : h.bucket.slots_)
        if (line.returned > 0 && s.number == line.number && s.until.load() > 0) {
            s.given += line.returned;
            s.left.fetch_add(line.returned, std::memory_order_relaxed);
            return;
        }
}

// Until somebody can: whoever waits is told.
void lease_keeper::cannot_lease(holding& h, const moment& now) {
    const bool has_share = settings_.unsure == when_unsure::local_share && take_local_share(h, now);
    if (!has_share) {
        unsure_.add();
        // The next window may be known.
        h.pause_until = std::min(count(now.boot) + unsure_for, end_of_window(h, now));
        h.bucket.unsure_until_.store(h.pause_until, std::memory_order_relaxed);
    }
    h.wake(count(now.boot));
}

std::int64_t lease_keeper::end_of_window(const holding& h, const moment& now) const {
    const auto at = count(now.boot);
    if (!offset_us_ || h.bucket.terms().is_account()) return lease_bucket::never;
    const auto length = count(boot_time(h.bucket.terms().window));
    return at + length - (at + *offset_us_ * 1000) % length;
}

// The answer is late, and may still come.
void lease_keeper::wait_no_longer(holding& h, const moment& now) {
    unsure_.add();
    h.bucket.unsure_until_.store(count(now.boot) + unsure_while_late, std::memory_order_relaxed);
    h.wake(count(now.boot));
}

// Returns false if its size is not known, or none.
bool lease_keeper::take_local_share(holding& h, const moment& now) {
    const auto share = nodes_ > 0 ? h.bucket.terms().most / nodes_ : 0;
    if (share == 0 || !offset_us_) return false;
    const auto length = count(boot_time(h.bucket.terms().window));
    const auto there = count(now.boot) + *offset_us_ * 1000;
    const auto number = there / length;
    const auto from = number * length - *offset_us_ * 1000;
    auto& s = h.install(number, from, from + length, h.life_of(number).value_or(lives_));
    const auto more = std::max<std::int64_t>(0, share - s.given);
    if (h.owed_number != number) h.owed = 0;
    h.owed_number = number;
    h.owed += more;
    holding::give(s, more, 0);
    return true;
}

void lease_keeper::leave() {
    leaving_ = true;
    for (auto& [key, h] : held_) {
        h->wake(count(measured_at_));
        is_due(*h);
    }
}

void lease_keeper::collect(metric_sink& sink, std::string_view what) const {
    const auto gauge = [&](const char* name, const char* help, const core::gauge& g) {
        sink.add_gauge(name, help, {{"of", what}}, static_cast<double>(g.value()));
    };
    const auto count = [&](const char* name, const char* help, const counter& c) {
        sink.add_counter(name, help, {{"of", what}}, static_cast<double>(c.value()));
    };
    gauge("auth_lease_buckets", "Limits or accounts that this node leases.", buckets_);
    gauge("auth_lease_nodes", "Nodes that lease, as the database last said.", nodes_seen_);
    count("auth_lease_requests_total", "Requests for leases sent to the database.", requests_);
    count("auth_lease_waits_total", "Questions that waited for a lease.", waits_);
    count("auth_lease_unsure_total", "Times that nothing could be leased.", unsure_);
}

} // namespace latchkey::core
