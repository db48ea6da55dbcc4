#include "server/cli/relative_time.hpp"

namespace latchkey::server {

namespace {

std::string in_one_unit(long long s) {
    constexpr struct {
        const char* unit;
        long long s;
        long long below; ///< the unit is used below so many of it
    } units[] = {{"s", 1, 60}, {"min", 60, 60}, {"h", 3600, 48}, {"d", 86400, 730}};
    for (const auto& u : units)
        if (s < u.s * u.below) return std::to_string(s / u.s) + ' ' + u.unit;
    return std::to_string(s / (365 * 86400LL)) + " y";
}

} // namespace

std::string relative_time(core::real_time then, core::real_time now) {
    // In whole seconds: the difference of far dates in nanoseconds would overflow.
    const auto whole = [](core::real_time t) {
        return std::chrono::duration_cast<core::seconds>(t.time_since_epoch()).count();
    };
    const long long s = whole(then) - whole(now);
    if (s == 0) return "now";
    return s < 0 ? in_one_unit(-s) + " ago" : "in " + in_one_unit(s);
}

} // namespace latchkey::server
