// GET /openapi.json: the description of the public and the admin API
//   200 OpenAPI 3.1, with ETag   304 when If-None-Match has it
#include "api/public/description.hpp"

#include "api/public/tagged_page.hpp"

#include <latchkey/api/description.hpp>
#include <latchkey/api/public_api.hpp>

namespace latchkey::api {

void show_description(http::exchange& ex, public_api& api) {
    const auto& page = described();
    answer_tagged(ex, api, open_json, page.entity_tag, page.json, api.pages.description_gzip);
}

} // namespace latchkey::api
