#pragma once
// One worker that answers batches, and requests to it.

#include "../support/one_worker.hpp"
#include "../support/patient_scrypt.hpp"
#include "../support/quiet.hpp"
#include "api/batch/verify_batch.hpp"

#include <latchkey/api/public_api.hpp>
#include <latchkey/crypto/digest.hpp>

#include <boost/json/parse.hpp>
#include <boost/test/unit_test.hpp>

#include <chrono>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace latchkey::test {

inline http::configuration small_limits() {
    http::configuration limits;
    limits.body_bytes_max = 1024;
    return limits;
}

inline api::batch_configuration small_batches() {
    api::batch_configuration batches;
    batches.items_max = 20;
    batches.scrypt_max = 2;
    return batches;
}

// One worker, with `turn` for its event loop.
struct batch_worker : one_worker {
    batch_worker()
        : passwords(patient_scrypt(), 1,
                    [](const crypto::password_hash&, std::string_view) { return true; }),
          api(state, 0, passwords, {}, {}, status, small_limits(), small_batches()) {
        for (const auto name : {"key-one-1", "key-two-2", "key-three-3"})
            store.api_keys[*api.verifier.fingerprint(name)] = key_named(name);
    }
    static auth::api_key_facts key_named(std::string id) {
        auth::api_key_facts facts;
        facts.key_id = std::move(id);
        facts.scopes = {"read"};
        return facts;
    }
    bool turn() { return owner.box().receive(); }
    void make_device(const std::string& id, std::string_view stored) {
        auth::device_facts facts;
        facts.device_id = id;
        facts.secret = auth::stored_secret::parse(stored, {});
        store.add(std::move(facts));
    }

    test::no_status status;
    auth::scrypt_pool passwords;
    api::public_api api;
};

// A connection with one request: to verify-batch, or to another endpoint's path.
struct batch_asker final : http::waker {
    batch_asker(batch_worker& w, std::string text, std::string cache_control = {},
                std::string_view path = "/api/v1/auth/verify-batch")
        : worker(w), body(std::move(text)), control(std::move(cache_control)) {
        request.method = http::method::post;
        request.path = path;
        request.body = body;
        request.has_content_length = true;
        request.fields[static_cast<std::size_t>(http::field::content_type)] = "application/json";
        request.fields[static_cast<std::size_t>(http::field::cache_control)] = control;
        ex.origin = &origin;
        worker.api.handle(ex);
        waiting = ex.take_pending();
    }
    void wake() override {
        ++turns;
        auto* p = std::exchange(waiting, nullptr);
        BOOST_REQUIRE(p);
        p->finish(ex);
        waiting = ex.take_pending();
    }
    /// Runs the loop until the request is answered. Look-ups are answered when there is nothing
    /// else to do.
    std::string answer() {
        const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(10);
        while (!ex.answered() && std::chrono::steady_clock::now() < end)
            if (!worker.turn()) worker.store.answer();
        BOOST_TEST(ex.answered());
        return out.substr(out.find("\r\n\r\n") + 4);
    }
    std::vector<std::string> codes() {
        std::vector<std::string> all;
        const auto parsed = boost::json::parse(answer());
        for (const auto& r : parsed.as_object().at("results").as_array())
            all.emplace_back(r.as_object().at("code").as_string());
        return all;
    }

    batch_worker& worker;
    const std::string body;
    const std::string control;
    http::request request;
    std::string out;
    http::answer_terms terms;
    const http::trust rules{{}, {}, true};
    const http::client_origin origin{std::nullopt, rules};
    http::exchange ex{request, "id", out, terms, false, *this};
    http::pending* waiting = nullptr;
    int turns = 0;
};

inline std::string item(std::string_view key, std::string_view more = {}) {
    return R"({"type":"api_key","api_key":")" + std::string(key) + "\"" + std::string(more) + "}";
}
inline std::string device(std::string_view id, std::string_view secret,
                          std::string_view more = {}) {
    return R"({"type":"device","device_id":")" + std::string(id) + R"(","device_secret":")" +
           std::string(secret) + "\"" + std::string(more) + "}";
}

inline std::string batch_of(const std::vector<std::string>& items) {
    std::string out = R"({"items":[)";
    for (const auto& i : items)
        out += (out.back() == '[' ? "" : ",") + i;
    return out + "]}";
}
inline std::vector<std::string> codes(batch_worker& w, const std::vector<std::string>& items) {
    return batch_asker(w, batch_of(items)).codes();
}

} // namespace latchkey::test
