#include "base.hpp"
#include "../end_to_end/support.hpp"
#include "cluster.hpp"
#include "sql.hpp"
#include "subjects.hpp"

#include <sys/stat.h>

#include <fstream>
#include <stdexcept>
#include <unistd.h>

namespace latchkey::history {

namespace {

using namespace std::chrono_literals;

// Each iteration is a subtransaction with an id of its own.
std::string use_up_ids(int count) {
    return "create temporary table used (n int); do $$ begin for i in 1.." + std::to_string(count) +
           " loop begin insert into used values (i); exception when division_by_zero then null; "
           "end; "
           "end loop; end $$";
}

std::string uri(const cluster& c) {
    return "postgresql://latchkey@/latchkey?host=" + c.folder() + "/s";
}

// Starts a node, which makes the first signing key.
void make_signing_key(const cluster& c, const base& all) {
    const test::server_process node(uri(c), "", tokens_of(all));
    const auto question = test::post("/api/v1/auth/generate-token", R"({"api_key":"token-001"})");
    for (int i = 0; i < 400; ++i) {
        if (node.ask(question).has(" 200 ")) return;
        ::usleep(50'000);
    }
    throw std::runtime_error("no token is issued: " + node.log());
}

} // namespace

std::string tokens_of(const base& all) {
    return "[tokens]\nkey_encryption_key_file = \"" + all.sealing_key() +
           "\"\nexpires_in = \"1h\"\n";
}

void make_base(const std::string& folder) {
    const base all{folder};
    std::ofstream(all.sealing_key()) << std::string(64, 'a') << '\n';
    ::chmod(all.sealing_key().c_str(), 0600);
    cluster empty(folder + "/empty");
    empty.create();
    empty.start();
    sql(empty.conninfo("postgres"), 20s).must("create database latchkey");
    empty.shut_down();

    for (const auto* name : {"/raised", "/primary"}) {
        run_here({"/usr/bin/cp", "-a", empty.folder(), folder + name});
        cluster other(folder + name);
        other.start();
        const bool is_raised = name == std::string("/raised");
        // The restored copies must be behind the primary with one of them, and ahead of it with the
        // other.
        sql(other.conninfo(), 60s).must(use_up_ids(is_raised ? 30'000 : 5'000));
        if (!is_raised) {
            run_here({test::latchkey_binary(), "migrate", "--set", "admin.socket=/none"},
                     {"LATCHKEY_DATABASE__URI=" + uri(other)});
            sql(other.conninfo(), 20s).must(creation());
            make_signing_key(other, all);
            // Acknowledgements would wait for the node that made the key.
            sql(other.conninfo(), 20s).must("delete from latchkey.nodes");
        }
        other.shut_down();
    }
}

} // namespace latchkey::history
