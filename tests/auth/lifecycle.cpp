#include <latchkey/auth/api_key.hpp>
#include <latchkey/auth/create_api_key.hpp>
#include <latchkey/auth/create_organization.hpp>
#include <latchkey/auth/revoke_api_key.hpp>

#include <boost/test/unit_test.hpp>

#include <functional>

using namespace latchkey;
using namespace std::chrono_literals;

namespace {

const core::real_time now = core::real_time(1'800'000'000s) + 123ms;

struct fake_store final : auth::lifecycle_store {
    std::optional<auth::new_organization> organization;
    std::optional<auth::new_api_key> key;
    std::optional<core::failure> refusal;

    void create_organization(auth::new_organization o,
                             completion<auth::organization> done) override {
        organization = o;
        done(auth::organization{o.organization_id.value_or("made"), o.name, "active", now});
    }
    void create_api_key(auth::new_api_key k, completion<core::real_time> done) override {
        key = std::move(k);
        if (refusal) return done(*refusal);
        done(now);
    }
    void revoke_api_key(auth::revocation r, completion<auth::revoked_api_key> done) override {
        revoked = r;
        if (refusal) return done(*refusal);
        done(auth::revoked_api_key{core::fingerprint{7}, r.key_id, "o1", r.reason, now});
    }
    void list_nodes(completion<std::vector<auth::node_state>> done) override { done({}); }

    std::optional<auth::revocation> revoked;
};

// A home that notes what it is told.
struct fake_home final : auth::change_target {
    std::vector<core::fingerprint> changed;
    core::mailbox mails{[] {}};
    void api_key_changed(const core::fingerprint& key, std::uint64_t) noexcept override {
        changed.push_back(key);
    }
    bool erase_some(std::size_t) noexcept override { return false; }
    core::mailbox& box() noexcept override { return mails; }
};

auth::create_api_key_request request() {
    auth::create_api_key_request r;
    r.organization_id = "o1";
    r.name = "n";
    return r;
}

} // namespace

BOOST_AUTO_TEST_SUITE(lifecycle)

BOOST_AUTO_TEST_CASE(a_revocation_is_told_once_this_process_obeys) {
    fake_store store;
    fake_home home;
    core::mailbox own([] {});
    const auto known = std::make_unique<auth::consistency>(60s);
    auth::change_applier applier(*known, core::placement(1, 1), {&home}, own);
    int told = 0;
    auth::revoke_api_key(store, applier, {"key_1", "left the company"}, [&](auto outcome) {
        ++told;
        BOOST_TEST(outcome->key_id == "key_1");
    });
    BOOST_TEST(store.revoked->reason.value() == "left the company");
    BOOST_TEST(told == 0);
    home.mails.receive();
    BOOST_TEST((home.changed == std::vector{core::fingerprint{7}}));
    BOOST_TEST(told == 0);
    own.receive();
    BOOST_TEST(told == 1);

    store.refusal = {core::failure_kind::not_found, "there is no such key"};
    auth::revoke_api_key(store, applier, {"key_2", std::nullopt}, [&](auto outcome) {
        ++told;
        BOOST_TEST((outcome.error().kind == core::failure_kind::not_found));
    });
    BOOST_TEST(told == 2);
    store.revoked.reset();
    for (const auto& bad : {auth::revocation{"", std::nullopt}, auth::revocation{"key 1", "x"},
                            auth::revocation{"key_1", "line\nbreak"},
                            auth::revocation{"key_1", std::string(201, 'x')},
                            auth::revocation{"key_1", "removed from organizations.api_keys"}})
        auth::revoke_api_key(store, applier, bad, [&](auto outcome) {
            BOOST_TEST((outcome.error().kind == core::failure_kind::invalid));
        });
    BOOST_TEST(!store.revoked);
}

BOOST_AUTO_TEST_CASE(a_new_key_is_stored_as_its_hash_alone) {
    fake_store store;
    auto asked = request();
    asked.expires_in = 90s;
    std::optional<auth::created_api_key> made;
    auth::create_api_key(store, asked, now, [&](auto outcome) { made = std::move(*outcome); });
    BOOST_REQUIRE(made.has_value());
    BOOST_REQUIRE(store.key.has_value());
    BOOST_TEST((auth::classify_api_key(made->api_key.reveal()) == auth::api_key_shape::own));
    BOOST_TEST((store.key->key_hash == crypto::digest().sha256(made->api_key.reveal())));
    BOOST_TEST(store.key->key_id.starts_with("key_"));
    // Whole seconds: what is said is what is stored.
    BOOST_TEST((store.key->expires_at == core::real_time(1'800'000'090s)));
    BOOST_TEST((made->created_at == now));
}

BOOST_AUTO_TEST_CASE(a_refusal_of_the_store_is_passed_on) {
    fake_store store;
    store.refusal = core::failure{core::failure_kind::not_found, "there is no such organization"};
    std::optional<core::failure> why;
    auth::create_api_key(store, request(), now, [&](auto outcome) { why = outcome.error(); });
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
            fake_store store;
            auto asked = request();
            c.make_bad(asked);
            std::optional<core::failure> why;
            auth::create_api_key(store, asked, now, [&](auto outcome) { why = outcome.error(); });
            BOOST_REQUIRE(why.has_value());
            BOOST_TEST((why->kind == core::failure_kind::invalid));
            BOOST_TEST(why->message.find(c.field) != std::string::npos);
            BOOST_TEST(!store.key.has_value());
        }
    }
}

BOOST_AUTO_TEST_CASE(organizations_are_checked_too) {
    fake_store store;
    bool refused = false;
    auth::create_organization(store, {std::nullopt, ""}, [&](auto o) { refused = !o; });
    BOOST_TEST(refused);
    refused = false;
    auth::create_organization(store, {"a b", "name"}, [&](auto o) { refused = !o; });
    BOOST_TEST(refused);
    BOOST_TEST(!store.organization.has_value());
    auth::create_organization(store, {"o1", "Größe"}, [&](auto o) { refused = !o; });
    BOOST_TEST(!refused);
    BOOST_TEST(store.organization->name == "Größe");
}

BOOST_AUTO_TEST_SUITE_END()
