#include <latchkey/auth/usage/use_flush.hpp>

#include <algorithm>
#include <utility>

namespace latchkey::auth {

// Travels to its worker with an empty table, and returns with the full one.
class use_flush::collector final : public core::mail {
  public:
    collector(use_flush& owner, use_counts& counts, core::mailbox& there)
        : taken(owner.settings_.credentials_max), owner_(owner), counts_(counts), there_(there) {}

    void send() {
        outward_ = true;
        there_.send(*this);
    }
    void arrived() noexcept override {
        if (!std::exchange(outward_, false)) return owner_.collected(*this);
        taken.swap(counts_.table);
        owner_.box_.send(*this);
    }
    const use_counts& counts() const noexcept { return counts_; }

    use_table taken;

  private:
    use_flush& owner_;
    use_counts& counts_;
    core::mailbox& there_;
    bool outward_ = false;
};

use_flush::use_flush(const use_configuration& settings, use_store& store, core::mailbox& box,
                     core::logger& log)
    : settings_(settings), store_(store), box_(box), log_(log) {}

use_flush::~use_flush() = default;

void use_flush::watch(use_counts& counts, core::mailbox& worker_box) {
    collectors_.push_back(std::make_unique<collector>(*this, counts, worker_box));
}

void use_flush::configure(const use_configuration& settings) {
    const auto before = std::exchange(settings_, settings);
    if (settings.flush_interval != before.flush_interval) due_ = {};
    if (before.enabled && !settings.enabled && stage_ == stage::resting) begin();
}

void use_flush::tick(core::steady_time now) {
    if (due_ == core::steady_time{}) due_ = now + settings_.flush_interval;
    if (stage_ != stage::resting || now < due_) return;
    due_ = now + settings_.flush_interval;
    begin();
}

bool use_flush::finish() {
    if (stage_ != stage::resting) return false;
    if (finishing_) return true;
    finishing_ = true;
    begin();
    return false;
}

void use_flush::begin() {
    stage_ = stage::collecting;
    away_ = collectors_.size();
    for (auto& c : collectors_)
        c->send();
}

void use_flush::collected(collector& c) {
    c.taken.drain([this](credential_use&& use) { merge(std::move(use)); });
    if (--away_ == 0) write();
}

// The bound keeps memory limited while the store does not accept writes.
void use_flush::merge(credential_use&& use) {
    auto key = use.kind + ' ' + use.credential_id;
    if (const auto found = unwritten_.find(key); found != unwritten_.end()) {
        found->second.count += use.count;
        found->second.cost += use.cost;
        found->second.last = std::max(found->second.last, use.last);
    } else if (unwritten_.size() < settings_.credentials_max * collectors_.size()) {
        unwritten_.emplace(std::move(key), std::move(use));
    } else {
        lost_.add(use.count);
    }
}

// Writes until nothing is left, or the store does not accept writes.
core::detached use_flush::write() {
    stage_ = stage::writing;
    bool goes_on = true;
    while (goes_on && !unwritten_.empty()) {
        std::vector<credential_use> some;
        while (!unwritten_.empty() && some.size() < portion_)
            some.push_back(std::move(unwritten_.extract(unwritten_.begin()).mapped()));
        under_way_ = some.size();
        const auto done = co_await store_.write_uses(some);
        under_way_ = 0;
        if (done) {
            written_.add(some.size());
            portion_ = std::min(portion_ * 2, rows_per_write);
            if (std::exchange(failing_, false)) log_.info("uses of credentials are written again");
        } else {
            failures_.add();
            goes_on = take_back(std::move(some), done.error());
        }
    }
    stage_ = stage::resting;
}

// Returns whether to go on. If the store refuses one of these rows, trying again later would not
// help, and that row must not keep the others out.
bool use_flush::take_back(std::vector<credential_use> these, const core::failure& why) {
    const bool refused = why.kind == core::failure_kind::invalid;
    if (refused && these.size() == 1) {
        refused_.add(these[0].count);
        log_.warning("the uses of a credential are not counted: the database does not take them",
                     {{"kind", these[0].kind}, {"reason", why.message}});
        return true;
    }
    if (refused)
        portion_ = these.size() / 2;
    else if (!std::exchange(failing_, true))
        log_.warning("uses of credentials cannot be written now", {{"reason", why.message}});
    for (auto& use : these)
        merge(std::move(use));
    return refused;
}

void use_flush::collect(core::metric_sink& sink) const {
    constexpr auto uncounted = "auth_uses_uncounted_total";
    constexpr auto help = "Uses of credentials that are in no count, by reason.";
    double past_max = 0;
    auto unfit = static_cast<double>(refused_.value());
    for (const auto& c : collectors_) {
        past_max += static_cast<double>(c->counts().uncounted.value());
        unfit += static_cast<double>(c->counts().unfit.value());
    }
    sink.add_counter(uncounted, help, {{"reason", "credentials_max"}}, past_max);
    sink.add_counter(uncounted, help, {{"reason", "id"}}, unfit);
    sink.add_counter(uncounted, help, {{"reason", "unwritten"}},
                     static_cast<double>(lost_.value()));
    sink.add_counter("auth_use_rows_written_total", "Credentials whose uses were written.", {},
                     static_cast<double>(written_.value()));
    sink.add_counter("auth_use_write_failures_total", "Writes of uses that failed.", {},
                     static_cast<double>(failures_.value()));
}

} // namespace latchkey::auth
