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

BOOST_AUTO_TEST_SUITE_END()
