#pragma once
// What the endpoints tell about the process; the server room knows.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace latchkey::api {

struct check {
    std::string name; ///< "database"
    bool good = false;
    /// A sentence; empty when good. For operators alone: it may name hosts, roles and paths.
    std::string detail;
    std::string_view code = ""; ///< what is told to everybody: "DATABASE_UNUSABLE"
    std::optional<std::uint64_t>
        count{}; ///< of what is wrong, where it can be counted; told as well
};

struct process_status {
    bool ready = false;
    std::string reason; ///< why not ready: what is wrong and what mends it; for operators alone
    std::string_view state = ""; ///< the same for everybody: a sentence that names nothing
    std::vector<check> checks;
};

/// Any thread may ask.
class status_source {
  public:
    virtual ~status_source() = default;
    virtual process_status status() const = 0;
    /// Prometheus text 0.0.4, or OpenMetrics 1.0.0.
    virtual std::string metrics(bool openmetrics) const = 0;
    virtual std::string_view version() const = 0;
    /// A JSON object for `GET /admin/v1/status`.
    virtual std::string details() const = 0;
};

} // namespace latchkey::api
