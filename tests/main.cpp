#define BOOST_TEST_MODULE latchkey
#include <boost/test/unit_test.hpp>

#include <sys/stat.h>

// Files with secrets that tests write are their own, as an operator's would be.
struct own_files {
    own_files() { ::umask(077); }
};
BOOST_TEST_GLOBAL_FIXTURE(own_files);
