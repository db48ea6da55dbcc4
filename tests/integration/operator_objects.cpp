// Organizations, API keys and devices as operators list, show and change them.
#include "../support/by_nobody.hpp"
#include "changing.hpp"

#include <latchkey/crypto/digest.hpp>

#include <boost/test/unit_test.hpp>

#include <set>

using namespace latchkey;
using namespace latchkey::test;
using core::failure_kind;
using std::chrono::hours;

namespace {

using ids = std::vector<std::string>;

struct objects : migrated_database {
    objects() : change(configuration()) {
        exec("insert into public.organizations (organization_id, name)"
             " values ('o1', 'Acme'), ('o2', 'Other')");
    }

    // A key of its own, with the columns that the test gives.
    void add_key(const std::string& id, const std::string& organization,
                 const std::string& columns = "", const std::string& values = "") {
        exec("insert into latchkey.api_keys (key_hash, key_id, organization_id, name" + columns +
             ") values (sha256('" + id + "'), '" + id + "', '" + organization + "', 'name of " +
             id + "'" + values + ")");
    }
    void add_device(const std::string& id, const std::string& organization) {
        exec("insert into public.device_credentials (device_id, device_secret, organization_id,"
             " name) values ('" +
             id + "', 'sha256:x', '" + organization + "', 'Door " + id + "')");
    }
    void use(const std::string& kind, const std::string& id, const std::string& ago) {
        exec("insert into latchkey.credential_use values ('" + kind + "', '" + id +
             "', 3, now() - interval '" + ago + "')");
    }

    auto key_page(auth::api_key_page page) {
        return change.ask([&](auto& s) { return s.list_api_keys(std::move(page)); }).value();
    }
    ids keys(auth::api_key_page page) {
        ids found;
        for (const auto& key : key_page(std::move(page)).objects)
            found.push_back(key.key_id);
        return found;
    }
    ids devices(auth::object_page page) {
        ids found;
        const auto listed =
            change.ask([&](auto& s) { return s.list_devices(std::move(page)); }).value();
        for (const auto& device : listed.objects)
            found.push_back(device.device_id);
        return found;
    }
    auto organization_page(auth::object_page page) {
        return change.ask([&](auto& s) { return s.list_organizations(std::move(page)); }).value();
    }
    ids organizations(auth::object_page page) {
        ids found;
        for (const auto& one : organization_page(std::move(page)).objects)
            found.push_back(one.organization_id);
        return found;
    }

    core::result<auth::stored_api_key> show(const std::string& id,
                                            std::optional<std::string> only = {}) {
        return change.ask([&](auto& s) { return s.show_api_key(id, std::move(only)); });
    }
    core::result<auth::stored_api_key> alter(auth::api_key_change asked) {
        return change.ask([&](auto& s) { return s.change_api_key(std::move(asked), by_nobody()); });
    }
    core::result<auth::device> alter(auth::device_change asked) {
        return change.ask([&](auto& s) { return s.change_device(std::move(asked), by_nobody()); });
    }
    core::result<auth::organization> alter(auth::organization_change asked) {
        return change.ask(
            [&](auto& s) { return s.change_organization(std::move(asked), by_nobody()); });
    }

    changing change;
};

auth::api_key_change change_of(const std::string& id) {
    auth::api_key_change change;
    change.key_id = id;
    return change;
}

} // namespace

BOOST_FIXTURE_TEST_SUITE(operator_objects, objects)

