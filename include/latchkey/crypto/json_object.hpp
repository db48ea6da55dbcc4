#pragma once
// JSON objects, read as strictly as JOSE requires (RFC 7515, section 4; RFC 8725, section 2.8).

#include <latchkey/core/result.hpp>

#include <boost/json/object.hpp>

#include <cstddef>
#include <string_view>

namespace latchkey::crypto {

struct json_limits {
    std::size_t bytes_max = 16384;
    std::size_t depth_max = 8;   ///< the object itself counts as one
    std::size_t names_max = 256; ///< over all depths together
};

/// Fails with `invalid`, and a sentence that repeats nothing of the text, if the text is not one
/// JSON object in UTF-8, repeats a name at any depth, holds a number that is not finite, or exceeds
/// a limit. Memory for the object comes from the storage, which must outlive it.
core::result<boost::json::object> parse_json_object(std::string_view text, const json_limits&,
                                                    boost::json::storage_ptr = {});

} // namespace latchkey::crypto
