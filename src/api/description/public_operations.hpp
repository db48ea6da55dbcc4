#pragma once
// The operations of the public listener.

#include "api/description/operation.hpp"
#include "api/forward/demand_parameters.hpp"
#include "api/public/fields.hpp"

#include <array>

namespace latchkey::api::description {

inline constexpr item_kind batch_items[] = {{item_types[0], api_key_fields, {}, item_fields},
                                            {item_types[1], token_fields, "token", item_fields},
                                            {item_types[2], device_fields, {}, item_fields}};

inline constexpr std::array<std::string_view, 2> metrics_types = {"text/plain",
                                                                  "application/openmetrics-text"};
inline constexpr std::array<std::string_view, 1> page_types = {"text/html"};
inline constexpr std::array<std::string_view, 1> style_types = {"text/css"};
inline constexpr std::array<std::string_view, 1> script_types = {"text/javascript"};

inline constexpr operation public_operations[] = {
    {.method = http::method::post,
     .path = "/api/v1/auth/verify-api-key",
     .id = "verifyApiKey",
     .tag = "verification",
     .body = api_key_fields,
     .example = R"({"api_key": "$DEMO_API_KEY", "scopes": ["devices:read"]})",
     .answer = "KeyVerdict",
     .cache = cache_news::always,
     .says = "A bad key is answered with 200 and `\"valid\": false`: read the body."},
    {.method = http::method::post,
     .path = "/api/v1/auth/verify-token",
     .id = "verifyToken",
     .tag = "verification",
     .body = token_fields,
     .example = R"({"token": "$DEMO_TOKEN"})",
     .answer = "TokenVerdict",
     .cache = cache_news::always,
     .takes_bearer = true,
     .says = "A bad token is answered with 200 and `\"valid\": false`: read the body. The token is "
             "in the body or in Authorization, not in both."},
    {.method = http::method::post,
     .path = "/api/v1/auth/authenticate-device",
     .id = "authenticateDevice",
     .tag = "verification",
     .body = device_fields,
     .example = R"({"device_id": "$DEMO_DEVICE_ID", "device_secret": "$DEMO_DEVICE_SECRET"})",
     .answer = "DeviceVerdict",
     .cache = cache_news::always,
     .says = "A device that is not good is answered with 200 and `\"valid\": false`: read the "
             "body."},
    {.method = http::method::post,
     .path = "/api/v1/auth/generate-token",
     .id = "generateToken",
     .tag = "tokens",
     .body = grant_fields,
     .example = R"({"api_key": "$DEMO_API_KEY", "expires_in": 300})",
     .answer = "Grant",
     .cache = cache_news::at_times,
     .says = "Send one credential: api_key, or device_id and device_secret."},
    {.method = http::method::post,
     .path = "/api/v1/auth/revoke",
     .id = "endCredential",
     .tag = "verification",
     .body = end_fields,
     .example = R"({"token": "$DEMO_TOKEN"})",
     .answer = "Ending",
     .cache = cache_news::always,
     .says = "Send one credential: api_key or token."},
    {.method = http::method::post,
     .path = "/api/v1/auth/verify-batch",
     .id = "verifyBatch",
     .tag = "verification",
     .body = batch_fields,
     .items = batch_items,
     .example = R"({"items": [{"type": "api_key", "api_key": "$DEMO_API_KEY"},
                             {"type": "token", "token": "$DEMO_TOKEN"}]})",
     .answer = "BatchVerdicts",
     .cache = cache_news::always,
     .says = "Each item is answered as the endpoint of its kind would answer it."},
    {.path = "/forward-auth",
     .id = "forwardAuth",
     .tag = "gateways",
     .query = demand_parameters.all(),
     .takes_bearer = true,
     .of_gateways = true,
     .says = "The credential is in Authorization (Bearer: an API key or a token; Basic: a device) "
             "or in X-API-Key. Without `organization`, any organization's credential passes."},
    {.path = "/.well-known/jwks.json",
     .id = "getJwks",
     .tag = "tokens",
     .answer = "JwkSet",
     .has_tag = true},
    {.path = "/livez", .id = "getLiveness", .tag = "process", .answer = "Liveness"},
    {.path = "/readyz", .id = "getReadiness", .tag = "process", .answer = "Readiness"},
    {.path = "/health",
     .id = "getHealth",
     .tag = "process",
     .answer = "Health",
     .says = "200 also while something fails."},
    {.path = "/metrics", .id = "getMetrics", .tag = "process", .texts = metrics_types},
    {.path = "/openapi.json",
     .id = "getDescription",
     .tag = "process",
     .answer = "Description",
     .has_tag = true},
    {.path = "/docs",
     .id = "getDocs",
     .tag = "process",
     .texts = page_types,
     .browsers = for_browsers::only,
     .says = "To clients on the server's own machine it names /docs/try.js, by which they can ask "
             "from the page."},
    {.path = "/docs/page.css",
     .id = "getDocsStyle",
     .tag = "process",
     .texts = style_types,
     .browsers = for_browsers::only},
    {.path = "/docs/try.js",
     .id = "getDocsScript",
     .tag = "process",
     .texts = script_types,
     .browsers = for_browsers::only},
    {.path = "/",
     .id = "getIndex",
     .tag = "process",
     .answer = "Index",
     .texts = page_types,
     .browsers = for_browsers::also,
     .says = "HTML is for clients whose Accept prefers it: the page that /docs answers."},
};

} // namespace latchkey::api::description
