#include <latchkey/api/public_api.hpp>

#include "api/batch/verify_batch.hpp"
#include "api/broker/broker_paths.hpp"
#include "api/broker/emqx.hpp"
#include "api/broker/rabbitmq.hpp"
#include "api/description/public_operations.hpp"
#include "api/forward/demands.hpp"
#include "api/forward/forward_auth.hpp"
#include "api/forward/kept_tokens.hpp"
#include "api/oauth/parts.hpp"
#include "api/public/authenticate_device.hpp"
#include "api/public/caller_check.hpp"
#include "api/public/description.hpp"
#include "api/public/docs.hpp"
#include "api/public/generate_token.hpp"
#include "api/public/jwk_set.hpp"
#include "api/public/jwks_wait.hpp"
#include "api/public/lease_wait.hpp"
#include "api/public/metrics_wait.hpp"
#include "api/public/process.hpp"
#include "api/public/receipt_desk.hpp"
#include "api/public/revoke_credential.hpp"
#include "api/public/tagged_page.hpp"
#include "api/public/verify_api_key.hpp"
#include "api/public/verify_token.hpp"

#include <latchkey/api/description.hpp>
#include <latchkey/core/text/json_text.hpp>
#include <latchkey/http/accept.hpp>
#include <latchkey/http/field_values.hpp>
#include <latchkey/http/metrics.hpp>
#include <latchkey/http/router.hpp>

#include <algorithm>
#include <array>
#include <utility>

