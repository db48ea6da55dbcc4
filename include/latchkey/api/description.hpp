#pragma once
// The description of the public and the admin API in OpenAPI 3.1, made from the tables by which
// requests are routed and read.

#include <string>

namespace latchkey::api {

struct api_description {
    std::string json; ///< compact
    std::string gzip; ///< the same, compressed
    std::string entity_tag;
};

/// The description as it is served. Made at the first call, for all threads.
const api_description& described();

/// The same text, laid out for people: schema/openapi.json.
std::string readable_description();

} // namespace latchkey::api
