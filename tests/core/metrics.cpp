#include "../support/exposition.hpp"

#include <latchkey/core/metrics.hpp>

#include <boost/test/unit_test.hpp>

using namespace latchkey;

BOOST_AUTO_TEST_SUITE(metrics)

BOOST_AUTO_TEST_CASE(cells_of_all_workers_are_summed) {
    core::counter first;
    core::counter second;
    first.add();
    first.add(4);
    second.add(2);
    core::metric_sink sink;
    for (const auto* c : {&first, &second})
        sink.add_counter("things_total", "Things.", {{"kind", "a"}},
                         static_cast<double>(c->value()));
    sink.add_counter("things_total", "Things.", {{"kind", "b"}}, 0);
    sink.add_gauge("level", "A level.", {}, 1.5);
    BOOST_TEST(sink.prometheus() == "# HELP level A level.\n# TYPE level gauge\nlevel 1.5\n"
                                    "# HELP things_total Things.\n# TYPE things_total counter\n"
                                    "things_total{kind=\"a\"} 7\nthings_total{kind=\"b\"} 0\n");
    BOOST_TEST(sink.openmetrics() ==
               "# HELP level A level.\n# TYPE level gauge\nlevel 1.5\n"
               "# HELP things Things.\n# TYPE things counter\n"
               "things_total{kind=\"a\"} 7\nthings_total{kind=\"b\"} 0\n# EOF\n");
}

BOOST_AUTO_TEST_CASE(histograms_are_cumulative) {
    core::latency_histogram h;
    for (const double v : {0.00001, 0.00005, 0.1, 0.11, 100.0})
        h.observe(v);
    core::metric_sink sink;
    sink.add_histogram("wait_seconds", "Waits.", {{"who", "x"}}, h);
    const auto text = sink.prometheus();
    for (const char* line :
         {"wait_seconds_bucket{who=\"x\",le=\"0.00005\"} 2\n",
          "wait_seconds_bucket{who=\"x\",le=\"0.05\"} 2\n",
          "wait_seconds_bucket{who=\"x\",le=\"0.1\"} 3\n",
          "wait_seconds_bucket{who=\"x\",le=\"0.25\"} 4\n",
          "wait_seconds_bucket{who=\"x\",le=\"2.5\"} 4\n",
          "wait_seconds_bucket{who=\"x\",le=\"+Inf\"} 5\n", "wait_seconds_count{who=\"x\"} 5\n",
          "wait_seconds_sum{who=\"x\"} 100.21006\n"})
        BOOST_TEST(text.find(line) != std::string::npos, line);
}

BOOST_AUTO_TEST_CASE(labels_are_escaped) {
    core::metric_sink sink;
    sink.add_gauge("g", "One\nhelp \\ line", {{"a", "q\"b\\c\nd"}}, 1);
    BOOST_TEST(sink.prometheus() ==
               "# HELP g One\\nhelp \\\\ line\n# TYPE g gauge\ng{a=\"q\\\"b\\\\c\\nd\"} 1\n");
}

// The strict reader of tests/support accepts the pages, with any names, labels and values.
BOOST_AUTO_TEST_CASE(pages_are_what_strict_readers_take) {
    core::metric_sink sink;
    core::latency_histogram waits;
    core::size_histogram sizes;
    for (const double v : {0.0, 0.00005, 1.0, 7.5, 1e9})
        waits.observe(v), sizes.observe(v);
    sink.add_histogram("wait_seconds", "Waits.", {}, waits);
    sink.add_histogram("wait_seconds", "Waits.", {{"who", "a,b{c}=\"d\" \\n\n"}}, waits);
    sink.add_histogram("batch_size", "Sizes.", {}, sizes);
    sink.add_counter("asked_total", "Said \"so\",\nor \\ so.", {{"kind", "\xc3\xa9"}}, 1e18);
    sink.add_counter("used_seconds_total", "Used.", {}, 0.1);
    sink.add_counter("sent_bytes_total", "Sent.", {}, 0);
    sink.add_gauge("level", "A level.", {{"a", ""}, {"b", "\\"}}, -1.5e-7);
    sink.add_gauge("held_bytes", "Held.", {}, 1e300);
    using format = test::exposition::format;
    BOOST_TEST(test::exposition::complaint(sink.prometheus(), format::prometheus) == "");
    BOOST_TEST(test::exposition::complaint(sink.openmetrics(), format::openmetrics) == "");
    BOOST_TEST(sink.openmetrics().find("# TYPE used_seconds counter\n# UNIT used_seconds seconds\n"
                                       "used_seconds_total 0.1\n") != std::string::npos);
    BOOST_TEST(sink.openmetrics().find("batch_size_bucket{le=\"1.0\"} 3\n") != std::string::npos);
    BOOST_TEST(sink.prometheus().find("batch_size_bucket{le=\"1\"} 3\n") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(the_strict_reader_is_strict) {
    using format = test::exposition::format;
    const std::string good = "# HELP a A.\n# TYPE a counter\na_total 1\n# EOF\n";
    BOOST_TEST(test::exposition::complaint(good, format::openmetrics) == "");
    BOOST_TEST(test::exposition::complaint(good, format::prometheus) != "");
    const std::string histogram = "# HELP a A.\n# TYPE a histogram\na_bucket{le=\"1.0\"} 1\n";
    for (const std::string& bad :
         {std::string("# HELP a A.\n# TYPE a counter\na_total 1\n"),
          std::string("# HELP a A.\n# TYPE a counter\na_total 1\n# EOF"), good + "\n", good + good,
          std::string("# TYPE a counter\na_total 1\n# EOF\n"),
          std::string("# HELP a A.\n# TYPE a counter\na 1\n# EOF\n"),
          std::string("# HELP a_total A.\n# TYPE a_total counter\na_total 1\n# EOF\n"),
          std::string("# HELP a A.\n# TYPE a counter\na_total -1\n# EOF\n"),
          std::string("# HELP a A \"b\".\n# TYPE a gauge\na 1\n# EOF\n"),
          std::string("# HELP a A.\n# TYPE a gauge\na 1\na 1\n# EOF\n"),
          std::string("# HELP a A.\n# TYPE a gauge\na 1 # {} 1\n# EOF\n"),
          std::string("# HELP a A.\n# TYPE a gauge\na 1 1700000000\n# EOF\n"),
          std::string("# HELP a A.\n# TYPE a gauge\na{b=\"\\t\"} 1\n# EOF\n"),
          std::string("# HELP a_bytes A.\n# TYPE a_bytes gauge\na_bytes 1\n# EOF\n"),
          std::string("# HELP a A.\n# TYPE a gauge\n# UNIT a bytes\na 1\n# EOF\n"),
          histogram + "# EOF\n", histogram + "a_bucket{le=\"+Inf\"} 1\na_sum 1\n# EOF\n",
          histogram + "a_bucket{le=\"+Inf\"} 0\na_sum 1\na_count 0\n# EOF\n",
          histogram + "a_bucket{le=\"2\"} 1\na_bucket{le=\"+Inf\"} 1\na_sum 1\na_count 1\n# EOF\n"})
        BOOST_TEST_CONTEXT(bad)
    BOOST_TEST(test::exposition::complaint(bad, format::openmetrics) != "");
}

BOOST_AUTO_TEST_SUITE_END()
