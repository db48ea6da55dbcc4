#pragma once

#include <latchkey/core/result.hpp>

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>

namespace latchkey::crypto {

/// Fills from OpenSSL's private random generator. Fails when it is not seeded.
core::result<void> fill_random(std::span<std::uint8_t> out);

/// For seeds. Throws when the generator is not seeded.
std::uint64_t random_number();

/// `length` characters of 0-9A-Za-z, each uniform (rejection sampling, no modulo bias).
core::result<std::string> random_base62(std::size_t length);

} // namespace latchkey::crypto
