#include "../support/by_nobody.hpp"
#include "../support/run_task.hpp"

#include <latchkey/auth/api_key/api_key.hpp>
#include <latchkey/auth/api_key/create_api_key.hpp>
#include <latchkey/auth/api_key/revoke_api_key.hpp>
#include <latchkey/auth/api_key/rotate_api_key.hpp>
#include <latchkey/auth/organization/create_organization.hpp>
#include <latchkey/crypto/digest.hpp>

#include <boost/test/unit_test.hpp>

#include <functional>

using namespace latchkey;
using namespace std::chrono_literals;

namespace {

const core::real_time now = core::real_time(1'800'000'000s) + 123ms;

struct fake_lifecycle_store final : auth::lifecycle_store {
    std::optional<auth::new_organization> organization;
    std::optional<auth::new_api_key> key;
    std::optional<auth::revocation_request> revocation;
    std::optional<auth::key_rotation> rotation;
    std::optional<std::string> hint = "lk_test_Ab3d"; ///< of a key that is shown
    std::optional<auth::api_key_change> change;
    std::optional<core::failure> refusal;

    auth::operation<auth::organization> create_organization(auth::new_organization o,
                                                            auth::operator_request&) override {
        organization = o;
        co_return auth::organization{o.organization_id.value_or("made"), o.name, "active", now};
    }
    auth::operation<core::real_time> create_api_key(auth::new_api_key k,
                                                    auth::operator_request&) override {
        key = std::move(k);
        if (refusal) co_return *refusal;
        co_return now;
    }
    auth::operation<auth::revoked_api_key> revoke_api_key(auth::revocation_request asked,
                                                          auth::operator_request&) override {
        revocation = asked;
        if (refusal) co_return *refusal;
        co_return auth::revoked_api_key{{}, asked.key_id, "o1", now, asked.reason};
    }
    auth::operation<auth::rotated_api_key> rotate_api_key(auth::key_rotation asked,
                                                          auth::operator_request&) override {
        rotation = asked;
        if (refusal) co_return *refusal;
        co_return auth::rotated_api_key{
            asked.key_id, now + asked.overlap, {core::fingerprint{1}, asked.key_hash}};
    }
    auth::operation<auth::rotated_api_key> finish_key_rotation(std::string key_id,
                                                               std::optional<std::string>,
                                                               auth::operator_request&) override {
        if (refusal) co_return *refusal;
        co_return auth::rotated_api_key{key_id, {}, {core::fingerprint{7}}};
    }
    auth::operation<auth::found_page<auth::organization>>
    list_organizations(auth::object_page) override {
        co_return core::failure{};
    }
    auth::operation<auth::organization> show_organization(std::string,
                                                          std::optional<std::string>) override {
        co_return core::failure{};
    }
    auth::operation<auth::organization> change_organization(auth::organization_change,
                                                            auth::operator_request&) override {
        co_return core::failure{};
    }
    auth::operation<auth::found_page<auth::stored_api_key>>
    list_api_keys(auth::api_key_page) override {
        co_return core::failure{};
    }
    auth::operation<auth::stored_api_key> show_api_key(std::string id,
                                                       std::optional<std::string>) override {
        auth::stored_api_key shown;
        shown.key_id = std::move(id);
        shown.hint = hint;
        co_return shown;
    }
    auth::operation<auth::stored_api_key> change_api_key(auth::api_key_change asked,
                                                         auth::operator_request&) override {
        change = asked;
        if (refusal) co_return *refusal;
        auth::stored_api_key changed;
        changed.key_hash.fill(7);
        changed.key_id = asked.key_id;
        changed.enabled = asked.enabled.value_or(true);
        changed.read_at = now;
        co_return changed;
    }
    auth::operation<std::vector<auth::node_entry>> list_nodes() override {
        co_return std::vector<auth::node_entry>();
    }
};

// Applies changes at once.
struct fake_sink final : auth::change_sink {
    std::vector<core::fingerprint> keys;
    void apply(const auth::change_set& change, std::function<void()> applied) override {
        keys.insert(keys.end(), change.api_keys.begin(), change.api_keys.end());
        applied();
    }
};

auth::create_api_key_request request() {
    auth::create_api_key_request r;
    r.organization_id = "o1";
    r.name = "n";
    return r;
}

} // namespace

BOOST_AUTO_TEST_SUITE(lifecycle)

BOOST_AUTO_TEST_CASE(a_new_key_is_stored_as_its_hash_alone) {
    fake_lifecycle_store store;
    auto asked = request();
    asked.expires_in = 90s;
    std::optional<auth::created_api_key> made;
    test::when_done(auth::create_api_key(store, asked, now, test::by_nobody()),
                    [&](auto outcome) { made = std::move(*outcome); });
    BOOST_REQUIRE(made.has_value());
    BOOST_REQUIRE(store.key.has_value());
    BOOST_TEST((auth::classify_api_key(made->api_key.reveal()) == auth::api_key_shape::own));
    BOOST_TEST((store.key->key_hash == crypto::sha256(made->api_key.reveal())));
    BOOST_TEST(store.key->key_id.starts_with("key_"));
    // Whole seconds: the answer says what is stored.
    BOOST_TEST((store.key->expires_at == core::real_time(1'800'000'090s)));
    BOOST_TEST((made->created_at == now));
}

BOOST_AUTO_TEST_CASE(a_refusal_of_the_store_is_passed_on) {
    fake_lifecycle_store store;
    store.refusal = core::failure{core::failure_kind::not_found, "there is no such organization"};
    std::optional<core::failure> why;
    test::when_done(auth::create_api_key(store, request(), now, test::by_nobody()),
                    [&](auto outcome) { why = outcome.error(); });
    BOOST_REQUIRE(why.has_value());
    BOOST_TEST((why->kind == core::failure_kind::not_found));
}

BOOST_AUTO_TEST_CASE(bad_input_names_the_field_and_stores_nothing) {
    using change = std::function<void(auth::create_api_key_request&)>;
    struct {
        const char* field;
        change make_bad;
    } const cases[] = {
        {"organization_id", [](auto& r) { r.organization_id = ""; }},
        {"organization_id", [](auto& r) { r.organization_id = "a b"; }},
        {"organization_id", [](auto& r) { r.organization_id = std::string(129, 'a'); }},
        {"name", [](auto& r) { r.name = ""; }},
        {"name", [](auto& r) { r.name = "a\nb"; }},
        {"name", [](auto& r) { r.name = std::string(201, 'a'); }},
        {"external_id", [](auto& r) { r.external_id = ""; }},
        {"scopes", [](auto& r) { r.scopes = {""}; }},
        {"scopes", [](auto& r) { r.scopes = {"a b"}; }},
        {"scopes", [](auto& r) { r.scopes = {"a,b"}; }},
        {"scopes", [](auto& r) { r.scopes = {"a\"b"}; }},
        {"scopes", [](auto& r) { r.scopes = {std::string(129, 'a')}; }},
        {"scopes", [](auto& r) { r.scopes.assign(101, "a"); }},
        {"allowed_ips", [](auto& r) { r.allowed_ips = {"here"}; }},
        {"allowed_ips", [](auto& r) { r.allowed_ips.assign(101, "::1"); }},
        {"expires_in", [](auto& r) { r.expires_in = 0s; }},
        {"expires_in", [](auto& r) { r.expires_in = -1s; }},
        {"expires_in", [](auto& r) { r.expires_in = core::seconds::max(); }},
        {"metadata", [](auto& r) { r.metadata = std::string(20000, ' '); }},
        {"prefix", [](auto& r) { r.env = "Live"; }},
    };
    for (const auto& c : cases) {
        BOOST_TEST_CONTEXT(c.field) {
            fake_lifecycle_store store;
            auto asked = request();
            c.make_bad(asked);
            std::optional<core::failure> why;
            test::when_done(auth::create_api_key(store, asked, now, test::by_nobody()),
                            [&](auto outcome) { why = outcome.error(); });
            BOOST_REQUIRE(why.has_value());
            BOOST_TEST((why->kind == core::failure_kind::invalid));
            BOOST_TEST(why->message.find(c.field) != std::string::npos);
            BOOST_TEST(!store.key.has_value());
        }
    }
}

BOOST_AUTO_TEST_CASE(organizations_are_checked_too) {
    fake_lifecycle_store store;
    bool refused = false;
    test::when_done(auth::create_organization(store, {std::nullopt, ""}, test::by_nobody()),
                    [&](auto o) { refused = !o; });
    BOOST_TEST(refused);
    refused = false;
    test::when_done(auth::create_organization(store, {"a b", "name"}, test::by_nobody()),
                    [&](auto o) { refused = !o; });
    BOOST_TEST(refused);
    BOOST_TEST(!store.organization.has_value());
    test::when_done(auth::create_organization(store, {"o1", "Größe"}, test::by_nobody()),
                    [&](auto o) { refused = !o; });
    BOOST_TEST(!refused);
    BOOST_TEST(store.organization->name == "Größe");
}

BOOST_AUTO_TEST_CASE(a_revocation_goes_to_the_store_with_a_good_reason_or_none) {
    using reason = std::optional<std::string>;
    struct {
        reason asked;
        reason stored;
    } const cases[] = {
        {{}, {}},
        {"", {}},
        {"leaked", "leaked"},
        {"Größe", "Größe"},
        {std::string(200, 'a'), std::string(200, 'a')},
        {"Removed from organizations.api_keys", "Removed from organizations.api_keys"},
    };
    for (const auto& c : cases) {
        BOOST_TEST_CONTEXT(c.asked.value_or("none")) {
            fake_lifecycle_store store;
            fake_sink sink;
            std::optional<auth::revoked_api_key> done;
            test::when_done(
                auth::revoke_api_key(store, sink, {"key_1", c.asked}, test::by_nobody()),
                [&](auto r) { done = r.value(); });
            BOOST_REQUIRE(done.has_value());
            BOOST_TEST(store.revocation->key_id == "key_1");
            BOOST_TEST((store.revocation->reason == c.stored));
            BOOST_TEST((done->reason == c.stored));
        }
    }
}

BOOST_AUTO_TEST_CASE(a_rotation_makes_a_key_and_tells_all_its_hashes) {
    fake_lifecycle_store store;
    fake_sink sink;
    std::optional<auth::key_with_secret> made;
    test::when_done(auth::rotate_api_key(store, sink, {"key_1"}, test::by_nobody()),
                    [&](auto r) { made = std::move(r.value()); });
    BOOST_REQUIRE(made.has_value());
    BOOST_TEST(made->api_key.reveal().starts_with("lk_test_"));
    BOOST_TEST(made->now.hint.value() == store.rotation->hint);
    BOOST_TEST((made->now.previous->until == now + std::chrono::hours(24)));
    BOOST_TEST(made->api_key.reveal().starts_with(store.rotation->hint));
    BOOST_TEST((store.rotation->key_hash == crypto::sha256(made->api_key.reveal())));
    BOOST_TEST((store.rotation->overlap == std::chrono::hours(24)));
    BOOST_TEST((sink.keys ==
                std::vector<core::fingerprint>{core::fingerprint{1}, store.rotation->key_hash}));
    sink.keys.clear();
    bool finished = false;
    test::when_done(auth::finish_key_rotation(store, sink, "key_1", {}, test::by_nobody()),
                    [&](auto r) { finished = r.has_value(); });
    BOOST_TEST(finished);
    BOOST_TEST((sink.keys == std::vector<core::fingerprint>{core::fingerprint{7}}));
}

// Of a key that only its hash is known of.
BOOST_AUTO_TEST_CASE(a_key_without_a_hint_gets_a_live_one) {
    using hint = std::optional<std::string>;
    for (const auto& known : {hint(), hint("sk_old_x"), hint("lk_"), hint("lk_live")}) {
        fake_lifecycle_store store;
        store.hint = known;
        fake_sink sink;
        std::optional<auth::key_with_secret> made;
        test::when_done(auth::rotate_api_key(store, sink, {"key_1"}, test::by_nobody()),
                        [&](auto r) { made = std::move(r.value()); });
        BOOST_REQUIRE(made.has_value());
        BOOST_TEST(made->api_key.reveal().starts_with("lk_live_"));
    }
}

BOOST_AUTO_TEST_CASE(an_overlap_has_bounds) {
    for (const auto overlap : {-1, 7'776'001}) {
        fake_lifecycle_store store;
        fake_sink sink;
        std::optional<core::failure> why;
        test::when_done(
            auth::rotate_api_key(store, sink, {"k", {}, core::seconds(overlap)}, test::by_nobody()),
            [&](auto r) { why = r.error(); });
        BOOST_REQUIRE(why.has_value());
        BOOST_TEST((why->kind == core::failure_kind::invalid));
        BOOST_TEST(!store.rotation.has_value());
    }
}

BOOST_AUTO_TEST_CASE(a_revocation_is_told_once_this_process_obeys) {
    struct slow_sink final : auth::change_sink {
        std::function<void()> obeyed;
        std::vector<core::fingerprint> keys;
        void apply(const auth::change_set& change, std::function<void()> applied) override {
            keys = change.api_keys;
            obeyed = std::move(applied);
        }
    };
    fake_lifecycle_store store;
    slow_sink sink;
    int told = 0;
    test::when_done(auth::revoke_api_key(store, sink, {"key_1", {}}, test::by_nobody()),
                    [&](auto r) { told += r.has_value(); });
    BOOST_TEST(told == 0);
    BOOST_TEST(sink.keys.size() == 1u);
    sink.obeyed();
    BOOST_TEST(told == 1);
}

BOOST_AUTO_TEST_CASE(a_bad_reason_revokes_nothing) {
    for (const auto& bad : {std::string(201, 'a'), std::string("a\nb"), std::string(1, '\0'),
                            std::string("\x7f"), std::string(auth::array_removal_reason)}) {
        BOOST_TEST_CONTEXT(bad) {
            fake_lifecycle_store store;
            fake_sink sink;
            std::optional<core::failure> why;
            test::when_done(auth::revoke_api_key(store, sink, {"key_1", bad}, test::by_nobody()),
                            [&](auto r) { why = r.error(); });
            BOOST_REQUIRE(why.has_value());
            BOOST_TEST((why->kind == core::failure_kind::invalid));
            BOOST_TEST(why->message.starts_with("field \"reason\" must "));
            BOOST_TEST(!store.revocation.has_value());
        }
    }
}

BOOST_AUTO_TEST_CASE(a_key_that_is_not_there_cannot_be_revoked) {
    fake_lifecycle_store store;
    store.refusal = core::failure{core::failure_kind::not_found, "there is no such key"};
    fake_sink sink;
    std::optional<core::failure> why;
    test::when_done(auth::revoke_api_key(store, sink, {"key_1", {}}, test::by_nobody()),
                    [&](auto r) { why = r.error(); });
    BOOST_REQUIRE(why.has_value());
    BOOST_TEST((why->kind == core::failure_kind::not_found));
}

BOOST_AUTO_TEST_SUITE_END()
