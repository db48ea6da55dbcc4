#pragma once

#include <latchkey/core/result.hpp>

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>

namespace latchkey::crypto {

/// Fills `out` from OpenSSL's private random generator. Fails with `internal` if the generator is
/// not seeded. Any thread.
core::result<void> fill_random(std::span<std::uint8_t> out);

/// A random number, for seeds. Throws std::runtime_error if the generator is not seeded.
std::uint64_t random_number();

/// Returns `length` characters of 0-9A-Za-z, each uniform (rejection sampling, no modulo bias).
/// Fails as fill_random does.
core::result<std::string> random_base62(std::size_t length);

} // namespace latchkey::crypto
