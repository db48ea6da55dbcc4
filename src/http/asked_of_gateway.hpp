#pragma once
// What was asked of the gateway that asks us, as it says in X-Forwarded-* and X-Original-*, for the
// log.

#include <latchkey/core/log.hpp>

#include <array>
#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace latchkey::http {

class asked_of_gateway {
  public:
    /// Of each value: longer ones are cut.
    static constexpr std::size_t length_max = 256;

    /// `lines` are those of the request's header.
    explicit asked_of_gateway(std::string_view lines);

    /// Appends what the gateway said. The fields are views into this object.
    void append(std::vector<core::log_field>&) const;

  private:
    std::array<std::string, 4> values_; ///< method, URI, host, scheme
};

} // namespace latchkey::http
