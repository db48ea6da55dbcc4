#include "server/setup/setup_step.hpp"

#include <latchkey/core/text/json_object.hpp>

#include <algorithm>

namespace latchkey::server {

namespace {

// Granting the right to look may show that more is missing. More rounds than that are a defect.
constexpr int rounds_max = 5;

step_report carried_out(const setup_step& step, const std::function<void(const outlook&)>& begins) {
    step_report out{.name = step.name};
    for (int round = 0; round < rounds_max; ++round) {
        auto seen = step.look();
        if (!seen) return out.failed = seen.error().message, out;
        if (seen->is != outlook::state::to_do) {
            // What was done says more than "it is there".
            if (seen->is == outlook::state::left) seen->afterwards = out.last.afterwards;
            if (!out.changed || seen->is == outlook::state::left) out.last = std::move(*seen);
            out.last.is = out.last.is == outlook::state::to_do ? outlook::state::done : out.last.is;
            return out;
        }
        out.last = std::move(*seen);
        begins(out.last);
        if (auto done = step.perform(); !done) return out.failed = done.error().message, out;
        out.changed = true;
    }
    out.failed = "it is still not done: " + out.last.what;
    return out;
}

std::string_view state_of(const step_report& report) {
    if (!report.failed.empty()) return "failed";
    if (report.changed && report.last.is == outlook::state::done) return "changed";
    switch (report.last.is) {
    case outlook::state::done:
        return "done";
    case outlook::state::to_do:
        return "to_do";
    case outlook::state::left:
        return "left";
    }
    return "";
}

} // namespace

std::vector<step_report> look_at(const std::vector<setup_step>& steps) {
    std::vector<step_report> out;
    for (const auto& step : steps) {
        auto& report = out.emplace_back(step_report{.name = step.name});
        auto seen = step.look();
        if (!seen) {
            report.failed = seen.error().message;
            break;
        }
        report.last = std::move(*seen);
    }
    return out;
}

std::vector<step_report> perform(const std::vector<setup_step>& steps,
                                 const std::function<void(const outlook&)>& begins) {
    std::vector<step_report> out;
    for (const auto& step : steps) {
        out.push_back(carried_out(step, begins));
        if (!out.back().failed.empty()) break;
    }
    return out;
}

std::string json_of(const std::vector<step_report>& reports) {
    const auto changed = std::ranges::count_if(reports, &step_report::changed);
    const auto steps = core::json_array(reports, [](const step_report& report) {
        const auto& what = report.failed.empty() ? report.last.what : report.failed;
        return core::json_object({{"step", report.name},
                                  {"state", state_of(report)},
                                  {"what", what},
                                  {"commands", report.last.commands},
                                  {"details", report.last.details}});
    });
    return core::json_object({{"changed", changed}, {"steps", steps}}).text;
}

} // namespace latchkey::server
