// auth::revocation_store, implemented by pg::lifecycle.
#include "auth/revocation/revocable_id.hpp"
#include "changing.hpp"

#include <boost/test/unit_test.hpp>

using namespace latchkey;
using namespace latchkey::test;
using auth::revocation_kind;
using core::failure_kind;
using optional_time = std::optional<core::real_time>;

namespace {

core::real_time at(std::int64_t seconds) {
    return core::real_time(core::seconds(seconds));
}
// Times far ahead, which have not expired.
const auto later = at(4'000'000'000);
const auto much_later = at(4'000'000'001);

auth::revocation token(const std::string& id, optional_time issued_before = {},
                       optional_time expires_at = {}) {
    return {revocation_kind::token, "https://issuer", id, issued_before, expires_at, {}};
}
bool is_now(core::real_time t) {
    const auto since = std::chrono::system_clock::now() - t;
    return since > core::seconds(-60) && since < core::seconds(60);
}

} // namespace

BOOST_AUTO_TEST_SUITE(revocation_store)

BOOST_AUTO_TEST_CASE(keeps_what_it_is_given) {
    migrated_database database;
    changing change(database.configuration());

    auto asked =
        token("t\"\\{},ü", core::real_time(core::microseconds(1'500'000'000'123'456)), later);
    const auto made = change.create(asked, "leaked \"x\"").value();
    BOOST_TEST((made.what.kind == revocation_kind::token));
    BOOST_TEST(made.what.issuer == "https://issuer");
    BOOST_TEST(made.what.value == asked.value);
    BOOST_TEST((made.what.issued_before == asked.issued_before));
    BOOST_TEST((made.what.expires_at == later));
    BOOST_TEST(is_now(made.what.created_at));
    BOOST_TEST(made.reason.value() == "leaked \"x\"");

    const auto bare =
        change.create(auth::revocation{revocation_kind::organization, "", "o", {}, {}, {}}).value();
    BOOST_TEST(bare.what.issuer.empty());
    BOOST_TEST(!bare.what.issued_before.has_value());
    BOOST_TEST(!bare.what.expires_at.has_value());
    BOOST_TEST(!bare.reason.has_value());
    BOOST_TEST(std::stoll(bare.id) > std::stoll(made.id));

    const auto endless =
        change.create(token("endless", core::real_time::min(), core::real_time::max())).value();
    BOOST_TEST((endless.what.issued_before == core::real_time::min()));
    BOOST_TEST((endless.what.expires_at == core::real_time::max()));
    BOOST_TEST(database.value("select count(*) from latchkey.revocations"
                              " where issued_before = '-infinity' and expires_at = 'infinity'") ==
               "1");
    BOOST_TEST(database.value("select count(*) from latchkey.changes where kind = 'revocations'") ==
               "3");
}

BOOST_AUTO_TEST_CASE(of_two_the_stricter_counts) {
    struct {
        optional_time first, second, whole;
    } const cases[] = {
        {later, much_later, much_later},
        {much_later, later, much_later},
        {{}, later, {}},
        {later, {}, {}},
        {{}, {}, {}},
    };
    migrated_database database;
    changing change(database.configuration());
    int number = 0;
    for (const auto& c : cases) {
        BOOST_TEST_CONTEXT("case " << number) {
            const auto id = "t" + std::to_string(++number);
            const auto first = change.create(token(id, c.first, later)).value();
            const auto second = change.create(token(id, c.second, {})).value();
            BOOST_TEST(second.id == first.id);
            BOOST_TEST((second.what.issued_before == c.whole));
            BOOST_TEST(!second.what.expires_at.has_value());
            BOOST_TEST((second.what.created_at > first.what.created_at));

            const auto other = change.create(token("x" + id, later, c.first)).value();
            const auto again = change.create(token("x" + id, later, c.second)).value();
            BOOST_TEST(other.id == again.id);
            BOOST_TEST((again.what.expires_at == c.whole));
            BOOST_TEST((again.what.issued_before == later));
        }
    }
}

// The longest id that a token may have fits the table's index, even if it cannot be compressed.
BOOST_AUTO_TEST_CASE(the_longest_ids_can_be_revoked) {
    migrated_database database;
    changing change(database.configuration());
    std::uint32_t state = 7;
    const auto noise = [&](std::size_t length) {
        std::string out;
        while (out.size() < length) {
            state = state * 1664525 + 1013904223;
            out += static_cast<char>('!' + (state >> 24) % 94);
        }
        return out;
    };
    for (const std::size_t of_issuer : {1, 100, 1024}) {
        auto longest = token(noise(auth::revocable_bytes_max - of_issuer));
        longest.issuer = noise(of_issuer);
        longest.kind = revocation_kind::subject;
        const auto made = change.create(longest);
        BOOST_REQUIRE_MESSAGE(made.has_value(), (made ? "" : made.error().message));
        BOOST_TEST(made->what.value == longest.value);
    }
    const auto organization = noise(auth::revocable_bytes_max);
    BOOST_TEST(change
                   .create(auth::revocation{
                       revocation_kind::disabled_organization, "", organization, {}, {}, {}})
                   .has_value());
}

BOOST_AUTO_TEST_CASE(the_last_reason_given_stays) {
    migrated_database database;
    changing change(database.configuration());
    BOOST_TEST(!change.create(token("t")).value().reason.has_value());
    BOOST_TEST(change.create(token("t"), "one").value().reason.value() == "one");
    BOOST_TEST(change.create(token("t")).value().reason.value() == "one");
    BOOST_TEST(change.create(token("t"), "two").value().reason.value() == "two");
}

// The expired revocation waits to be pruned, and must not make the new one stricter.
BOOST_AUTO_TEST_CASE(one_that_has_expired_counts_no_more) {
    migrated_database database;
    changing change(database.configuration());
    BOOST_TEST(change.create(token("t", {}, at(1))).has_value());
    const auto now = change.create(token("t", at(2), later)).value();
    BOOST_TEST((now.what.issued_before == at(2)));
    BOOST_TEST((now.what.expires_at == later));
}

BOOST_AUTO_TEST_CASE(issuers_and_kinds_are_apart) {
    migrated_database database;
    changing change(database.configuration());
    auto other_issuer = token("x");
    other_issuer.issuer = "https://other";
    auto subject = token("x");
    subject.kind = revocation_kind::subject;
    for (const auto& r : {token("x"), other_issuer, subject})
        BOOST_TEST(change.create(r).has_value());
    BOOST_TEST(change.revocations({}).value().size() == 3u);
}

BOOST_AUTO_TEST_CASE(what_the_database_cannot_hold_is_refused) {
    migrated_database database;
    changing change(database.configuration());
    // A value that is cut short would revoke another subject.
    for (const auto& value : {std::string("a\0b", 3), std::string("\xff")})
        BOOST_TEST((change.create(token(value)).error().kind == failure_kind::invalid));
    BOOST_TEST(
        (change.create(token("t"), std::string("\xc3")).error().kind == failure_kind::invalid));
    auto nobodys = token("t");
    nobodys.issuer.clear();
    BOOST_TEST((change.create(nobodys).error().kind == failure_kind::internal));
    BOOST_TEST(database.value("select count(*) from latchkey.revocations") == "0");
}

BOOST_AUTO_TEST_CASE(lists_by_pages) {
    migrated_database database;
    database.exec("insert into latchkey.revocations (kind, issuer, value) select 'token', 'i',"
                  " 't' || n from generate_series(1, 250) n");
    changing change(database.configuration());
    std::vector<std::string> values;
    auth::revocation_page page;
    for (const std::size_t expected : {100u, 100u, 50u, 0u}) {
        const auto found = change.revocations(page).value();
        BOOST_TEST(found.size() == expected);
        for (const auto& r : found)
            values.push_back(r.what.value);
        if (!found.empty()) page.after = found.back().id;
    }
    BOOST_TEST(values.size() == 250u);
    BOOST_TEST(values.front() == "t1");
    BOOST_TEST(values.back() == "t250");
    BOOST_TEST(change.revocations({7, "3"}).value().size() == 7u);
    BOOST_TEST(change.revocations({0, {}}).value().empty());
    for (const char* after : {"", "x", "-1", "0", "1.5", "99999999999999999999"})
        BOOST_TEST((change.revocations({7, after}).error().kind == failure_kind::invalid));
}

// What surely belongs to an organization is in its reach, and nothing else.
BOOST_AUTO_TEST_CASE(an_organization_reaches_its_own) {
    migrated_database database;
    database.exec(
        "insert into public.organizations (organization_id) values ('ours'), ('other');"
        "insert into latchkey.api_keys (key_hash, key_id, organization_id)"
        " select sha256(id::bytea), id, whose from (values ('key', 'ours'),"
        " ('their_key', 'other'), ('both', 'ours'), ('ended', 'ours')) v (id, whose);"
        "insert into public.device_credentials (device_id, device_secret, organization_id)"
        " values ('door', 's', 'ours'), ('their_door', 's', 'other'),"
        " ('both', 's', 'other');"
        "insert into latchkey.revocations (kind, issuer, value) values"
        " ('organization', '', 'ours'), ('organization', '', 'other'),"
        " ('subject', 'us', 'key'), ('subject', 'us', 'door'),"
        " ('subject', 'us', 'their_key'), ('subject', 'us', 'their_door'),"
        " ('subject', 'us', 'both'), ('subject', 'us', 'nobody'),"
        " ('subject', 'them', 'key'), ('token', 'us', 'key');"
        "update latchkey.api_keys set enabled = false where key_id = 'ended'");
    changing change(database.configuration());
    const auth::revocation_reach ours{"ours", "us"};
    std::string own, withdrawn;
    for (const auto& r : change.own_revocations({}, ours).value().objects)
        own += std::string(name_of(r.what.kind)) + ' ' + r.what.value + ',';
    BOOST_TEST(own == "organization ours,subject key,subject door,credential ended,");
    for (const auto& r : change.revocations({}).value()) {
        const auto told = change.withdraw(r.id, ours);
        if (told) withdrawn += r.what.value + ',';
        // One that follows from a key's state is seen, and stays.
        if (!told)
            BOOST_TEST((told.error().kind == (r.what.value == "ended" ? failure_kind::conflict
                                                                      : failure_kind::not_found)));
    }
    BOOST_TEST(withdrawn == "ours,key,door,");
    BOOST_TEST(change.own_revocations({}, ours).value().objects.size() == 1u);
    BOOST_TEST(change.revocations({}).value().size() == 8u);
}

// A page looks at a bounded number of revocations, whoever they belong to.
BOOST_AUTO_TEST_CASE(an_organization_finds_its_own_among_many) {
    migrated_database database;
    database.exec("insert into latchkey.revocations (kind, issuer, value) select 'organization',"
                  " '', case when n % 1000 = 0 then 'ours' || n else 'o' || n end"
                  " from generate_series(1, 4500) n;"
                  "update latchkey.revocations set value = 'ours' where value = 'ours3000'");
    changing change(database.configuration());
    const auto first = change.own_revocations({}, {"ours", "us"}).value();
    BOOST_TEST(first.objects.empty());
    const auto second = change.own_revocations({100, first.next.value()}, {"ours", "us"}).value();
    BOOST_TEST(second.objects.size() == 1u);
    const auto third = change.own_revocations({100, second.next.value()}, {"ours", "us"}).value();
    BOOST_TEST(third.objects.empty());
    BOOST_TEST(!third.next.has_value());
}

BOOST_AUTO_TEST_CASE(withdraws) {
    migrated_database database;
    changing change(database.configuration());
    const auto made = change.create(token("t", later, much_later), "r").value();
    const auto gone = change.withdraw(made.id).value();
    BOOST_TEST(gone.id == made.id);
    BOOST_TEST(gone.what.value == "t");
    BOOST_TEST((gone.what.issued_before == later));
    BOOST_TEST((gone.what.expires_at == much_later));
    BOOST_TEST(gone.reason.value() == "r");
    BOOST_TEST(database.value("select names[1] from latchkey.changes order by seq desc") ==
               "-token");

    const auto again = change.withdraw(made.id);
    BOOST_TEST((again.error().kind == failure_kind::not_found));
    BOOST_TEST(again.error().message == "there is no revocation \"" + made.id + "\"");
    for (const char* id : {"", "x", "-1", "0", "1x", " 1", "+1", "01", "99999999999999999999"})
        BOOST_TEST((change.withdraw(id).error().kind == failure_kind::not_found));
}

BOOST_AUTO_TEST_CASE(what_follows_a_state_goes_with_it_alone) {
    migrated_database database;
    database.exec("insert into public.organizations (organization_id, status) values"
                  " ('o', 'disabled');" +
                  fill_with_keys(1) +
                  ";update latchkey.api_keys set enabled = false;"
                  "insert into latchkey.revocations (kind, issuer, value) values"
                  " ('organization', '', 'o'), ('subject', 'i', 's')");
    changing change(database.configuration());
    for (const auto& r : change.revocations({}).value()) {
        BOOST_TEST_CONTEXT(name_of(r.what.kind)) {
            const auto done = change.withdraw(r.id);
            const bool may_go = r.what.kind == revocation_kind::organization ||
                                r.what.kind == revocation_kind::subject;
            BOOST_TEST(done.has_value() == may_go);
            if (done) continue;
            BOOST_TEST((done.error().kind == failure_kind::conflict));
            BOOST_TEST(done.error().message.starts_with("revocation \"" + r.id +
                                                        "\" stays: it "
                                                        "follows "));
        }
    }
    BOOST_TEST(change.revocations({}).value().size() == 2u);
}

BOOST_AUTO_TEST_CASE(a_lock_is_waited_for_within_the_write_timeout) {
    migrated_database database;
    auto settings = database.configuration();
    settings.write_timeout = core::milliseconds(200);
    changing change(settings);
    BOOST_TEST(change.create(token("t")).has_value());
    session other(database.uri());
    other.exec("begin; lock table latchkey.revocations in access exclusive mode");
    BOOST_TEST((change.create(token("u")).error().kind == failure_kind::unavailable));
    other.exec("rollback");
    BOOST_TEST(change.create(token("u")).has_value());
}

BOOST_AUTO_TEST_SUITE_END()
