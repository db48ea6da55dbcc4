#pragma once
// One worker that message brokers ask, with a device and keys, and no socket.

#include "http/request_parser.hpp"
#include "support_batch.hpp"

#include <latchkey/api/rate_limits.hpp>
#include <latchkey/auth/api_key/api_key.hpp>
#include <latchkey/auth/device/device_secret.hpp>

namespace latchkey::test {

struct broker_answer {
    int status = 0;
    std::string head;
    std::string body;
    std::string field(std::string_view name) const {
        const auto at = head.find("\r\n" + std::string(name) + ": ");
        if (at == std::string::npos) return "(none)";
        const auto begin = at + 4 + name.size();
        return head.substr(begin, head.find("\r\n", begin) - begin);
    }
    boost::json::object json() const { return boost::json::parse(body).as_object(); }
};

struct broker_worker : one_worker {
    broker_worker()
        : passwords({}, 1, [](const crypto::password_hash&, std::string_view) { return true; }),
          limiter(1024, {1, 2}),
          limits(limiter, state.readers, api::public_api::endpoint_names()),
          api(state, 0, passwords, {}, {}, status, small_limits(), {}, {}, &limits) {
        state.limits = &limiter;
        add_device("door", "acme").scopes = {"mqtt:publish:sensors/%c/#", "mqtt:subscribe:cmd/+",
                                             "devices:read"};
    }
    auth::device_facts& add_device(const std::string& id, const std::string& of) {
        auth::device_facts device;
        device.device_id = id;
        device.organization_id = of;
        device.secret = auth::stored_secret::parse(auth::sha256_form("canary"), {});
        auto& kept = store.devices[crypto::sha256(id)];
        kept = std::move(device);
        return kept;
    }
    /// Returns the key's text; its facts can be changed by `facts_of`.
    std::string add_key(const std::string& key_id, const std::string& of) {
        auto made = auth::generate_api_key("live").value();
        std::string text(made.reveal());
        auto& facts = store.api_keys[crypto::sha256(text)];
        facts.key_hash = crypto::sha256(text);
        facts.key_id = key_id;
        facts.organization_id = of;
        return text;
    }
    auth::api_key_facts& facts_of(const std::string& key) {
        return store.api_keys.at(crypto::sha256(key));
    }

    struct connection final : http::waker {
        void wake() override {}
    };
    broker_answer ask(const std::string& path, const std::string& body,
                      const std::string& lines = "Content-Type: application/json\r\n",
                      const std::string& method = "POST") {
        const auto head = method + ' ' + path +
                          " HTTP/1.1\r\nHost: a\r\nContent-Length: " + std::to_string(body.size()) +
                          "\r\n" + lines + "\r\n";
        http::request request;
        BOOST_REQUIRE(!parse_request(head, {}, request));
        request.body = body;
        std::string out;
        connection asker;
        const http::trust rules{{}, {}, true};
        http::client_origin origin(from, rules);
        origin.listener = listener;
        http::exchange ex(request, "r", out, terms, false, asker);
        ex.origin = &origin;
        api.handle(ex);
        while (auto* awaited = ex.take_pending()) {
            store.answer();
            pump();
            awaited->finish(ex);
        }
        last_note = ex.note;
        last_meant_status = ex.meant_status();
        last_reason = ex.reason.empty() ? std::string(ex.note.reason) : ex.reason;
        const auto end = out.find("\r\n\r\n");
        return {ex.status(), out.substr(0, end + 2), out.substr(end + 4)};
    }

    std::optional<core::address> from = core::parse_address("192.0.2.7");
    std::string listener; ///< the unix listener that it asks through
    http::request_note last_note;
    int last_meant_status = 0;
    std::string last_reason;
    http::answer_terms terms;
    no_status status;
    auth::scrypt_pool passwords;
    core::rate_limiter limiter;
    api::rate_limits limits;
    api::public_api api;
};

} // namespace latchkey::test
