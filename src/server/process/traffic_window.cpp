#include "server/process/traffic_window.hpp"

#include <latchkey/core/text/json_text.hpp>

#include <charconv>
#include <chrono>
#include <numeric>

namespace latchkey::server {

namespace {

std::string rounded(double v, int digits) {
    char text[64];
    const auto end = std::to_chars(text, text + sizeof text, v, std::chars_format::fixed, digits);
    if (end.ec != std::errc()) return "null"; // longer than any number that is measured
    return {text, end.ptr};
}

std::string ms_of(const std::optional<double>& seconds) {
    return seconds ? rounded(*seconds * 1000, 3) : "null";
}

double rate(std::uint64_t n, double seconds) {
    return seconds > 0 ? static_cast<double>(n) / seconds : 0;
}

void subtract(std::span<std::uint64_t> from, std::span<const std::uint64_t> before) {
    for (std::size_t i = 0; i < from.size(); ++i)
        from[i] -= before[i];
}

std::string quantiles_of(std::span<const std::uint64_t> counts) {
    return R"("p50_ms":)" + ms_of(quantile_of(counts, 0.5)) + R"(,"p99_ms":)" +
           ms_of(quantile_of(counts, 0.99));
}

} // namespace

std::optional<double> quantile_of(std::span<const std::uint64_t> counts, double q) {
    const auto all = std::accumulate(counts.begin(), counts.end(), std::uint64_t{0});
    if (all == 0) return std::nullopt;
    const auto rank = q * static_cast<double>(all);
    double below = 0;
    for (std::size_t i = 0; i < core::latency_bounds.size(); ++i) {
        const auto here = static_cast<double>(counts[i]);
        if (here > 0 && below + here >= rank) {
            const double begin = i == 0 ? 0 : core::latency_bounds[i - 1];
            return begin + (core::latency_bounds[i] - begin) * (rank - below) / here;
        }
        below += here;
    }
    return core::latency_bounds.back();
}

void traffic_window::add(const traffic_totals& totals, core::steady_time now) {
    const std::lock_guard lock(mutex_);
    samples_.push_back({now, totals});
    if (samples_.size() > seconds + 1) samples_.erase(samples_.begin());
}

traffic_window::difference traffic_window::last() const {
    const std::lock_guard lock(mutex_);
    difference out;
    if (samples_.size() < 2) return out;
    const auto& first = samples_.front();
    const auto& now = samples_.back();
    out.seconds = std::chrono::duration<double>(now.at - first.at).count();
    out.done = now.totals;
    out.done.requests.answered -= first.totals.requests.answered;
    out.done.requests.failed -= first.totals.requests.failed;
    subtract(out.done.requests.by_duration, first.totals.requests.by_duration);
    subtract(out.done.verdicts.by_code, first.totals.verdicts.by_code);
    out.done.verdicts.undecided -= first.totals.verdicts.undecided;
    out.done.verdicts.hits -= first.totals.verdicts.hits;
    out.done.verdicts.misses -= first.totals.verdicts.misses;
    subtract(out.done.lookups.by_duration, first.totals.lookups.by_duration);
    out.done.lookups.refused -= first.totals.lookups.refused;
    return out;
}

std::string traffic_window::json() const {
    const auto d = last();
    const auto& verdicts = d.done.verdicts;
    const auto asked = verdicts.hits + verdicts.misses;
    std::string out = R"({"seconds":)" + rounded(d.seconds, 0);
    out += R"(,"requests_per_second":)" + rounded(rate(d.done.requests.answered, d.seconds), 1);
    out += R"(,"failed_per_second":)" + rounded(rate(d.done.requests.failed, d.seconds), 1);
    out += ',' + quantiles_of(d.done.requests.by_duration) + R"(,"hit_rate":)";
    out += asked == 0 ? "null"
                      : rounded(static_cast<double>(verdicts.hits) / static_cast<double>(asked), 4);
    out += R"(,"verdicts":{)";
    const auto add = [&](std::string_view code, std::uint64_t n) {
        if (n == 0) return;
        if (out.back() != '{') out += ',';
        core::append_json_string(out, code);
        out += ':' + std::to_string(n);
    };
    for (std::size_t i = 0; i < verdicts.by_code.size(); ++i)
        add(auth::verdict_codes[i], verdicts.by_code[i]);
    add("UNAVAILABLE", verdicts.undecided);
    return out + "}}";
}

std::string traffic_window::lookups_json() const {
    const auto d = last();
    const auto& counts = d.done.lookups.by_duration;
    const auto all = std::accumulate(counts.begin(), counts.end(), std::uint64_t{0});
    return R"({"queries_per_second":)" + rounded(rate(all, d.seconds), 1) + ',' +
           quantiles_of(counts) + R"(,"refused_per_second":)" +
           rounded(rate(d.done.lookups.refused, d.seconds), 1) + '}';
}

} // namespace latchkey::server
