#include "server/process/close_memory.hpp"

#include <boost/test/unit_test.hpp>

#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

using namespace latchkey;

namespace {

// Closes the memory of a child process only. Returns 0 if it is closed as it should be.
int closed_in_a_child() {
    const auto child = ::fork();
    if (child == 0) {
        server::close_memory();
        rlimit core{1, 1};
        ::getrlimit(RLIMIT_CORE, &core);
        const bool none = core.rlim_cur == 0 && core.rlim_max == 0;
        ::_exit(none && ::prctl(PR_GET_DUMPABLE, 0, 0, 0, 0) == 0 ? 0 : 1);
    }
    int status = -1;
    ::waitpid(child, &status, 0);
    return status;
}

} // namespace

BOOST_AUTO_TEST_SUITE(close_memory)

BOOST_AUTO_TEST_CASE(nobody_looks_in) {
    BOOST_TEST(closed_in_a_child() == 0);
}

BOOST_AUTO_TEST_SUITE_END()
