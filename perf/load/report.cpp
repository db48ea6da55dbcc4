#include "report.hpp"

#include <boost/json/serialize.hpp>
#include <boost/json/value.hpp>

#include <cmath>
#include <iomanip>
#include <sstream>

namespace load {
namespace {

namespace json = boost::json;

double us(double ns) {
    return std::round(ns) / 1000;
}

double a_second(std::uint64_t count, const result& found) {
    return static_cast<double>(count) / found.seconds;
}

json::value text_or_null(const std::string& text) {
    return text.empty() ? json::value(nullptr) : json::value(text);
}

json::object latency(const histogram& of) {
    json::array curve;
    for (const auto& [percent, ns] : of.curve())
        curve.push_back(json::array{percent, us(ns)});
    return {{"mean", us(of.mean())},
            {"min", us(static_cast<double>(of.min()))},
            {"p50", us(of.percentile(50))},
            {"p90", us(of.percentile(90))},
            {"p95", us(of.percentile(95))},
            {"p99", us(of.percentile(99))},
            {"p999", us(of.percentile(99.9))},
            {"max", us(static_cast<double>(of.max()))},
            {"curve", curve}};
}

std::string row(const std::string& name, const histogram& of) {
    std::ostringstream out;
    out << std::fixed << std::setprecision(1) << std::left << std::setw(16) << name << std::right;
    out << std::setw(10) << of.count() << std::setw(11) << us(of.mean());
    for (const double percent : {50.0, 90.0, 99.0, 99.9, 100.0})
        out << std::setw(11) << us(of.percentile(percent));
    out << '\n';
    return out.str();
}

} // namespace

std::string as_text(const result& found, const mix& what) {
    const auto& seen = found.seen;
    std::ostringstream out;
    out << seen.answers() << " answers in " << found.seconds << " s: " << std::fixed
        << std::setprecision(0) << a_second(seen.answers_in_time, found) << " a second; "
        << seen.refused.count() << " refused, " << seen.wrong << " wrong, " << seen.lost
        << " connections lost, " << seen.timeouts << " timeouts, " << seen.unanswered
        << " unanswered at the end\n"
        << std::setprecision(2) << "CPU of this program: " << found.cpu_seconds << " s; at most "
        << seen.backlog_max << " requests waited for a free connection\n";
    out << "latency, us          count       mean        p50        p90        p99      p99.9      "
           "  max\n";
    if (what.size() > 1)
        for (std::size_t i = 0; i < what.size(); ++i)
            out << row(what[i].name, seen.by_kind[i]);
    out << row("all", seen.latency());
    if (seen.refused.count() > 0) out << row("refused", seen.refused);
    if (!seen.first_error.empty()) out << "the first error: " << seen.first_error << '\n';
    return out.str();
}

std::string as_json(const result& found, const mix& what) {
    const auto& seen = found.seen;
    json::object by_name;
    for (std::size_t i = 0; i < what.size(); ++i)
        by_name[what[i].name] = {{"requests", seen.by_kind[i].count()},
                                 {"latency_us", latency(seen.by_kind[i])}};
    json::object out{
        {"seconds", found.seconds},
        {"requests", seen.answers()},
        {"rate", a_second(seen.answers_in_time, found)},
        {"right", seen.right()},
        {"right_rate", a_second(seen.right_in_time, found)},
        {"refused", seen.refused.count()},
        {"wrong", seen.wrong},
        {"first_wrong", text_or_null(seen.first_wrong)},
        {"errors", seen.lost + seen.timeouts},
        {"lost", seen.lost},
        {"timeouts", seen.timeouts},
        {"first_error", text_or_null(seen.first_error)},
        {"reopened", seen.reopened},
        {"unanswered", seen.unanswered},
        {"answers_in_time", seen.answers_in_time},
        {"right_in_time", seen.right_in_time},
        {"backlog_max", seen.backlog_max},
        {"cpu_seconds", found.cpu_seconds},
        {"latency_us", latency(seen.latency())},
        {"refused_latency_us", latency(seen.refused)},
        {"by_name", by_name},
    };
    if (found.watched_cpu_seconds) out["watched_cpu_seconds"] = *found.watched_cpu_seconds;
    return json::serialize(out) + '\n';
}

} // namespace load
