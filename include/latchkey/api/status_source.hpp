#pragma once
// What the endpoints say about the process. The server room implements it.

#include <latchkey/core/clock.hpp>
#include <latchkey/core/mailbox.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace latchkey::api {

struct check {
    std::string name; ///< such as "database"
    bool good = false;
    /// A sentence; empty if good. For operators only: it may name hosts, roles and paths.
    std::string detail;
    std::string_view code = ""; ///< shown to everybody, such as "DATABASE_UNUSABLE"
    /// How many things are wrong, if they can be counted. Shown to everybody.
    std::optional<std::uint64_t> count{};
    /// How many there are of each kind, good or not. Shown to everybody.
    std::vector<std::pair<std::string_view, std::uint64_t>> counts{};
    std::optional<core::real_time> since{}; ///< if it is not good. Shown to everybody.
    std::string_view mend = "";             ///< what to do about it. For operators only.
};

struct process_status {
    bool ready = false;
    std::string reason;          ///< Why it is not ready and how to fix it. For operators only.
    std::string_view state = ""; ///< a sentence for everybody, without hosts, roles or paths
    std::vector<check> checks;
};

/// A page of metrics on its way: to the thread that writes it, and back to the worker that was
/// asked for it. The asker owns it and keeps it until `written`.
class metrics_request : public core::mail {
  public:
    bool openmetrics = false;
    std::string page; ///< empty: too many are being written

    /// Called on the asker's thread, never from within status_source::write_metrics.
    virtual void written() noexcept = 0;
    void arrived() noexcept final { written(); }

  protected:
    ~metrics_request() = default;
};

/// Any thread may call it.
class status_source {
  public:
    virtual ~status_source() = default;
    virtual process_status status() const = 0;
    /// Returns Prometheus text 0.0.4 or OpenMetrics 1.0.0.
    virtual std::string metrics(bool openmetrics) const = 0;
    /// Has the page written elsewhere, because that may take longer than a worker's other requests
    /// should wait, and sends it to the mailbox.
    virtual void write_metrics(metrics_request& asked, core::mailbox& back) const {
        asked.page = metrics(asked.openmetrics);
        back.send(asked);
    }
    virtual std::string_view version() const = 0;
    /// Why the database cannot be used, for operators; empty while it can.
    virtual std::string database_problem() const { return {}; }
    /// Returns a JSON object for `GET /admin/v1/status`.
    virtual std::string details() const = 0;
    /// Returns a JSON object for `GET /admin/v1/findings`.
    virtual std::string findings() const { return R"({"checked_at":null,"findings":[]})"; }
};

} // namespace latchkey::api
