#include <latchkey/auth/token/signing_key_keeper.hpp>

#include <algorithm>
#include <utility>

namespace latchkey::auth {

namespace {

// Time between two steps, in which the feed reports the result of the first.
constexpr core::seconds pause{5};

const char* what_was_done(signing_step step) {
    switch (step) {
    case signing_step::nothing:
        break;
    case signing_step::make_first:
        return "the first signing key was made";
    case signing_step::make_next:
        return "the next signing key was made";
    case signing_step::promote:
        return "the next signing key signs now";
    case signing_step::retire:
        return "a signing key was retired";
    }
    return "";
}

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
        told_.clear();
        for (const auto& row : rows_)
            told_.push_back(row.times);
    }
    around_.issuers.set_own(std::make_shared<const own_issuer>(std::move(own)));
}

std::string signing_key_keeper::why_not_issuing() const {
    const std::lock_guard lock(why_not_mutex_);
    return why_not_;
}

std::vector<signing_key_times> signing_key_keeper::keys() const {
    const std::lock_guard lock(why_not_mutex_);
    return told_;
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

core::detached signing_key_keeper::perform(signing_decision due) {
    if (due.what == signing_step::nothing) co_return;
    busy_ = true;
    auto by = request_of_server(around_.node);
    const auto written = co_await write(due, by);
    busy_ = false;
    not_before_ = at_ + pause;
    if (!written)
        around_.log.warning("a step of the signing keys' rotation failed and is tried again",
                            {{"reason", written.error().message}});
    else if (*written)
        around_.log.info(what_was_done(due.what));
}

operation<bool> signing_key_keeper::write(signing_decision due, operator_request& by) {
    if (due.what == signing_step::promote)
        co_return co_await around_.store.promote_signing_key(due.key_id,
                                                             around_.settings.publish_ahead, by);
    if (due.what == signing_step::retire)
        co_return co_await around_.store.retire_signing_key(due.key_id,
                                                            plan_settings().retire_after, by);
    auto made = co_await make();
    if (!made) co_return made.error();
    if (due.what == signing_step::make_first)
        co_return co_await around_.store.add_first_signing_key(std::move(*made), by);
    co_return co_await around_.store.add_next_signing_key(std::move(*made), due.activates_at, by);
}

operation<new_signing_key> signing_key_keeper::make() {
    const auto algorithm = around_.settings.signs_with();
    auto pair = co_await core::called_back<core::result<crypto::signing_key_pair>>(
        [&](auto done) { around_.make_pair(algorithm, std::move(done)); });
    if (!pair) co_return pair.error();
    co_return seal_signing_key_pair(*pair, algorithm, *around_.kek.key);
}

operation<std::vector<signing_key>> signing_key_keeper::rotate(bool at_once, operator_request& by) {
    if (!around_.kek) co_return core::failure{core::failure_kind::unavailable, around_.kek.why_not};
    auto made = co_await make();
    if (!made) co_return made.error();
    const auto rotated = co_await around_.store.rotate_signing_key(
        std::move(*made), at_once, around_.settings.publish_ahead, by);
    if (!rotated) co_return rotated.error();
    around_.log.info(at_once ? "the current signing key was dropped by an operator"
                             : "an operator had the signing keys rotated");
    auto all = co_await around_.store.list_signing_keys();
    if (all && at_once) drop_retired(*all);
    co_return all;
}

} // namespace latchkey::auth
