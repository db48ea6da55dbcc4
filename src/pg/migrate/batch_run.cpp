#include "pg/migrate/batch_run.hpp"

#include "pg/connection/result_text.hpp"

namespace latchkey::pg {

namespace {

core::result<std::uint64_t> count(step_runner& runner, const std::string& question) {
    if (question.empty()) return 0;
    const auto rows = runner.run(question);
    if (!rows) return rows.error().why;
    return std::stoull(PQgetvalue(rows->get(), 0, 0));
}

} // namespace

core::result<void> run_batches(step_runner& runner, const std::string& what,
                               const migration_step& step,
                               const std::function<void(const migration_progress&)>& show) {
    const auto total = count(runner, step.of);
    if (!total) return total.error();
    batch_size size;
    auto patience = runner.patience();
    runner.session().forget_blockers();
    std::uint64_t done = 0;
    for (bool more = true, patient = false; more;) {
        if (show) show({what, done, *total});
        const std::string values[] = {std::to_string(size.value()), patient ? "true" : "false"};
        const auto began = core::steady_now();
        const auto rows = runner.in_transaction([&] { return runner.run(step.sql, values); });
        const auto ended = core::steady_now();
        if (!rows && !rows.error().gave_way)
            return core::failure{rows.error().why.kind, what + ": " + rows.error().why.message};
        if (rows) {
            done += std::stoull(PQgetvalue(rows->get(), 0, 0));
            more = is_true(**rows, 0, 2);
        }
        runner.reached(what + ", batch");
        if (rows && is_true(**rows, 0, 1)) {
            size.took(std::chrono::duration_cast<core::milliseconds>(ended - began));
            patience.restart(ended);
            patient = false;
        } else if (more) {
            // Rows that others have locked are first passed over, then waited for, in turn.
            const auto why = rows ? core::failure{} : rows.error().why;
            if (rows && !patient) {
                patient = true;
                continue;
            }
            patient = false;
            if (auto paused = runner.pause(what, patience, why); !paused) return paused;
        }
    }
    return {};
}

} // namespace latchkey::pg
