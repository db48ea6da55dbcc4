#include <latchkey/auth/token/signing_key_keeper.hpp>

#include <algorithm>
#include <utility>

namespace latchkey::auth {

namespace {

// Time between two steps, in which the feed reports the result of the first.
constexpr core::seconds pause{5};

} // namespace

signing_key_keeper::signing_key_keeper(surroundings around) : around_(std::move(around)) {
    auto none = open_signing_keys({}, around_.settings, around_.kek);
    none.own.known = false;
    if (around_.kek) none.own.why_not = "the signing keys have not been read yet";
    publish(std::move(none.own));
}

void signing_key_keeper::publish(own_issuer own) {
    own.known_as.fetching = around_.news;
    own.known_as.dropped_keys = gone_;
    {
        const std::lock_guard lock(why_not_mutex_);
        const bool begins = !why_not_.empty() && own.signer;
        if (begins) around_.log.info("tokens can be issued here");
        why_not_ = own.signer ? std::string() : own.why_not;
    }
    around_.issuers.set_own(std::make_shared<const own_issuer>(std::move(own)));
}

std::string signing_key_keeper::why_not_issuing() const {
    const std::lock_guard lock(why_not_mutex_);
    return why_not_;
}

// Tokens with these keys are decided without waiting for news of them.
void signing_key_keeper::note_gone(const std::vector<signing_key>& before) {
    const auto is_in_use = [this](const std::string& id) {
        return std::ranges::any_of(rows_, [&](const auto& r) { return r.times.key_id == id; });
    };
    for (const auto& row : before)
        if (std::ranges::find(gone_, row.times.key_id) == gone_.end())
            gone_.push_back(row.times.key_id);
    std::erase_if(gone_, is_in_use);
    if (gone_.size() > gone_max)
        gone_.erase(gone_.begin(), gone_.end() - static_cast<std::ptrdiff_t>(gone_max));
}

void signing_key_keeper::signing_keys_changed(std::vector<signing_key> rows) {
    const auto before = std::exchange(rows_, std::move(rows));
    const auto told = rows_;
    std::erase_if(rows_, [this](const signing_key& row) {
        return std::ranges::find(dropped_, row.times.key_id) != dropped_.end();
    });
    note_gone(before);
    note_gone(told);
    known_ = true;
    not_before_ = {};
    open_rows();
}

void signing_key_keeper::settings_changed() {
    if (known_) open_rows();
}

void signing_key_keeper::open_rows() {
    auto opened = open_signing_keys(rows_, around_.settings, around_.kek);
    // If there is no key-encryption key at all, the start has already reported it.
    if (around_.kek && opened.warnings != warned_)
        for (const auto& warning : opened.warnings)
            around_.log.warning("a signing key cannot be used", {{"why", warning}});
    warned_ = std::move(opened.warnings);
    publish(std::move(opened.own));
}

// Drops the keys here at once; the feed brings the keys that replace them.
void signing_key_keeper::drop_retired(const std::vector<signing_key>& all) {
    for (const auto& row : all)
        if (row.times.state == signing_key_state::retired) dropped_.push_back(row.times.key_id);
    signing_keys_changed(std::move(rows_));
    not_before_ = at_ + pause;
}

signing_plan_settings signing_key_keeper::plan_settings() const {
    const auto& s = around_.settings;
    return {s.signs_with(), s.publish_ahead, s.rotation_interval,
            s.expires_in_max + s.leeway + around_.max_staleness};
}

void signing_key_keeper::tick(core::real_time now, core::steady_time at) {
    at_ = at;
    if (!around_.kek || !known_ || busy_ || at < not_before_) return;
    std::vector<signing_key_times> times;
    for (const auto& row : rows_)
        times.push_back(row.times);
    perform(plan_signing_keys(times, plan_settings(), now));
}

void signing_key_keeper::perform(const signing_decision& due) {
    switch (due.what) {
    case signing_step::nothing:
        return;
    case signing_step::make_first:
    case signing_step::make_next:
        busy_ = true;
        return add(due);
    case signing_step::promote:
        busy_ = true;
        return around_.store.promote_signing_key(due.key_id, around_.settings.publish_ahead,
                                                 ended("the next signing key signs now"));
    case signing_step::retire:
        busy_ = true;
        return around_.store.retire_signing_key(due.key_id, plan_settings().retire_after,
                                                ended("a signing key was retired"));
    }
}

void signing_key_keeper::add(const signing_decision& due) {
    make([this, due](core::result<new_signing_key> made) {
        if (!made) return ended("")(made.error());
        if (due.what == signing_step::make_first)
            return around_.store.add_first_signing_key(std::move(*made),
                                                       ended("the first signing key was made"));
        around_.store.add_next_signing_key(std::move(*made), due.activates_at,
                                           ended("the next signing key was made"));
    });
}

void signing_key_keeper::make(std::function<void(core::result<new_signing_key>)> done) {
    const auto algorithm = around_.settings.signs_with();
    around_.make_pair(algorithm, [this, algorithm, done = std::move(done)](
                                     core::result<crypto::signing_key_pair> pair) {
        if (!pair) return done(pair.error());
        done(seal_signing_key_pair(*pair, algorithm, *around_.kek.key));
    });
}

signing_key_store::completion<bool> signing_key_keeper::ended(const char* what) {
    return [this, what](core::result<bool> outcome) {
        busy_ = false;
        not_before_ = at_ + pause;
        if (!outcome)
            around_.log.warning("a step of the signing keys' rotation failed and is tried again",
                                {{"reason", outcome.error().message}});
        else if (*outcome)
            around_.log.info(what);
    };
}

void signing_key_keeper::rotate(bool at_once, keys_done done) {
    if (!around_.kek)
        return done(core::failure{core::failure_kind::unavailable, around_.kek.why_not});
    make([this, at_once, done = std::move(done)](core::result<new_signing_key> made) {
        if (!made) return done(made.error());
        around_.store.rotate_signing_key(
            std::move(*made), at_once, around_.settings.publish_ahead,
            [this, at_once, done](core::result<bool> outcome) {
                if (!outcome) return done(outcome.error());
                around_.log.info(at_once ? "the current signing key was dropped by an operator"
                                         : "an operator had the signing keys rotated");
                around_.store.list_signing_keys([this, at_once, done](auto all) {
                    if (all && at_once) drop_retired(*all);
                    done(std::move(all));
                });
            });
    });
}

} // namespace latchkey::auth
