#include <latchkey/http/public_api.hpp>

#include <latchkey/core/json_text.hpp>
#include <latchkey/http/body_limit.hpp>
#include <latchkey/http/endpoints/authenticate_device.hpp>
#include <latchkey/http/endpoints/generate_token.hpp>
#include <latchkey/http/endpoints/jwk_set.hpp>
#include <latchkey/http/endpoints/key_wait.hpp>
#include <latchkey/http/endpoints/process.hpp>
#include <latchkey/http/endpoints/verify_api_key.hpp>
#include <latchkey/http/endpoints/verify_batch.hpp>
#include <latchkey/http/endpoints/verify_token.hpp>
#include <latchkey/http/metrics.hpp>
#include <latchkey/http/router.hpp>

#include <algorithm>
#include <array>

namespace latchkey::http {

namespace {

constexpr std::array<route<public_api>, 11> routes = {{
    {method::post, "/api/v1/auth/verify-api-key", verify_api_key,
     "is this API key good, and whose is it?"},
    {method::post, "/api/v1/auth/verify-token", verify_token, "is this token good, and who is it?",
     true},
    {method::post, "/api/v1/auth/authenticate-device", authenticate_device,
     "is this device the one that it says, and whose is it?"},
    {method::post, "/api/v1/auth/generate-token", generate_token,
     "a short-lived token for the holder of a key, or for a device"},
    {method::post, batch_path, verify_batch, "many such questions at once"},
    {method::get, "/.well-known/jwks.json", published_keys, "the keys that verify our tokens"},
    {method::get, "/livez", livez, "200 while the process answers"},
    {method::get, "/readyz", readyz, "200 when verification works, else 503 and why"},
    {method::get, "/health", health, "what works and what does not"},
    {method::get, "/metrics", metrics_text, "Prometheus text, or OpenMetrics when asked for"},
    {method::get, "/", index, "this list"},
}};
constexpr router<public_api, routes.size()> table(routes);
static_assert(routes.size() < metrics::endpoints_max);

constexpr std::size_t batch_endpoint =
    static_cast<std::size_t>(std::ranges::find(table.names(), batch_path) - table.names().begin());
std::string index_of(std::string_view version) {
    std::string out = R"({"service":"latchkey","version":)";
    core::append_json_string(out, version);
    out += ",\"endpoints\":[";
    for (const auto& r : table.routes()) {
        if (out.back() == '}') out += ',';
        out += R"({"method":)";
        core::append_json_string(out, name_of(r.method));
        out += R"(,"path":)";
        core::append_json_string(out, r.path);
        out += R"(,"summary":)";
        core::append_json_string(out, r.summary);
        out += '}';
    }
    out += "]}";
    return out;
}

} // namespace

public_api::public_api(auth::beliefs& beliefs, std::size_t worker, auth::scrypt_pool& passwords,
                       const auth::configuration& settings,
                       const auth::token_configuration& token_settings, const status_source& source,
                       const configuration& http_settings,
                       const auth::use_configuration& use_settings, rate_limits* rates)
    : uses(use_settings),
      verifier(beliefs, worker, settings, metrics, &uses),
      devices(beliefs, worker, passwords, metrics, &uses),
      tokens(beliefs, worker, token_settings, metrics.tokens, &uses),
      token_issuer(beliefs, worker, token_settings, metrics.tokens_issued),
      status(source),
      limits(http_settings),
      gate(rates, worker),
      batch_turns([&beliefs, worker]() -> core::mailbox& { return beliefs.homes[worker]->box(); }),
      compression(http_settings.compression, batch_turns, batch_slice),
      key_verifications(*this),
      device_authentications(*this),
      token_grants(*this),
      key_waits(*this),
      key_nudges(*this),
      batches(*this),
      batch_keys(*this),
      batch_tokens(*this),
      batch_devices(*this),
      beliefs_(beliefs),
      worker_(worker) {}

public_api::~public_api() = default;

void public_api::configure(const auth::configuration& settings, const configuration& http_settings,
                           const auth::use_configuration& use_settings) {
    verifier.configure(settings);
    limits = http_settings;
    uses.configure(use_settings);
}

void public_api::handle(exchange& ex) {
    table.handle(ex, *this);
}

std::optional<refusal> public_api::objection(const request& asked) const {
    return table.objection(asked);
}

bool public_api::refuse_unready(exchange& ex) const {
    return http::refuse_unready(ex, status);
}

std::size_t public_api::batch_lookups_max() const noexcept {
    return std::min(limits.batch_lookups_max, beliefs_.homes[worker_]->bulk_max());
}

// What a batch costs shows when its items are counted.
bool public_api::admit(exchange& ex) {
    return ex.endpoint == batch_endpoint || gate.admit_client(ex, 1);
}

std::span<const std::string_view> public_api::endpoint_names() {
    return table.names();
}

// GET /: 200 {service, version, endpoints:[{method, path, summary}]}
void index(exchange& ex, public_api& api) {
    if (api.index_text.empty()) api.index_text = index_of(api.status.version());
    const auto chosen = api.compression.choose(ex, api.index_gzip, "1", api.index_text);
    ex.answer(200, json_type, chosen.bytes, chosen.fields);
}

} // namespace latchkey::http
