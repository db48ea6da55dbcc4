#pragma once
#include "clock.hpp"
#include "histogram.hpp"

#include <cstdint>
#include <string>
#include <vector>

namespace load {

/// What one thread has seen, or, added up, all of them.
struct tally {
    explicit tally(std::size_t kinds) : by_kind(kinds) {}

    void add(const tally& other);

    std::uint64_t answers() const { return right() + refused.count() + wrong; }
    std::uint64_t right() const;

    /// Of all right answers, and of those that never came: they count with the time that they were
    /// waited for.
    histogram latency() const;

    std::vector<histogram> by_kind; // of the right answers
    histogram refused;
    histogram overdue; // requests that were not answered: how long they had waited
    std::uint64_t wrong = 0;
    std::string first_wrong;
    std::uint64_t right_in_time = 0; // before the end of the measurement
    std::uint64_t answers_in_time = 0;
    std::uint64_t lost = 0; // connections that broke under a request, or could not be made
    std::uint64_t timeouts = 0;
    std::string first_error;
    std::uint64_t reopened = 0;   // connections that the server had closed between requests
    std::uint64_t unanswered = 0; // when the run ended
    std::uint64_t backlog_max = 0;
};

} // namespace load
