// An audit trail that PostgreSQL cannot write: its disk is full, or the right to write it is gone.
#include "private_cluster.hpp"
#include "small_file_system.hpp"
#include "without_trail.hpp"

#include <boost/test/unit_test.hpp>

#include <fcntl.h>

#include <optional>

using namespace latchkey::test;

namespace {

void migrate(const std::string& uri) {
    const auto done = run({latchkey_binary(), "migrate"}, {"LATCHKEY_DATABASE__URI=" + uri});
    BOOST_REQUIRE_MESSAGE(done.exit_code == 0, done.err);
}

// This month's part of the trail on a full disk. Where nothing can be mounted, its file is replaced
// by /dev/full, on which every write fails in the same way.
class full_trail {
  public:
    explicit full_trail(const std::string& uri, std::string data_folder, small_file_system& disk)
        : uri_(uri), data_folder_(std::move(data_folder)), disk_(disk) {}

    void fill() {
        if (disk_.mounted()) return fill_disk();
        BOOST_TEST_MESSAGE("nothing can be mounted (" << disk_.why_not()
                                                      << "): /dev/full takes the disk's place");
        session owner(uri_);
        owner.exec("alter table latchkey.audit_events detach partition " + part() +
                   "; alter table " + part() +
                   " rename to audit_events_before;"
                   "select latchkey.make_audit_partition(date_trunc('month', now() at time zone"
                   " 'UTC')::date)");
        file_ = data_folder_ + "/" + owner.value("select pg_relation_filepath('" + part() + "')");
        BOOST_REQUIRE(::stat(file_.c_str(), &was_) == 0);
        BOOST_REQUIRE(was_.st_size == 0);
        BOOST_REQUIRE(::unlink(file_.c_str()) == 0);
        BOOST_REQUIRE(::symlink("/dev/full", file_.c_str()) == 0);
    }
    void give_room() {
        if (disk_.mounted()) return disk_.enlarge();
        BOOST_REQUIRE(::unlink(file_.c_str()) == 0);
        const int fd = ::open(file_.c_str(), O_CREAT | O_EXCL | O_WRONLY | O_CLOEXEC, 0600);
        BOOST_REQUIRE(fd >= 0);
        BOOST_REQUIRE(::fchown(fd, was_.st_uid, was_.st_gid) == 0);
        ::close(fd);
        session(uri_).exec("vacuum full " + part()); // into a new file, which all sessions open
    }

  private:
    void fill_disk() {
        session owner(uri_);
        owner.exec("create tablespace small location '" + disk_.path() + "'");
        owner.exec("alter table " + part() + " set tablespace small");
        // The short records of these changes fill it to the last.
        owner.exec("insert into public.organizations (organization_id) values ('f')");
        BOOST_REQUIRE(soon([&] {
            owner.exec("do $$ begin for i in 1..20 loop update public.organizations set name = i"
                       " where organization_id = 'f'; end loop; end $$");
            return owner.value("select failed from latchkey.audit_state()") != "0";
        }));
    }
    static std::string part() { return "latchkey.audit_events_" + session_month(); }
    static std::string session_month() {
        const auto now = std::time(nullptr);
        std::tm utc{};
        ::gmtime_r(&now, &utc);
        char text[16];
        std::strftime(text, sizeof text, "%Y_%m", &utc);
        return text;
    }

    std::string uri_, data_folder_, file_;
    small_file_system& disk_;
    struct stat was_ {};
};

} // namespace

BOOST_AUTO_TEST_SUITE(audit_damaged)

BOOST_AUTO_TEST_CASE(on_a_full_disk) {
    small_file_system disk;
    private_cluster cluster;
    migrate(cluster.uri());
    session owner(cluster.uri());
    server_process server(cluster.uri());
    BOOST_REQUIRE(server.wait_for("/readyz", 200));
    witness<session> w{server, owner};
    w.begin();
    full_trail trail(cluster.uri(), cluster.variable("POSTGRES_DATA"), disk);
    trail.fill();
    w.own_changes_are_refused();
    w.others_changes_are_made("53100");
    w.own_changes_are_refused();
    trail.give_room();
    w.own_changes_are_made();
}

// Its owner is no superuser, whom no right is taken from.
BOOST_AUTO_TEST_CASE(that_is_read_only) {
    test_database database;
    const auto role = database.make_role();
    database.exec("alter database " + database.name() + " owner to " + role);
    migrate(database.uri(role));
    session owner(database.uri(role));
    server_process server(database.uri(role));
    BOOST_REQUIRE(server.wait_for("/readyz", 200));
    witness<session> w{server, owner};
    w.begin();
    owner.exec("revoke insert on latchkey.audit_events from " + role);
    w.own_changes_are_refused();
    w.others_changes_are_made("42501");
    owner.exec("grant insert on latchkey.audit_events to " + role);
    w.own_changes_are_made();
}

BOOST_AUTO_TEST_SUITE_END()
