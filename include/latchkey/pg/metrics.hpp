#pragma once
// The pg room's metric cells, one set per worker (and one for the control thread).

#include <latchkey/core/metrics.hpp>

#include <array>
#include <cstdint>
#include <string_view>

namespace latchkey::pg {

/// The statements whose time is measured.
inline constexpr std::array<std::string_view, 27> measured_statements = {
    "find_api_keys",      "find_devices",        "create_organization", "create_api_key",
    "revoke_api_key",     "revoke_writing_back", "list_nodes",          "create_revocation",
    "list_revocations",   "import_devices",      "delete_revocation",   "list_devices",
    "show_device",        "rotate_device",       "revoke_device",       "legacy_devices",
    "rehash_device",      "write_uses",          "poll_changes",        "load_revocations",
    "list_organizations", "show_organization",   "change_organization", "list_api_keys",
    "show_api_key",       "change_api_key",      "change_device"};

/// Why a look-up was not sent to the database.
enum class refusal_reason { breaker, unreachable, overload, full, late, stopping, unready };
inline constexpr std::array<std::string_view, 7> refusal_reasons = {
    "breaker", "unreachable", "overload", "full", "late", "stopping", "unready"};

/// Look-ups since the start.
struct lookup_totals {
    std::array<std::uint64_t, core::latency_bounds.size() + 1> by_duration{}; ///< queries
    std::uint64_t refused = 0;
};

struct metrics {
    std::array<core::latency_histogram, measured_statements.size()> query_seconds;
    core::size_histogram batch_size;
    core::gauge connections_idle;
    core::gauge connections_busy;
    core::gauge connections_connecting;
    core::gauge lookups_waiting;
    core::counter connects;
    core::counter connects_failed;
    core::counter connections_lost;
    core::counter queries_failed; ///< the server answered with an error
    core::counter queries_overdue;
    core::gauge lookups_in_flight; ///< look-ups in queries
    core::gauge lookup_limit;      ///< the most that may be in queries
    std::array<core::counter, refusal_reasons.size()> lookups_refused;
    core::counter breaker_opened;
    core::counter bare_secrets; ///< devices that were loaded with a bare secret

    void observe(std::string_view statement, double seconds) noexcept;
    /// Any thread.
    void collect(core::metric_sink&) const;
    void add_to(lookup_totals&) const;
};

} // namespace latchkey::pg