BOOST_AUTO_TEST_CASE(a_key_is_shown_as_it_was_made) {
    auth::new_api_key asked;
    asked.key_hash.fill(3);
    asked.key_id = "key_1";
    asked.hint = "lk_live_Ab3d";
    asked.organization_id = "o1";
    asked.name = "ci";
    asked.external_id = "u-1";
    asked.scopes = {"read", "write"};
    BOOST_TEST(asked.caller_scopes.add("latchkey:verify"));
    asked.metadata = R"({"team":"a"})";
    asked.allowed_networks = {"10.1.2.3", "10.0.0.0/8", "::1"};
    asked.expires_at = core::real_time(core::seconds(4'000'000'000));
    asked.rate_limit = core::rate_rule::make(5, core::seconds(60), 7);
    BOOST_TEST(change.create(asked).has_value());
    use("api_key", "key_1", "1 hour");

    const auto key = show("key_1").value();
    BOOST_TEST((key.key_hash == asked.key_hash));
    BOOST_TEST(key.hint.value() == asked.hint);
    BOOST_TEST(key.organization_id == "o1");
    BOOST_TEST(key.name.value() == "ci");
    BOOST_TEST(key.external_id.value() == "u-1");
    BOOST_TEST(key.scopes == (ids{"read", "write", "latchkey:verify"}),
               boost::test_tools::per_element());
    BOOST_TEST(key.metadata == R"({"team": "a"})");
    BOOST_TEST(key.allowed_networks == asked.allowed_networks, boost::test_tools::per_element());
    BOOST_TEST(key.enabled);
    BOOST_TEST(key.state == "active");
    BOOST_TEST((key.expires_at == asked.expires_at));
    BOOST_TEST((key.rate_limit == asked.rate_limit));
    BOOST_TEST(key.origin == "latchkey");
    BOOST_TEST(key.generation == 0u);
    BOOST_TEST(!key.previous.has_value());
    BOOST_TEST(key.uses == 3);
    BOOST_TEST((key.read_at - key.last_used_at.value() >= hours(1)));
    BOOST_TEST((key.read_at - key.last_used_at.value() < hours(2)));
    BOOST_TEST((show("none").error().kind == failure_kind::not_found));
    BOOST_TEST((show(std::string("a\0b", 3)).error().kind == failure_kind::invalid));
}

BOOST_AUTO_TEST_CASE(the_state_is_the_one_that_decides) {
    add_key("active", "o1", ", expires_at", ", now() + interval '1 hour'");
    add_key("endless", "o1", ", expires_at", ", 'infinity'");
    add_key("disabled", "o1", ", enabled, expires_at", ", false, now() - interval '1 hour'");
    add_key("expired", "o1", ", expires_at", ", now() - interval '1 second'");
    add_key("revoked", "o1", ", revoked_at, enabled", ", now(), false");
    for (const auto* state : {"active", "disabled", "expired", "revoked"})
        BOOST_TEST(show(state).value().state == state);
    BOOST_TEST(show("endless").value().state == "active");
    BOOST_TEST(!show("endless").value().expires_at.has_value());

    auth::api_key_page page;
    page.state = "active";
    BOOST_TEST(keys(page) == (ids{"active", "endless"}), boost::test_tools::per_element());
    page.state = "expired";
    BOOST_TEST(keys(page) == ids{"expired"}, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(each_filter_leaves_out_what_it_should) {
    add_key("a", "o1", ", external_id, created_at", ", 'u1', now() - interval '100 days'");
    add_key("b", "o1", ", expires_at, created_at",
            ", now() + interval '3 days', now() - interval '100 days'");
    add_key("c", "o2", ", external_id", ", 'u1'");
    add_key("d", "o2", ", expires_at, revoked_at", ", now() + interval '3 days', now()");
    use("api_key", "b", "10 days");
    exec("update latchkey.api_keys set name = 'Nightly 100%_ Build' where key_id = 'c'");
    exec("update latchkey.api_keys set name = null where key_id = 'd'");

    const auto listed = [&](auto set) {
        auth::api_key_page page;
        set(page);
        std::string found;
        for (const auto& id : keys(page))
            found += id;
        return found;
    };
    using page = auth::api_key_page;
    BOOST_TEST(listed([](page&) {}) == "abcd");
    BOOST_TEST(listed([](page& p) { p.organization_id = "o2"; }) == "cd");
    BOOST_TEST(listed([](page& p) { p.organization_id = "none"; }) == "");
    BOOST_TEST(listed([](page& p) { p.external_id = "u1"; }) == "ac");
    BOOST_TEST(listed([](page& p) { p.external_id = "U1"; }) == "");
    BOOST_TEST(listed([](page& p) {
                   p.external_id = "u1";
                   p.organization_id = "o2";
               }) == "c");
    BOOST_TEST(listed([](page& p) { p.name = "NIGHTLY"; }) == "c");
    BOOST_TEST(listed([](page& p) { p.name = "100%_ b"; }) == "c"); // no pattern
    BOOST_TEST(listed([](page& p) { p.name = "%"; }) == "c");
    BOOST_TEST(listed([](page& p) { p.unused_for = hours(24 * 90); }) == "a");
    BOOST_TEST(listed([](page& p) { p.unused_for = hours(24 * 9); }) == "ab");
    BOOST_TEST(listed([](page& p) { p.expiring_within = hours(24 * 4); }) == "b");
    BOOST_TEST(listed([](page& p) { p.expiring_within = hours(24 * 2); }) == "");
    BOOST_TEST(listed([](page& p) { p.after = "b"; }) == "cd");
    BOOST_TEST(listed([](page& p) { p.after = "bb"; }) == "cd"); // of a key that is gone

    const auto hash = crypto::sha256("c");
    const std::string bytes(reinterpret_cast<const char*>(hash.data()), hash.size());
    BOOST_TEST(listed([&](page& p) { p.key_hash = bytes; }) == "c");
    BOOST_TEST(listed([&](page& p) {
                   p.key_hash = bytes;
                   p.organization_id = "o1";
               }) == "");
    BOOST_TEST(listed([&](page& p) {
                   p.key_hash = bytes;
                   p.external_id = "other";
               }) == "");
}

BOOST_AUTO_TEST_CASE(pages_hold_each_key_once_while_others_come_and_go) {
    exec("insert into latchkey.api_keys (key_hash, key_id, organization_id)"
         " select sha256(n::text::bytea), 'k' || lpad(n::text, 4, '0'), 'o' || 1 + n % 2"
         " from generate_series(1, 250) n");
    std::set<std::string> seen;
    auth::api_key_page page;
    page.limit = 40;
    for (int pages = 0; pages < 20; ++pages) {
        const auto found = key_page(page);
        for (const auto& key : found.objects)
            BOOST_TEST(seen.insert(key.key_id).second, key.key_id);
        page.after = found.next;
        if (!page.after) break;
        BOOST_TEST(found.objects.back().key_id == *page.after);
        // Before and after the place, and at it.
        const auto n = std::to_string(pages);
        add_key("a" + n, "o1");
        add_key("z" + n, "o1");
        exec("delete from latchkey.api_keys where key_id = '" + *page.after + "'");
    }
    for (int n = 1; n <= 250; ++n) {
        const auto digits = std::to_string(10'000 + n).substr(1);
        BOOST_TEST(seen.count("k" + digits) == 1u, digits);
    }
    BOOST_TEST(!seen.contains("a0"));
    BOOST_TEST(seen.contains("z0"));

    page = {};
    page.limit = 1000;
    page.organization_id = "o2";
    BOOST_TEST(key_page(page).objects.size() > 100u);
    for (const auto& key : key_page(page).objects)
        BOOST_TEST(key.organization_id == "o2");
}

// What one question looks at is bounded, and so is what it answers.
BOOST_AUTO_TEST_CASE(a_page_is_bounded_in_rows_and_in_bytes) {
    exec("insert into latchkey.api_keys (key_hash, key_id, organization_id, name)"
         " select sha256(n::text::bytea), 'k' || lpad(n::text, 5, '0'), 'o1',"
         " case n when 4500 then 'needle' end from generate_series(1, 4600) n");
    auth::api_key_page page;
    page.name = "needle";
    std::string steps;
    for (int n = 0; n < 5; ++n) {
        const auto found = key_page(page);
        steps += std::to_string(found.objects.size()) + ' ' + found.next.value_or("-") + ", ";
        page.after = found.next;
        if (!found.next) break;
    }
    BOOST_TEST(steps == "0 k02000, 0 k04000, 1 -, ");

    exec("update latchkey.api_keys set metadata = jsonb_build_object('a', repeat('x', 16000))"
         " where key_id < 'k00101'");
    page = {};
    page.limit = 1000;
    const auto first = key_page(page);
    BOOST_TEST(first.objects.size() > 20u);
    BOOST_TEST(first.objects.size() < 40u);
    BOOST_TEST(first.next.value() == first.objects.back().key_id);
    page.after = first.next;
    BOOST_TEST((key_page(page).objects.at(0).key_id > *first.next));
    // One that is too large alone is told alone.
    exec("update latchkey.api_keys set metadata = jsonb_build_object('a', repeat('x', 600000))"
         " where key_id = 'k00001'");
    page.after.reset();
    BOOST_TEST(key_page(page).objects.size() == 1u);
}

BOOST_AUTO_TEST_CASE(each_member_of_a_key_changes_alone) {
    add_key("k", "o1",
            ", external_id, scopes, expires_at, rate_limit_quantity,"
            " rate_limit_window_s, rate_limit_burst, metadata, allowed_networks",
            ", 'u1', '{a,b}', now() + interval '1 day', 5, 60, 7, '{\"m\": 1}', '{10.0.0.0/8}'");
    const auto columns = [&] {
        return value("select concat_ws('|', name, external_id, scopes, caller_scopes, metadata,"
                     " allowed_networks, enabled, expires_at - created_at, rate_limit_quantity,"
                     " rate_limit_window_s, rate_limit_burst) from latchkey.api_keys");
    };
    std::string now = columns();
    BOOST_TEST(now == "name of k|u1|{a,b}|{}|{\"m\": 1}|{10.0.0.0/8}|t|1 day|5|60|7");
    // Makes one change, and looks at what differs.
    const auto differs = [&](auto set, const std::string& from, const std::string& to) {
        auto asked = change_of("k");
        set(asked);
        const auto changed = alter(asked);
        BOOST_REQUIRE_MESSAGE(changed.has_value(), (changed ? "" : changed.error().message));
        const auto at = now.find(from);
        BOOST_REQUIRE(at != now.npos);
        now.replace(at, from.size(), to);
        BOOST_TEST(columns() == now);
    };
    using asked = auth::api_key_change;
    differs([](asked& c) { c.name = "new \"name\" \\ \xc3\xbc"; }, "name of k",
            "new \"name\" \\ \xc3\xbc");
    differs([](asked& c) { c.external_id = std::optional<std::string>("u2"); }, "u1", "u2");
    differs([](asked& c) { c.scopes = ids{"c"}; }, "{a,b}", "{c}");
    differs([](asked& c) { c.scopes = ids{}; }, "{c}", "{}");
    differs(
        [](asked& c) {
            c.caller_scopes.emplace();
            c.caller_scopes->add("latchkey:verify");
        },
        "{}|{}|", "{}|{latchkey:verify}|");
    differs([](asked& c) { c.metadata = R"({"n":[1,null]})"; }, "{\"m\": 1}", "{\"n\": [1, null]}");
    differs(
        [](asked& c) {
            c.allowed_networks = ids{"::1", "192.0.2.0/24"};
        },
        "{10.0.0.0/8}", "{::1,192.0.2.0/24}");
    differs([](asked& c) { c.allowed_networks = ids{}; }, "{::1,192.0.2.0/24}", "{}");
    differs([](asked& c) { c.enabled = false; }, "|t|", "|f|");
    differs([](asked& c) { c.enabled = true; }, "|f|", "|t|");
    differs([](asked& c) { c.rate_limit = core::rate_rule::make(2, core::seconds(3), 4); },
            "5|60|7", "2|3|4");
    differs([](asked& c) { c.rate_limit = std::optional<core::rate_rule>(); }, "|2|3|4", "");
    differs([](asked& c) { c.expires_at = std::optional<core::real_time>(); }, "|1 day", "");
    differs([](asked& c) { c.external_id = std::optional<std::string>(); }, "|u2", "");
    BOOST_TEST(show("k").value().scopes == ids{"latchkey:verify"},
               boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(what_narrows_a_key_ends_its_earlier_tokens) {
    add_key("k", "o1", ", scopes", ", '{a,b}'");
    auto wider = change_of("k");
    wider.scopes = ids{"a", "b", "c"};
    wider.name = "n";
    BOOST_TEST(alter(wider).value().generation == 0u);
    auto narrower = change_of("k");
    narrower.scopes = ids{"a"};
    BOOST_TEST(alter(narrower).value().generation == 1u);
    auto off = change_of("k");
    off.enabled = false;
    BOOST_TEST(alter(off).value().generation == 2u);
    off.enabled = true;
    const auto on = alter(off).value();
    BOOST_TEST(on.generation == 2u);
    BOOST_TEST(on.state == "active");
}

BOOST_AUTO_TEST_CASE(a_revoked_key_and_an_arrays_key_stay_as_they_are) {
    add_key("gone", "o1", ", revoked_at, scopes", ", now(), '{a}'");
    exec(
        "update public.organizations set api_keys = '[{\"key_id\": \"mirrored\", \"key_hash\": \"" +
        crypto::to_hex(crypto::sha256("m")) + "\"}]' where organization_id = 'o1'");
    const auto before = value("select array_agg(k order by key_id)::text from latchkey.api_keys k");
    struct {
        const char* id;
        const char* says;
    } const cases[] = {{"gone", "is revoked"}, {"mirrored", "--adopt-from-organizations"}};
    for (const auto& c : cases) {
        BOOST_TEST_CONTEXT(c.id) {
            auto asked = change_of(c.id);
            asked.name = "new";
            asked.enabled = false;
            asked.scopes = ids{"b"};
            const auto refused = alter(asked).error();
            BOOST_TEST((refused.kind == failure_kind::conflict));
            BOOST_TEST_INFO(refused.message);
            BOOST_TEST(refused.message.find(c.says) != std::string::npos);
        }
    }
    BOOST_TEST(value("select array_agg(k order by key_id)::text from latchkey.api_keys k") ==
               before);
    BOOST_TEST((alter(change_of("none")).error().kind == failure_kind::not_found));
    // It may be revoked, whoever owns it.
    BOOST_TEST(change.revoke("mirrored").has_value());
}

BOOST_AUTO_TEST_CASE(what_belongs_to_others_is_not_there) {
    add_key("k1", "o1");
    add_key("k2", "o2");
    add_device("d1", "o1");
    add_device("d2", "o2");
    BOOST_TEST(show("k1", "o1").has_value());
    BOOST_TEST(show("k2", "o1").error().message == "there is no key \"k2\"");
    auto asked = change_of("k2");
    asked.only_organization = "o1";
    asked.name = "mine";
    BOOST_TEST((alter(asked).error().kind == failure_kind::not_found));
    BOOST_TEST((change.ask([](auto& s) {
                          return s.revoke_api_key({"k2", {}, "o1"}, by_nobody());
                      })
                    .error()
                    .kind == failure_kind::not_found));
    BOOST_TEST(value("select count(*) from latchkey.api_keys where name = 'mine'"
                     " or revoked_at is not null") == "0");
    BOOST_TEST(change.ask([](auto& s) {
                         return s.revoke_api_key({"k1", {}, "o1"}, by_nobody());
                     })
                   .has_value());

    const auto device = [&](const char* id) {
        return change.ask([&](auto& s) { return s.show_device(id, "o1"); });
    };
    BOOST_TEST(device("d1").has_value());
    BOOST_TEST((device("d2").error().kind == failure_kind::not_found));
    auth::device_change rename{"d2", "o1"};
    rename.name = "mine";
    BOOST_TEST((alter(rename).error().kind == failure_kind::not_found));
    BOOST_TEST((change.ask([](auto& s) { return s.revoke_device("d2", {}, "o1", by_nobody()); })
                    .error()
                    .kind == failure_kind::not_found));
    BOOST_TEST(value("select count(*) from public.device_credentials where name = 'mine'"
                     " or revoked_at is not null") == "0");

    const auto organization = [&](const char* id) {
        return change.ask([&](auto& s) { return s.show_organization(id, "o1"); });
    };
    BOOST_TEST(organization("o1").has_value());
    BOOST_TEST((organization("o2").error().kind == failure_kind::not_found));
    BOOST_TEST((alter(auth::organization_change{"o2", "o1", "mine", {}}).error().kind ==
                failure_kind::not_found));
    auth::object_page page;
    page.organization_id = "o1";
    BOOST_TEST(organizations(page) == ids{"o1"}, boost::test_tools::per_element());
    BOOST_TEST(devices(page) == ids{"d1"}, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(an_organization_is_renamed_disabled_and_enabled) {
    const auto renamed = alter(auth::organization_change{"o1", {}, "Acme 2", {}}).value();
    BOOST_TEST(renamed.name.value() == "Acme 2");
    BOOST_TEST(renamed.status == "active");
    BOOST_TEST(renamed.enabled);
    BOOST_TEST(renamed.created_at.has_value());
    const auto disabled = alter(auth::organization_change{"o1", {}, {}, false}).value();
    BOOST_TEST(disabled.name.value() == "Acme 2");
    BOOST_TEST(disabled.status == "disabled");
    BOOST_TEST(!disabled.enabled);
    // Its tokens have ended.
    BOOST_TEST(value("select count(*) from latchkey.revocations"
                     " where kind = 'disabled_organization' and value = 'o1'") == "1");
    auth::object_page page;
    page.state = "disabled";
    BOOST_TEST(organizations(page) == ids{"o1"}, boost::test_tools::per_element());
    page.state = "active";
    BOOST_TEST(organizations(page) == ids{"o2"}, boost::test_tools::per_element());
    BOOST_TEST(alter(auth::organization_change{"o1", {}, {}, true}).value().status == "active");
    BOOST_TEST(value("select count(*) from latchkey.revocations") == "0");

    // A word of the older service's that says the same stays.
    exec("update public.organizations set status = 'suspended' where organization_id = 'o2'");
    BOOST_TEST(alter(auth::organization_change{"o2", {}, {}, false}).value().status == "suspended");
    BOOST_TEST(alter(auth::organization_change{"o2", {}, {}, true}).value().status == "active");
    BOOST_TEST((alter(auth::organization_change{"o3", {}, "x", {}}).error().kind ==
                failure_kind::not_found));
    page = {};
    page.name = "ACME";
    BOOST_TEST(organizations(page) == ids{"o1"}, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(organizations_come_in_pages) {
    exec("insert into public.organizations (organization_id)"
         " select 'p' || n from generate_series(1, 7) n");
    auth::object_page page;
    page.limit = 4;
    ids all;
    for (int n = 0; n < 5; ++n) {
        const auto found = organization_page(page);
        for (const auto& one : found.objects)
            all.push_back(one.organization_id);
        page.after = found.next;
        if (!page.after) break;
    }
    BOOST_TEST(all == (ids{"o1", "o2", "p1", "p2", "p3", "p4", "p5", "p6", "p7"}),
               boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(a_device_is_shown_filtered_and_changed) {
    add_device("d1", "o1");
    add_device("d2", "o1");
    add_device("d3", "o2");
    exec("update public.device_credentials set created_at = now() - interval '100 days'");
    exec("update public.device_credentials set scopes = '{open}' where device_id = 'd1'");
    use("device", "d1", "1 hour");
    const auto shown =
        change.ask([](auto& s) { return s.show_device("d1", std::nullopt); }).value();
    BOOST_TEST(shown.enabled);
    BOOST_TEST(shown.state == "active");
    BOOST_TEST(shown.uses == 3);
    BOOST_TEST(shown.last_used_at.has_value());
    BOOST_TEST((shown.read_at - shown.created_at.value() > hours(24 * 99)));

    auth::device_change asked{"d1", {}};
    asked.name = "Front";
    BOOST_TEST(alter(asked).value().name.value() == "Front");
    asked = {"d1", {}};
    asked.metadata = R"({"floor":2})";
    BOOST_TEST(alter(asked).value().metadata == R"({"floor": 2})");
    asked = {"d1", {}};
    asked.scopes = ids{"open", "close"};
    const auto wider = alter(asked).value();
    BOOST_TEST(wider.scopes == (ids{"open", "close"}), boost::test_tools::per_element());
    BOOST_TEST(wider.name.value() == "Front");
    BOOST_TEST(wider.metadata == R"({"floor": 2})");
    BOOST_TEST(wider.generation == 0u);
    asked = {"d1", {}};
    asked.enabled = false;
    const auto off = alter(asked).value();
    BOOST_TEST(off.status == "disabled");
    BOOST_TEST(off.state == "disabled");
    BOOST_TEST(off.generation == 1u);
    BOOST_TEST(value("select device_secret from public.device_credentials"
                     " where device_id = 'd1'") == "sha256:x");

    auth::object_page page;
    page.state = "disabled";
    BOOST_TEST(devices(page) == ids{"d1"}, boost::test_tools::per_element());
    page = {};
    page.unused_for = hours(24 * 90);
    BOOST_TEST(devices(page) == (ids{"d2", "d3"}), boost::test_tools::per_element());
    page = {};
    page.name = "FRONT";
    BOOST_TEST(devices(page) == ids{"d1"}, boost::test_tools::per_element());
    asked.enabled = true;
    BOOST_TEST(alter(asked).value().state == "active");

    BOOST_TEST(
        change.ask([](auto& s) { return s.revoke_device("d1", {}, {}, by_nobody()); }).has_value());
    asked.name = "again";
    const auto refused = alter(asked).error();
    BOOST_TEST((refused.kind == failure_kind::conflict));
    BOOST_TEST(value("select name from public.device_credentials where device_id = 'd1'") ==
               "Front");
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(operator_objects_of_older_tables)

// The older service's columns have their own names and types.
BOOST_AUTO_TEST_CASE(columns_of_other_types_are_read_and_written) {
    test_database database;
    database.exec(
        "create type mood as enum ('active', 'disabled');"
        "create table public.organizations (organization_id uuid primary key, name varchar(20),"
        " status mood not null default 'active');"
        "create table public.device_credentials (device_id uuid primary key, device_secret text,"
        " organization_id uuid, scopes jsonb, status varchar(8) not null default 'active',"
        " created_at timestamp not null default '2020-01-01')");
    database.migrate();
    changing change(database.configuration());
    const std::string id = "5f0b6a52-1f6e-4c39-9a6e-0d8b9f3f8a11";
    database.exec("insert into public.organizations values ('" + id + "', 'Acme')");
    database.exec("insert into public.device_credentials (device_id, device_secret,"
                  " organization_id) values ('" +
                  id + "', 'sha256:x', '" + id + "')");

    const auto off = change.ask([&](auto& s) {
        return s.change_organization({id, {}, "Acme 2", false}, by_nobody());
    });
    BOOST_REQUIRE_MESSAGE(off.has_value(), (off ? "" : off.error().message));
    BOOST_TEST(off->status == "disabled");
    BOOST_TEST(off->name.value() == "Acme 2");
    BOOST_TEST(!off->created_at.has_value());
    const auto too_long = change.ask([&](auto& s) {
        return s.change_organization({id, {}, std::string(21, 'x'), {}}, by_nobody());
    });
    BOOST_TEST((too_long.error().kind == failure_kind::invalid));

    auth::device_change asked{id, id};
    asked.scopes = std::vector<std::string>{"open"};
    asked.enabled = false;
    asked.name = "Door";
    const auto device = change.ask([&](auto& s) { return s.change_device(asked, by_nobody()); });
    BOOST_REQUIRE_MESSAGE(device.has_value(), (device ? "" : device.error().message));
    BOOST_TEST(device->scopes == std::vector<std::string>{"open"},
               boost::test_tools::per_element());
    BOOST_TEST(device->status == "disabled");
    BOOST_TEST(device->created_at.has_value());
    BOOST_TEST(database.value("select scopes::text from public.device_credentials") ==
               "[\"open\"]");

    auth::object_page page;
    page.organization_id = "5F0B6A52-1F6E-4C39-9A6E-0D8B9F3F8A11";
    const auto listed = change.ask([&](auto& s) { return s.list_devices(page); });
    BOOST_REQUIRE_MESSAGE(listed.has_value(), (listed ? "" : listed.error().message));
    BOOST_TEST(listed->objects.size() == 1u);
    page.organization_id = "no uuid";
    BOOST_TEST((change.ask([&](auto& s) { return s.list_devices(page); }).error().kind ==
                failure_kind::invalid));
}

BOOST_AUTO_TEST_SUITE_END()
