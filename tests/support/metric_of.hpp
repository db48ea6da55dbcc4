#pragma once

#include <latchkey/core/metrics.hpp>

#include <boost/test/unit_test.hpp>

#include <string>

namespace latchkey::test {

/// What one sample of the parts' metrics says, by its name with labels. A missing one fails the
/// test.
template <class... Parts>
double metric_of(const std::string& name, const Parts&... parts) {
    core::metric_sink sink;
    (parts.collect(sink), ...);
    const auto text = sink.prometheus();
    const auto at = text.find("\n" + name + " ");
    BOOST_REQUIRE_MESSAGE(at != std::string::npos, name);
    return std::stod(text.substr(at + name.size() + 2));
}

} // namespace latchkey::test
