#include "support_admin.hpp"
#include "../support/no_log.hpp"
#include "../support/quiet.hpp"
#include "api/admin/caller_check.hpp"

#include <latchkey/api/principal.hpp>
#include <latchkey/auth/cache/node_state.hpp>

#include <functional>
#include <span>

namespace latchkey::test {

namespace {

// Applies changes at once.
struct fake_sink final : auth::change_sink, applied_changes {
    void apply(const auth::change_set& change, std::function<void()> applied) override {
        keys.insert(keys.end(), change.api_keys.begin(), change.api_keys.end());
        devices.insert(devices.end(), change.devices.begin(), change.devices.end());
        organizations.insert(organizations.end(), change.organizations.begin(),
                             change.organizations.end());
        for (const auto& one : change.revocations)
            revocations.push_back(one.what);
        applied();
    }
};

answered ask(fake_admin_store& store, const http::request& request,
             auth::legacy_device_secret legacy, const api::principal* caller) {
    awake connection;
    std::string out;
    const no_status status;
    fake_sink sink;
    auth::node_state state({}, 1, 7);
    auth::issuer_directory issuers(state.issuers);
    issuers.configure(store.trusted);
    no_log log;
    auth::signing_key_keeper keeper(
        {store.settings, core::seconds(60), {nullptr, "there is no key"}, store, issuers, {}, log});
    const auto elsewhere = [](const auto& work, const auto& then) {
        work();
        then();
    };
    api::admin_api api(store, store, store, store, keeper, sink, elsewhere, legacy, status);
    api.audit = &store;
    core::mailbox box([] {});
    api::admin_callers callers(state, box, {}, {});
    const http::answer_terms terms;
    http::exchange ex(request, "r", out, terms, false, connection);
    const http::trust rules;
    const http::client_origin origin(caller ? std::optional(core::address{}) : std::nullopt, rules);
    ex.origin = &origin;
    if (caller) {
        auto& check = callers.checks.take();
        check.know(*caller);
        ex.accompany(check);
    }
    api.handle(ex);
    while (auto* awaited = ex.take_pending())
        awaited->finish(ex);
    return {ex.status(), out, out.substr(out.find("\r\n\r\n") + 4), sink};
}

} // namespace

answered ask(fake_admin_store& store, const http::request& request,
             auth::legacy_device_secret legacy) {
    return ask(store, request, legacy, nullptr);
}

answered ask_as(const auth::caller_scopes& scopes, fake_admin_store& store,
                const http::request& request) {
    const api::principal caller{api::principal::proof::api_key, "", "caller", "o1", scopes};
    return ask(store, request, auth::legacy_device_secret::unset, &caller);
}

http::request revoke(std::string_view path, std::string_view body, std::string_view type) {
    http::request request;
    request.method = http::method::post;
    request.path = path;
    request.body = body;
    request.fields[static_cast<std::size_t>(http::field::content_type)] = type;
    return request;
}

http::request patch(std::string_view path, std::string_view body) {
    auto request = revoke(path, body, "application/json");
    request.method = http::method::patch;
    return request;
}

http::request get(std::string_view path) {
    http::request request;
    request.method = http::method::get;
    request.path = path;
    return request;
}

} // namespace latchkey::test