namespace latchkey::api {

namespace {

constexpr std::string_view batch_path = "/api/v1/auth/verify-batch";
constexpr std::string_view forward_path = "/forward-auth";
constexpr http::body_bound long_body{&http::configuration::long_body_bytes_max,
                                     "server.batch_bytes_max"};

constexpr std::array<http::route<public_api>, 28> routes = {{
    {http::method::post, "/api/v1/auth/verify-api-key", verify_api_key,
     "is this API key good, and whose is it?"},
    {http::method::post, "/api/v1/auth/verify-token", verify_token,
     "is this token good, and who is it?", true},
    {http::method::post, "/api/v1/auth/authenticate-device", authenticate_device,
     "is this device the one that it says, and whose is it?"},
    {http::method::post, "/api/v1/auth/generate-token", generate_token,
     "a short-lived token for the holder of a key, or for a device"},
    {http::method::post, "/api/v1/auth/revoke", revoke_credential,
     "whoever holds a key or a token ends it"},
    {http::method::post, batch_path, verify_batch, "many such questions at once", false, long_body},
    {http::method::get, forward_path, forward_auth,
     "for gateways: may whoever asks pass? Any method, and all answers are without a body"},
    {http::method::post, broker::emqx_path, ask_for_emqx,
     "for EMQX: may this client connect, and what may it do?"},
    {http::method::post, "/integrations/rabbitmq/user", ask_about_user,
     "for RabbitMQ: is this device who it says?"},
    {http::method::post, "/integrations/rabbitmq/vhost", ask_about_vhost,
     "for RabbitMQ: may this device enter the virtual host?"},
    {http::method::post, "/integrations/rabbitmq/resource", ask_about_resource,
     "for RabbitMQ: may this device use the queue or the exchange?"},
    {http::method::post, "/integrations/rabbitmq/topic", ask_about_topic,
     "for RabbitMQ: may this device publish or subscribe to the topic?"},
    {http::method::post, "/oauth2/token", oauth::give_token,
     "OAuth 2: an access token for a client"},
    {http::method::post, "/oauth2/introspect", oauth::introspect,
     "OAuth 2: is this key or token active, and who is it?"},
    {http::method::post, "/oauth2/revoke", oauth::revoke,
     "OAuth 2: whoever holds a key or a token ends it"},
    {http::method::get, "/.well-known/oauth-authorization-server", oauth::show_server_metadata,
     "OAuth 2: what this issuer's endpoints are"},
    {http::method::get, "/.well-known/openid-configuration", oauth::show_server_metadata,
     "the same, where OpenID Connect has it"},
    {http::method::get, "/.well-known/oauth-protected-resource", oauth::show_resource_metadata,
     "OAuth 2: whose tokens count here"},
    {http::method::get, "/.well-known/jwks.json", published_keys,
     "the keys that verify our tokens"},
    {http::method::get, "/livez", livez, "200 while the process answers"},
    {http::method::get, "/readyz", readyz, "200 when verification works, else 503 and why"},
    {http::method::get, "/health", health, "what works and what does not"},
    {http::method::get, "/metrics", metrics_text, "Prometheus text, or OpenMetrics when asked for"},
    {http::method::get, "/openapi.json", show_description, "this API, in OpenAPI 3.1"},
    {http::method::get, "/docs", show_docs, "this API, for people"},
    {http::method::get, "/docs/page.css", show_docs_style, "how that page looks"},
    {http::method::get, "/docs/try.js", show_docs_script,
     "lets that page ask, on the server's own machine"},
    {http::method::get, "/", index, "this list, or to browsers the page for people"},
}};
constexpr http::router<public_api, routes.size()> table(routes);
static_assert(routes.size() < http::metrics::endpoints_max);
static_assert(description::describes(description::public_operations, table.terms()),
              "api/description/public_operations.hpp has one operation for each route");

// The first row stands for unknown paths.
constexpr std::size_t endpoint_of(std::string_view path) {
    const auto found = std::ranges::find(table.names(), path);
    return found == table.names().end() ? 0
                                        : static_cast<std::size_t>(found - table.names().begin());
}
bool is_oauth(std::string_view path) noexcept {
    return path.starts_with("/oauth2/") && endpoint_of(path) != 0;
}

constexpr std::size_t batch_endpoint = endpoint_of(batch_path);
constexpr std::size_t forward_endpoint = endpoint_of(forward_path);

std::string index_of(std::string_view version) {
    std::string out = R"({"service":"latchkey","version":)";
    core::append_json_string(out, version);
    out += ",\"endpoints\":[";
    for (const auto& r : table.routes()) {
        if (out.back() == '}') out += ',';
        out += R"({"method":)";
        core::append_json_string(out, http::name_of(r.method));
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

batch_parts::batch_parts(public_api& api, auth::node_state& state, std::size_t of,
                         const batch_configuration& settings)
    : node(state),
      worker(of),
      limits(settings),
      queue([this]() -> core::mailbox& { return node.owner_cores[worker]->box(); }),
      requests(api),
      keys(api),
      tokens(api),
      devices(api) {}

batch_parts::~batch_parts() = default;

std::size_t batch_parts::lookups_max() const noexcept {
    return std::min(limits.lookups_max, node.owner_cores[worker]->bulk_max());
}

public_api::public_api(auth::node_state& state, std::size_t worker, auth::scrypt_pool& passwords,
                       const auth::configuration& settings,
                       const auth::token_configuration& token_settings, const status_source& source,
                       const http::configuration& http_settings,
                       const batch_configuration& batch_settings,
                       const auth::use_configuration& use_settings, rate_limits* rates)
    : uses(use_settings),
      verifier(state, worker, settings, metrics, &uses),
      devices(state, worker, passwords, metrics, &uses),
      tokens(state, worker, token_settings, metrics.tokens, &uses),
      token_issuer(state, worker, token_settings, metrics.tokens_issued),
      status(source),
      limits(http_settings),
      leases(std::make_unique<lease_desk>(*this)),
      gate(rates, worker, leases.get()),
      callers(*this, state, worker, settings, endpoint_names()),
      batches(*this, state, worker, batch_settings),
      compression(http_settings.compression, batches.queue, batches.slice),
      key_verifications(*this),
      device_authentications(*this),
      token_grants(*this),
      endings(*this),
      forward_questions(*this),
      emqx_questions(*this),
      rabbitmq_questions(*this),
      metrics_waits(*this),
      jwks_waits(*this),
      jwks_nudges(*this),
      receipts(std::make_unique<receipt_desk>(
          *this, state.applied,
          [&state, worker]() -> core::mailbox& { return state.owner_cores[worker]->box(); },
          settings)),
      demands(std::make_unique<api::demands>()),
      kept_tokens(std::make_unique<api::kept_tokens>(*this)),
      oauth_parts(std::make_unique<oauth::parts>(*this, token_settings)),
      state_(state),
      worker_(worker) {
    const auto& page = described();
    pages.description_gzip = {page.entity_tag, page.gzip};
    keep_docs(*this);
}

public_api::~public_api() = default;

void public_api::configure(const auth::configuration& settings,
                           const http::configuration& http_settings,
                           const batch_configuration& batch_settings,
                           const auth::use_configuration& use_settings, caller_rules rules) {
    verifier.configure(settings);
    callers.configure(settings, std::move(rules));
    receipts->configure(settings);
    limits = http_settings;
    batches.limits = batch_settings;
    uses.configure(use_settings);
}

void public_api::configure(const forward_configuration& settings, forward_policies policies) {
    forward_settings = settings;
    demands->configure(std::move(policies));
}

void public_api::say_clients_show_certificates() {
    oauth_parts->about.bind_to_certificates();
}

// The pages about the process itself do not depend on any change.
void public_api::handle(http::exchange& ex) {
    ex.form = form_of(ex.request);
    const auto path = path_of(ex.request);
    const bool waits = ex.request.has_receipt && (path.starts_with("/api/") || is_oauth(path));
    if (!waits) return dispatch(ex);
    // Before it takes a place among those that wait. A batch with a receipt costs one more.
    ex.endpoint = endpoint_of(path);
    if (!gate.admit_client(ex, 1) || !receipts->admit(ex, core::steady_now())) return;
    answer(ex);
}

void public_api::answer(http::exchange& ex) {
    counted_ = &ex;
    dispatch(ex);
    counted_ = nullptr;
}

std::string_view public_api::path_of(const http::request& asked) const noexcept {
    return oauth_parts->about.path_of(asked.path);
}

// A gateway may ask with any method, and with any path below the prefix.
void public_api::dispatch(http::exchange& ex) {
    if (!ex.bare()) return table.handle(ex, *this, path_of(ex.request));
    ex.endpoint = forward_endpoint;
    forward_auth(ex, *this);
}

void public_api::describe_caller(const http::exchange& ex,
                                 std::vector<core::log_field>& out) const {
    log_caller(ex, out);
}

http::refusal_form public_api::form_of(const http::request& asked) const {
    if (is_forward_auth(asked.path)) return http::refusal_form::bare;
    if (const auto* words = broker::fixed_refusal_of(asked.path)) return *words;
    return is_oauth(path_of(asked)) ? http::refusal_form::oauth : http::refusal_form::problem;
}

void public_api::tick(core::steady_time now) {
    receipts->tick(now);
    held.tick();
}

std::optional<http::refusal> public_api::objection(const http::request& asked) const {
    return is_forward_auth(asked.path) ? std::nullopt : table.objection(asked, path_of(asked));
}

http::body_bound public_api::bound_of(const http::request& asked) const {
    return table.bound_of(asked, path_of(asked));
}

bool public_api::refuse_unready(http::exchange& ex) const {
    return api::refuse_unready(ex, status);
}

// The cost of a batch is known only when its items are counted.
bool public_api::admit(http::exchange& ex) {
    if (is_admitted(ex)) return true; // before it waited
    const bool is_counted = std::exchange(counted_, nullptr) == &ex;
    if (pays_later(ex)) {
        if (gate.door_of(ex) == rate_gate::door::closed) return false;
    } else if (!is_counted && !gate.admit_client(ex, 1)) {
        return false;
    }
    return callers.admit(ex);
}

bool public_api::pays_later(const http::exchange& ex) noexcept {
    return ex.endpoint == batch_endpoint;
}

core::mailbox& public_api::box() {
    return state_.owner_cores[worker_]->box();
}

bool is_about_process(std::string_view endpoint) noexcept {
    constexpr std::array<std::string_view, 5> about = {"/livez", "/readyz", "/health", "/metrics",
                                                       "other"};
    return std::ranges::find(about, endpoint) != about.end();
}

bool public_api::send(auth::self_revocation& asked) {
    if (!state_.endings) return false;
    state_.endings->ask(asked, state_.owner_cores[worker_]->box());
    return true;
}

std::optional<std::string> public_api::receipt_for(const auth::change_position& change) const {
    return state_.applied.receipt_for(change);
}

std::span<const http::route_terms> public_api::routes() {
    return table.terms();
}

std::span<const std::string_view> public_api::endpoint_names() {
    return table.names();
}

// GET /: 200 {service, version, endpoints:[{method, path, summary}]}, or the page of /docs
void index(http::exchange& ex, public_api& api) {
    if (http::prefers_html(http::list_of(ex.request.lines, "accept")))
        return show_docs_by_accept(ex, api);
    if (api.pages.index.empty()) api.pages.index = index_of(api.status.version());
    const auto chosen = api.compression.choose(ex, api.pages.index_gzip, "1", api.pages.index);
    ex.answer(200, http::json_type, chosen.bytes, with_variation("Accept", chosen));
}

} // namespace latchkey::api
