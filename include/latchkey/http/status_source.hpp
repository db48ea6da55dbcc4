#pragma once
// What the endpoints tell about the process; the server room knows.

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace latchkey::http {

struct check {
    std::string name; ///< "database"
    bool good = false;
    std::string detail;                   ///< a sentence; empty when good
    std::optional<std::uint64_t> count{}; ///< of what is wrong, where it can be counted
};

struct process_status {
    bool ready = false;
    std::string reason; ///< why not ready: what is wrong and what mends it
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

} // namespace latchkey::http
