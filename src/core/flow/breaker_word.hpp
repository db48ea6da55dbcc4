#pragma once
// The layout of the breaker's word.
//
//   63    62 61      56 55    52 51                                                       0
//   state    period     growth   closed:    scale 4, slot 12, then four counts of 9:
//                                           older calls and failures, newer calls and failures
//                                open:      until 52 (ms of the steady clock)
//                                half-open: admitted 2, succeeded 2, until 48

#include <cstdint>

namespace latchkey::core::breaker_word {

template <unsigned Shift, unsigned Width>
struct field {
    static constexpr unsigned shift = Shift;
    static constexpr unsigned width = Width;
    static constexpr std::uint64_t max = (std::uint64_t{1} << Width) - 1;
    static constexpr std::uint64_t get(std::uint64_t word) noexcept { return word >> Shift & max; }
    /// A value that is too large loses its upper bits.
    static constexpr std::uint64_t set(std::uint64_t word, std::uint64_t value) noexcept {
        return (word & ~(max << Shift)) | (value & max) << Shift;
    }
};

using state = field<62, 2>;
using period = field<56, 6>; ///< goes up by one with each change of state
using growth = field<52, 4>; ///< how often the open time doubles

using scale = field<48, 4>; ///< each count stands for 2^scale calls
using slot = field<36, 12>;
using old_calls = field<27, 9>;
using old_failures = field<18, 9>;
using calls = field<9, 9>;
using failures = field<0, 9>;

using until = field<0, 52>;

using admitted = field<50, 2>;
using succeeded = field<48, 2>;
using probes_until = field<0, 48>;

// The fields of each state leave no gap and do not overlap.
static_assert(state::width + period::width + growth::width == 12 && growth::shift == 52);
static_assert(scale::shift + scale::width == 52 && slot::shift + slot::width == scale::shift &&
              old_calls::shift + old_calls::width == slot::shift &&
              old_failures::shift + old_failures::width == old_calls::shift &&
              calls::shift + calls::width == old_failures::shift &&
              failures::shift + failures::width == calls::shift && failures::shift == 0);
static_assert(until::shift == 0 && until::width == 52);
static_assert(admitted::shift + admitted::width == 52 &&
              succeeded::shift + succeeded::width == admitted::shift &&
              probes_until::shift + probes_until::width == succeeded::shift &&
              probes_until::shift == 0);
// The steady clock begins at boot, so 48 bits are enough: 2^48 ms are 8,900 years.

/// The word's head for the next state, with an empty payload.
constexpr std::uint64_t next_period(std::uint64_t word, std::uint64_t to) noexcept {
    const auto head = growth::set(0, growth::get(word));
    return state::set(period::set(head, period::get(word) + 1), to);
}

/// Counts one batch of calls in the newer slot.
constexpr std::uint64_t counted(std::uint64_t word, std::uint64_t n, bool good,
                                std::uint64_t random) noexcept {
    const auto scaled = [&] {
        const auto unit = std::uint64_t{1} << scale::get(word);
        return (n + (random & (unit - 1))) >> scale::get(word);
    };
    while (calls::get(word) + scaled() > calls::max && scale::get(word) < scale::max) {
        word = scale::set(word, scale::get(word) + 1);
        word = calls::set(word, calls::get(word) / 2);
        word = failures::set(word, failures::get(word) / 2);
        word = old_calls::set(word, old_calls::get(word) / 2);
        word = old_failures::set(word, old_failures::get(word) / 2);
    }
    const auto up = [](std::uint64_t count, std::uint64_t more) {
        return count + more < calls::max ? count + more : calls::max;
    };
    const auto more = scaled();
    word = calls::set(word, up(calls::get(word), more));
    return good ? word : failures::set(word, up(failures::get(word), more));
}

/// Makes the newer slot the older one, and the scale as fine as possible.
constexpr std::uint64_t next_slot(std::uint64_t word) noexcept {
    word = old_calls::set(word, calls::get(word));
    word = old_failures::set(word, failures::get(word));
    word = failures::set(calls::set(word, 0), 0);
    while (scale::get(word) > 0 && old_calls::get(word) <= old_calls::max / 2) {
        word = scale::set(word, scale::get(word) - 1);
        word = old_calls::set(word, old_calls::get(word) * 2);
        word = old_failures::set(word, old_failures::get(word) * 2);
    }
    return word;
}

} // namespace latchkey::core::breaker_word
