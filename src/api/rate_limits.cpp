#include <latchkey/api/rate_limits.hpp>

#include <algorithm>

namespace latchkey::api {

rate_policies::rate_policies(std::vector<enforced_policy> all,
                             std::span<const std::string_view> endpoint_names)
    : all_(std::move(all)), by_endpoint_(endpoint_names.size() * counted_kinds) {
    for (const auto& one : all_)
        for (std::size_t e = 0; e < endpoint_names.size(); ++e)
            if (std::ranges::find(one.policy.paths, endpoint_names[e]) != one.policy.paths.end())
                by_endpoint_[e * counted_kinds + static_cast<std::size_t>(one.policy.counts)]
                    .push_back(&one);
}

std::span<const enforced_policy* const> rate_policies::at(std::size_t endpoint,
                                                          counted what) const noexcept {
    const auto row = endpoint * counted_kinds + static_cast<std::size_t>(what);
    if (row >= by_endpoint_.size()) return {};
    return by_endpoint_[row];
}

rate_limits::rate_limits(core::rate_limiter& limiter, core::epochs& readers,
                         std::span<const std::string_view> endpoint_names,
                         auth::fleet_limits* fleet)
    : limiter_(limiter),
      readers_(readers),
      endpoint_names_(endpoint_names),
      fleet_(fleet),
      policies_(std::make_shared<const rate_policies>(), readers) {}

std::shared_ptr<rate_cells> rate_limits::cells_of(const std::string& name) {
    const std::lock_guard held(names_);
    auto& cells = cells_[name];
    if (!cells) cells = std::make_shared<rate_cells>(readers_.readers());
    return cells;
}

void rate_limits::configure(std::span<const rate_policy_configuration> given) {
    std::vector<enforced_policy> all;
    for (const auto& one : given) {
        auto policy = make_rate_policy(one);
        if (!policy) continue;
        const auto scope = limiter_.scope(policy->name, policy->rule);
        auto cells = cells_of(policy->name);
        all.push_back({std::move(*policy), scope, std::move(cells)});
    }
    const bool any = !all.empty();
    policies_.publish(std::make_shared<const rate_policies>(std::move(all), endpoint_names_));
    any_.store(any, std::memory_order_relaxed);
}

void rate_limits::tick(core::boot_time now) {
    limiter_.sweep(now);
    policies_.reclaim();
}

std::vector<std::pair<std::string, std::uint64_t>> rate_limits::refused() const {
    const std::lock_guard held(names_);
    std::vector<std::pair<std::string, std::uint64_t>> out;
    for (const auto& [name, cells] : cells_) {
        out.emplace_back(name, 0);
        for (const auto& cell : *cells)
            out.back().second += cell.refused.value();
    }
    return out;
}

void rate_limits::collect(core::metric_sink& sink) const {
    const std::lock_guard held(names_);
    for (const auto& [name, cells] : cells_)
        for (const auto& cell : *cells) {
            sink.add_counter("auth_rate_limited_total", "Requests that a limit refused.",
                             {{"policy", name}}, static_cast<double>(cell.refused.value()));
            sink.add_counter("auth_rate_limit_displaced_total",
                             "Buckets of callers in debt that made room for new ones: "
                             "rate_limit.buckets are too few.",
                             {{"policy", name}}, static_cast<double>(cell.displaced.value()));
        }
}

} // namespace latchkey::api
