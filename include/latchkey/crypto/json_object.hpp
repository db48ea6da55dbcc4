#pragma once
// JSON objects as JOSE wants them read: strictly (RFC 7515, section 4; RFC 8725, section 2.8).

#include <latchkey/core/result.hpp>

#include <boost/json/object.hpp>

#include <cstddef>
#include <string_view>

namespace latchkey::crypto {

struct json_limits {
    std::size_t bytes_max = 16384;
    std::size_t depth_max = 8;   ///< the object itself is one
    std::size_t names_max = 256; ///< over all depths
};

/// Refuses (`invalid`, with a sentence that repeats nothing of the text): what is not one JSON
/// object in UTF-8, duplicate names at any depth, numbers that are not finite, and what is past a
/// limit.
core::result<boost::json::object> parse_json_object(std::string_view text, const json_limits&,
                                                    boost::json::storage_ptr = {});

} // namespace latchkey::crypto
