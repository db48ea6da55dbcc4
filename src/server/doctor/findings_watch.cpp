#include "server/doctor/findings_watch.hpp"

#include "server/doctor/find.hpp"

#include <latchkey/core/text/json_object.hpp>

#include <algorithm>
#include <regex>
#include <utility>

namespace latchkey::server {

namespace {

// Time for the first poll, and for the first JWK sets.
constexpr core::milliseconds first_wait{5000};

// These are logged where they are seen first.
constexpr std::string_view logged_elsewhere[] = {"exposed",
                                                 "issuer_unreachable",
                                                 "issuer_without_keys",
                                                 "feed_hampered",
                                                 "certificate_unusable",
                                                 "no_key_encryption_key",
                                                 "database_unreachable"};

// A finding that tells of other seconds than before is no news.
std::string without_times(const std::string& text) {
    static const std::regex time("[0-9.]+ ?(ms|s|min|h|d|seconds?|minutes?|hours?|days?)\\b");
    return std::regex_replace(text, time, "");
}

std::uint64_t count(const std::vector<finding>& all, std::string_view name) {
    return static_cast<std::uint64_t>(std::ranges::count(all, name, &finding::name));
}

} // namespace

void findings_watch::tick(core::steady_time now, const configuration& settings) {
    const core::milliseconds interval = settings.server.check_interval;
    if (!next_) next_ = now + std::min(first_wait, interval);
    if (under_way_ || now < *next_) return;
    under_way_ = true;
    next_ = now + interval;
    auto terms = begin_();
    terms.database.is_given_up = [stopped = stopped_] { return stopped->load(); };
    const auto used = std::make_shared<const configuration>(settings);
    const auto found = std::make_shared<std::vector<finding>>();
    thread_.run([used, terms = std::move(terms), found] { *found = find(examine(*used, terms)); },
                [this, found] { ended(std::move(*found), std::chrono::system_clock::now()); });
}

void findings_watch::stop() {
    stopped_->store(true);
    thread_.join();
}

void findings_watch::ended(std::vector<finding> found, core::real_time at) {
    under_way_ = false;
    if (stopped_->load()) return;
    log_new_ones(found);
    const std::lock_guard lock(mutex_);
    found_ = std::move(found);
    checked_at_ = at;
}

// This thread alone changes what was found.
void findings_watch::log_new_ones(const std::vector<finding>& found) {
    for (const auto& one : found) {
        const auto is_same = [&](const finding& known) {
            return known.name == one.name &&
                   without_times(known.message) == without_times(one.message);
        };
        if (std::ranges::find(logged_elsewhere, one.name) != std::end(logged_elsewhere)) continue;
        if (std::ranges::none_of(found_, is_same))
            log_.warning("a finding",
                         {{"name", one.name}, {"message", one.message}, {"mend", one.mend}});
    }
}

std::string findings_watch::json() const {
    const std::lock_guard lock(mutex_);
    core::json_value list(nullptr);
    list.text = json_of(found_);
    return core::json_object({{"checked_at", checked_at_}, {"findings", list}}).text;
}

api::check findings_watch::check() const {
    const std::lock_guard lock(mutex_);
    const bool good =
        std::ranges::none_of(found_, [](const finding& f) { return f.how_bad == severity::error; });
    api::check out{"findings", good, "", "FINDINGS"};
    if (!good) out.detail = "latchkey doctor, and GET /admin/v1/findings, say what and its mend";
    for (const auto name : finding_names)
        if (const auto n = count(found_, name); n > 0) out.counts.emplace_back(name, n);
    return out;
}

void findings_watch::collect(core::metric_sink& sink) const {
    const std::lock_guard lock(mutex_);
    for (const auto name : finding_names)
        sink.add_gauge("auth_findings",
                       "What an operator should look at, as the last examination found it.",
                       {{"name", name}}, static_cast<double>(count(found_, name)));
}

} // namespace latchkey::server
